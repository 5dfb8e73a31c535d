"""What CloudTrail *is*, as pure functions over values: no I/O, no clock, no AWS client.

    event_store.py        Event history's events in memory, the older ones compressed
    event_history.py      LookupEvents: what it may ask, and which events answer
    event_resources.py    the resources that an event refers to
    selectors/            which selectors are valid, and which events they record
    old_records.py        the category of a record, also of one that does not say
    digests.py            digest files, their chain and signature
    log_files.py          log files: their keys, names and content
    insights/             unusual rates of calls and of errors
    policies/             what policies allow, those that a trail needs, and those that calls need
    records/              from a call to its record
    record_conditions.py  conditions on any field of a record, such as `logs --where`
    trails.py             a trail as a value, and its shapes in the API
    partitions.py         partitions, Regions and ARNs
    wildcards.py          wildcards of policies and event patterns
    bucket_names.py       which names S3 accepts
    compact_json.py       JSON as CloudTrail writes it
    version.py            the package's version

Imports go down this list. It imports nothing of ours; `trail_logs`, `local_aws`, `stacks` and
`lab_steps` import it.
"""
