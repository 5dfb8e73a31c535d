"""From recorded events to log files, digests, Insights and notifications.

`delivery.py` keeps the buffers and the thread, `destinations.py` says whether a bucket, key,
topic or group lets CloudTrail in, `log_bucket.py` puts the files there, `outbox.py` calls
subscribers.
"""
