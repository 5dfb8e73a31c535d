"""Results made of values, for tests of what is shown of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lab_steps.checking.finding import (
    ApiAnswer,
    Finding,
    LogObject,
    LogRecord,
    NextAction,
    Outcome,
    Probe,
    failed,
    passed,
)
from lab_steps.results import result
from lab_steps.results.delivered import Observed, ObservedEvent, ObservedObject, ObservedTrail
from lab_steps.results.result import Place, Result
from lab_steps.walkthrough.lab import WALKTHROUGH

STARTED = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
NASTY = "<script>alert(1)</script>\"'&\x1b[31m"
LEGIBLE = NASTY.replace("\x1b", "\\x1b")
"""As it is shown."""

BUCKET = "aws-cloudtrail-logs-data-events-123456789012-lab"
FOLDER = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/14"
KEY = f"{FOLDER}/123456789012_CloudTrail_us-east-1_20260314T1205Z_abcdefghijklmnop.json.gz"
RECORD: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/jo"},
    "eventTime": "2026-03-14T12:00:30Z",
    "eventName": "PutItem",
    "userAgent": NASTY,
}
ACTION = NextAction(console="Tick both boxes.", command="aws cloudtrail put-insight-selectors")
WAIT = timedelta(minutes=20)


def findings() -> dict[int, Finding]:
    """Passed except for one of each other outcome: 10 FAIL, 28 BLOCKED, 34 PENDING, 38 ERROR."""
    found = {step.number: passed("as asked", "as asked") for step in WALKTHROUGH.steps}
    found[7] = passed(
        "plain", "plain", ApiAnswer(operation="cloudtrail:DescribeTrails", answer={"Name": NASTY})
    )
    found[10] = _with_action(
        failed(
            "both types",
            f"one type {NASTY}",
            Probe(event="dynamodb PutItem", recorded=False, reason=f"no selector {NASTY}"),
            rationale="ApiErrorRateInsight is not selected.",
        )
    )
    found[28] = Finding(
        outcome=Outcome.BLOCKED, expected="an item", actual="not there", blocked_by=26
    )
    found[34] = Finding(
        outcome=Outcome.PENDING,
        expected="records",
        actual="not found: UpdateTable",
        since=STARTED,
        until=STARTED + WAIT,
    )
    found[37] = passed(
        "records",
        "PutItem 1x",
        LogRecord(
            bucket=BUCKET,
            key=KEY,
            event_id="id-1",
            event_name="PutItem",
            event_time="2026-03-14T12:00:30Z",
            record={"excerpt": True},
        ),
        LogObject(bucket=BUCKET, key=KEY, note=NASTY),
    )
    found[38] = Finding(outcome=Outcome.ERROR, expected="events", actual="AccessDenied")
    return found


def _with_action(finding: Finding) -> Finding:
    import msgspec

    return msgspec.structs.replace(finding, next_action=ACTION)


def event(name: str, second: int, **changes: Any) -> ObservedEvent:
    """An event that was observed at 12:00 and so many seconds."""
    time = STARTED + timedelta(seconds=second)
    fields: dict[str, Any] = {
        "event_time": f"{time:%FT%TZ}",
        "event_name": name,
        "event_source": "dynamodb.amazonaws.com",
        "category": "Data",
        "read_only": name.startswith("Get"),
        "event_id": f"id-{name}-{second}",
        "key": KEY,
    }
    return ObservedEvent(**{**fields, **changes})


def observed() -> Observed:
    """A management trail that nothing is known of, and a data trail with some events."""
    return Observed(
        trails=(
            ObservedTrail(trail="student-management-events", problem=f"refused {NASTY}"),
            ObservedTrail(
                trail="student-data-events",
                bucket=BUCKET,
                events=(
                    event("GetItem", 10),
                    event("PutItem", 30, event_id="id-1", record=RECORD),
                    event(NASTY, 40, error_code="AccessDenied"),
                ),
                more_events=7,
                objects=(ObservedObject(key=KEY, size=1400, damage=f"torn {NASTY}"),),
                more_objects=3,
            ),
        )
    )


def made(found: dict[int, Finding] | None = None, seen: Observed | None = None) -> Result:
    """A result of these findings."""
    found = findings() if found is None else found
    return Result(
        verb="check",
        place=Place(
            title=f"local AWS {NASTY}", kind="endpoint", account="123456789012", region="us-east-1"
        ),
        settings={"suffix": "lab", "prefix": ""},
        started=STARTED,
        finished=STARTED + timedelta(seconds=1.5),
        exit_code=result.exit_code(found),
        counts=result.count(found),
        steps=result.step_results(WALKTHROUGH, found),
        observed=seen,
    )
