"""From recorded events to log files, digests, Insights and notifications.

delivery_loop.py  the thread, and what is due
log_files.py      events in buffers, which become log files
digests.py        hourly digest files
insights.py       unusual rates, found and delivered
destinations.py   whether a bucket, key, topic or log group lets CloudTrail in
log_bucket.py     puts files into a trail's bucket
notifications.py  topics, log groups and event buses
outbox.py         calls to subscribers, none of which delays another
disturbance.py    deliveries disturbed on purpose
"""
