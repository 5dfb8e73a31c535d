"""What the walkthrough uses in AWS: requests and events, as counted in a run on the local AWS.

A test compares the counts of a session with what a run really does. Those of a month are for a
quiet account, and say so.
"""

from __future__ import annotations

from lab_steps.costs import HOURS_IN_A_MONTH, SESSION_HOURS, Usage

MANAGEMENT_EVENTS, DATA_EVENTS, FILES, READS = 400, 100, 60, 600
"""In a session: a run, a few checks, and the teardown; two files every five minutes."""

_QUIET_EVENTS, _QUIET_FILES = 20_000, 17_520
"""In a month: CloudTrail looks at each bucket, and writes a file every five minutes in two
Regions."""

_MEASURED = "a run and its checks"
_QUIET = "a month: an account with no other activity"
_FILE = 4e-6
"""GB of a log file of few events."""

USAGE = (
    Usage(
        "management events, first copy",
        MANAGEMENT_EVENTS,
        _QUIET_EVENTS,
        f"{_MEASURED}; {_QUIET}; each trail after the first pays for its copy",
    ),
    Usage("data events", DATA_EVENTS, 1_000, f"{_MEASURED}; a month: checks of an idle table"),
    Usage(
        "Insights, events analyzed",
        2 * MANAGEMENT_EVENTS,
        2 * _QUIET_EVENTS,
        "all management events, for both types of Insights",
    ),
    Usage("S3 PUT and LIST requests", FILES + 200, _QUIET_FILES, "log files, and checks' lists"),
    Usage("S3 GET requests", READS, 0, "log files that checks read"),
    Usage(
        "S3 storage",
        FILES * _FILE,
        _QUIET_FILES * _FILE,
        ("a lifecycle rule deletes it after a month"),
    ),
    Usage(
        "DynamoDB write capacity",
        5 + SESSION_HOURS,
        HOURS_IN_A_MONTH,
        "5 units until they are 1, then 1 while the table exists",
    ),
    Usage("DynamoDB read capacity", 5 + SESSION_HOURS, HOURS_IN_A_MONTH, "as for writing"),
    Usage("Lambda calls", 4, 0, "a function empties the buckets"),
)
