"""Types of services that control access: IAM, KMS, Secrets Manager."""
