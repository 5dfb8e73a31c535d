"""Types of EventBridge, Firehose, Kinesis, SNS, SQS and Step Functions."""
