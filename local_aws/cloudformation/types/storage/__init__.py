"""Types of services that keep data: DynamoDB, S3."""
