"""What happens after an event: log groups, alarms, event buses, notifications, and their listeners.

    installing.py             has moto's services pass on events, from the first request to each
    access_logs.py            server access logs of buckets
    alarms/                   alarms of CloudWatch
    bucket_notifications.py   what a bucket reports about its objects
    notification_settings.py  what a bucket may be told to report
    event_bridge/             event buses, rules, schedules
    event_sources/            functions that read queues and streams
    log_groups.py             log groups, with subscription and metric filters
    filter_patterns.py        their filter patterns
    filter_conditions.py      the conditions of those
    topics.py                 topics that send to subscribers
    destinations.py           where an event may be sent, by ARN
    permissions.py            whether a service may deliver there
    time_passing.py           what is checked each second, and when the clock is moved

Each is moto's own service, changed to do what AWS does. Calls go through the outbox
(`local_aws.cloudtrail.delivery.outbox`), which calls each destination in order, and keeps those
that hang from delaying others.
"""
