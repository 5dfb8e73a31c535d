"""S3's changes: what buckets are, who may do what with them, and those that CloudTrail has."""
