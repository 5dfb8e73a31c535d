"""S3's changes: what buckets have, who may do what with them, and CloudTrail's own buckets.

    missing_operations.py  operations that moto lacks
    bucket_access.py       who may do what with a bucket: its policy, ACLs, blocks of public access
    public_access.py       the blocks of public access
    buckets.py             what buckets have since 2023, and lifecycle rules
    deletions.py           DeleteObjects, and MFA delete
    object_lists.py        lists of objects, in the time of a page
    policy_templates.py    the buckets that `aws cloudtrail create-subscription` reads

Whether a policy allows something is decided by `cloudtrail.policies`.
"""
