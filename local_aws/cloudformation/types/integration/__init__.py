"""Types of services that hand things on: EventBridge, Firehose, SNS, SQS."""
