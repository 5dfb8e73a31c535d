"""The same expectations as one SQL statement, asked of Amazon Athena."""
