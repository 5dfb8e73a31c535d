"""Steps, what their checks see of a lab, and what they find.

    step.py           a step as it is declared, and what it needs of others
    view.py           a look: reading calls, each asked once
    finding.py        the six outcomes, with their evidence
    rounds.py         a look at all steps; again, until everything is decided or due
    pasting.py        commands that work when they are pasted into bash
    patience.py       how long a delivery may take
    seen.py           since when something is seen that no API tells the time of
    trails.py         a lab's trail, and how the API shows it
    trail_records.py  its log files: expectations answered
    probes.py         made-up events that a trail's selectors are asked about
    bucket.py         whether CloudTrail can deliver to a bucket
    callers.py        whose call a record is of: people's, or nobody's work
    past.py           what is known of Event history from earlier looks
    history.py        Event history, without the checks' own calls
    tables.py         DynamoDB tables

Of the runner's packages it imports `terminal` alone, for the stopwatch: what it looks at is a
`Readable`, which a target and a bundle are, and what it knows of a lab is `rounds.Steps`.
"""
