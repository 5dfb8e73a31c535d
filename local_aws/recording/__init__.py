"""From an HTTP request to a recorded call.

    door.py           WSGI around everything, which refuses pages of other sites
    guests.py         who may call: a request's Host, and the page that sends it
    recorder.py       WSGI around moto: receive, answer, record
    receive.py        a request as it arrives: time, caller, trails in force
    callers.py        its caller, by the access key
    clients.py        that caller, as policies know it
    answer.py         moto's answer, held back until its record is made
    record.py         from request and answer to a call, and to its record
    requests.py       a request and its answer in AWS's terms
    deserializing.py  bodies that AWS refuses unread
    constraints.py    what the service's model demands
    java_patterns.py  regular expressions of those models

`cloudtrail.records` makes the records. They go to `local_aws.cloudtrail`, which knows the trails
in force.
"""
