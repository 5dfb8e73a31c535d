"""Steps, what their checks see of a lab, and what they find.

    step.py           a step as declared, and what it needs from others
    view.py           a look: read-only calls, each made once
    finding.py        the six outcomes, with their evidence
    rounds.py         a look at all steps; again, until everything is decided or due
    commands.py       commands that work when pasted into bash
    patience.py       how long a delivery may take
    watching.py       whole looks again and again, rarer while nothing changes
    first_seen.py     when something was first seen that no API has the time of
    trails/           a lab's trails: as the API shows them, their log files, probes, buckets
    probe_events.py   made-up events, as records
    user_agents.py    who made the call of a record: a person, or nobody
    history.py        Event history, without the checks' own calls
    known_events.py   what is known of it from earlier looks
    tables.py         DynamoDB tables

It imports none of the runner's packages. It looks at a `Readable`, which a target and a bundle
are, and all it knows of a lab is `rounds.Steps`.
"""
