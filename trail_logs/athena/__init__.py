"""The same expectations as one SQL statement for Amazon Athena."""
