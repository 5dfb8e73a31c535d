"""The CloudTrail service.

service.py          the CloudTrail of one server: what it records, keeps and delivers
responses.py        the API over HTTP
throttling.py       its quotas
exceptions.py       its errors
trails.py           the operations on trails
trail_requests.py   their requests
trail_answers.py    their answers
trails_in_force.py  the trails, and those in force at a moment
membership.py       the organization that an account belongs to
event_histories.py  Event history of every account and Region
kept_records.py     all records, for `/_local-aws/records`
record_requests.py  requests for them
record_filter.py    which of them are requested
signing_keys.py     the keys that sign digest files
faults.py           what went wrong in the background
delivery/           brings what was recorded to its destinations
"""
