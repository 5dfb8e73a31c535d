"""The walkthrough's steps, with everything that belongs only to them.

    lab.py                the value that the runner is passed: parts, words, prices
    steps/                the steps, one module for each part
    checks/               what steps share: rules for trails and log files
    trails.py             both trails: what must be in their log files
    expected_records.py   the records that must be there, and those that must not
    sample_events.py      sample events that the trails must record, or must not
    calls.py              the calls behind those records, as a person makes them
    table.py              the table Users
    deployment.py         both stacks, their settings and names
    workload.py           the calls that `run` makes
    usage.py              what AWS charges for: requests and events of a run
    by_records.py         how records alone decide steps, for a class's organization
    iam_actions.py        the IAM actions that each verb needs
    policy_files.py       makes the policies of them: the files in policies/

It imports the runner's `lab`, `place` and `checking`; only `__main__` and tests import it.
"""
