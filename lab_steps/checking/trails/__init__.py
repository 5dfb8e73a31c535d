"""A lab's trails, as checks see them.

    lab_trails.py  what each must do, and how the API shows it
    log_files.py   what was delivered: expectations answered
    probes.py      whether a trail's selectors would record made-up events (`probe_events`)
    bucket.py      whether CloudTrail can deliver to a trail's bucket

It imports `step`, `view` and `finding`. Checks and `rounds` import it.
"""
