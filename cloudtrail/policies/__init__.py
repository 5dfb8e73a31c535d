"""Policies: what they allow, those that a trail needs, and those that calls need.

    bucket_policy.py        the bucket policy that a trail needs
    key_policy.py           the key policy that it needs to encrypt
    topic_policy.py         the topic policy that it needs to notify
    role_trust.py           a role's trust in a service
    evaluation.py           whether policies allow a request, and why not: the rule of all of these
    documents.py            the shape of a policy, which services check
    conditions.py           the operators of its conditions
    policy_from_records.py  the least-privilege policy for calls, from their records
    actions.py              the IAM actions that a call needs

Imports go down this list.
"""
