"""Event source mappings: functions get what arrives in queues, streams and tables.

    mappings.py  the mappings: created, changed, and when each polls
    queues.py    messages, in batches
    streams.py   Kinesis and DynamoDB streams, each shard in order
    batches.py   the records that pass the filters, and the function's response

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "... Kinesis", "... DynamoDB"
and "Control which events Lambda sends to your function".
"""
