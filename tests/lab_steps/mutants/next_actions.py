"""The next action of a failure repairs it: it changes what is wrong, or makes a call that lacks."""

from __future__ import annotations

import re

from lab_steps.checking.finding import Finding
from tests.lab_steps.mutants.reference_lab import DATA_BUCKET, MANAGEMENT_BUCKET

LEADS_THERE = re.compile(r"--endpoint-url http://127\.0\.0\.1:\d+ --region us-east-1 ")
DELETE_TABLE = "aws dynamodb delete-table --table-name Users"
COMMANDS = {
    ("three months ago", 3): "aws cloudtrail list-trails",
    ("no management trail", 5): "aws cloudtrail create-trail --name student-management-events",
    (
        "single-Region management trail in another Region",
        5,
    ): "aws cloudtrail create-trail --name student-management-events",
    ("no data trail", 11): "aws cloudtrail create-trail --name student-data-events",
    ("one bucket for both trails", 6): "aws cloudtrail update-trail --name student-management",
    ("management bucket deleted", 6): "aws cloudtrail update-trail --name student-management",
    (
        "management bucket's policy removed later",
        6,
    ): f"put-bucket-policy --bucket {MANAGEMENT_BUCKET}",
    ("data trail has another name", 12): "aws cloudtrail create-trail --name student-data-events",
    ("management write events only", 9): "aws cloudtrail put-event-selectors",
    ("Insights of call rate only", 10): "aws cloudtrail put-insight-selectors",
    ("management trail stopped after the work", 10): "aws cloudtrail start-logging",
    ("key of type String", 20): DELETE_TABLE,
    ("sort key", 21): DELETE_TABLE,
    ("table restored from a backup", 25): DELETE_TABLE,
    ("Name is a Number", 28): "aws dynamodb put-item --table-name Users",
    ("management log files deleted", 30): "aws dynamodb list-tables",
    ("management log files moved to another Region's folder", 31): "aws dynamodb list-tables",
    ("management log files renamed", 32): "aws dynamodb list-tables",
    ("data log files deleted", 35): "aws dynamodb put-item --table-name Users",
    ("table created long ago", 38): DELETE_TABLE,
}
"""By mutant and step, what the command must contain."""

FOREIGN = {
    ("table events on the management trail too", 33): (
        "Data events: Edit",
        (
            f"put-event-selectors --trail-name student-management-events .* && "
            f"aws s3 rm --recursive s3://{MANAGEMENT_BUCKET}/AWSLogs/123456789012/ && "
            f"{DELETE_TABLE}"
        ),
    ),
    ("table events on the management trail, repaired after the work", 33): (
        f"^S3, {MANAGEMENT_BUCKET}: Empty",
        f"^aws s3 rm --recursive s3://{MANAGEMENT_BUCKET}/AWSLogs/123456789012/ && {DELETE_TABLE}",
    ),
    ("both trails to the management bucket", 33): (
        "Trails, student-data-events, General details: Edit; Create new S3 bucket",
        "update-trail --name student-data-events .* && aws s3 rm",
    ),
    ("both trails to the management bucket", 36): (
        "^CloudTrail, Trails, student-data-events, General details: Edit; .* Repeat steps 23 to 28",
        "update-trail --name student-data-events --s3-bucket-name \\S+ && aws dynamodb scan",
    ),
    ("management events on the data trail too", 36): (
        "Management events: Edit",
        (
            "put-event-selectors --trail-name student-data-events .* && "
            f"aws s3 rm --recursive s3://{DATA_BUCKET}/"
        ),
    ),
    ("management events on the data trail, repaired after the work", 36): (
        f"^S3, {DATA_BUCKET}: Empty",
        "^aws s3 rm --recursive",
    ),
}
"""By mutant and step, patterns of the console's path and of the command."""


def assert_repaired(name: str, number: int, finding: Finding) -> None:
    """What a mutant's failed step says to do is what these tables say of it, at the lab's place."""
    action, key = finding.next_action, (name, number)
    assert action
    if key in COMMANDS or key in FOREIGN:
        assert LEADS_THERE.search(action.command)
    console, command = FOREIGN.get(key, ("", ""))  # stopped first, and then cleared away
    told = LEADS_THERE.sub("", action.command)
    assert COMMANDS.get(key, "") in told
    assert re.search(command, told)
    assert re.search(console, action.console)
