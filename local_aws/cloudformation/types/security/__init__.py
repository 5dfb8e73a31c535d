"""Types of services that say who may what: IAM, KMS, Secrets Manager."""
