"""Reading CloudTrail log files: expectations as data, a fast local reader, Amazon Athena."""
