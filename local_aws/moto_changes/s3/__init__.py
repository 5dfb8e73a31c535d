"""S3's changes: what buckets have, who may do what with them, and CloudTrail's own buckets."""
