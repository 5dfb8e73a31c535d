"""What a step found: one of six outcomes, the evidence for it, and what to do next."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class Outcome(StrEnum):
    """The six things a check can say.

    NOT_APPLICABLE is "not available here", which is not the student's fault and counts as passed.
    PENDING is "not due yet", BLOCKED "a step it needs did not pass", ERROR "the check could not be
    made". Only FAIL says that the lab is wrong.
    """

    PASS = "PASS"  # noqa: S105 (an outcome)
    NOT_APPLICABLE = "NOT_APPLICABLE"
    FAIL = "FAIL"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    ERROR = "ERROR"


GOOD = (Outcome.PASS, Outcome.NOT_APPLICABLE)
"""Outcomes after which nothing is left to do."""

WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.PENDING)
"""The others, in the order in which to deal with them: first failures, then checks that could not
be made. Waiting only helps if nothing else is left to do."""


def worst(found: Container[Outcome]) -> Outcome:
    """The first of WORST_FIRST that was found, else PASS."""
    return next((each for each in WORST_FIRST if each in found), Outcome.PASS)


class ApiAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="api-answer"):
    """What an AWS API answered: `operation` as `service:Operation`, and the part that matters."""

    operation: Annotated[str, Meta(description="`service:Operation`")]
    answer: Annotated[dict[str, Any], Meta(description="the part of its response that matters")]


class LogRecord(msgspec.Struct, frozen=True, kw_only=True, tag="log-record"):
    """A record in a delivered log file. `record` is an excerpt; `event_time` is UTC."""

    bucket: Annotated[str, Meta(description="the trail's bucket")]
    key: Annotated[str, Meta(description="the log file's key")]
    event_id: Annotated[str, Meta(description="the record's eventID")]
    event_name: Annotated[str, Meta(description="its eventName")]
    event_time: Annotated[str, Meta(description="its eventTime")]
    record: Annotated[
        dict[str, Any], Meta(description="an excerpt of the record, as in the file")
    ] = {}


class LogObject(msgspec.Struct, frozen=True, kw_only=True, tag="log-object"):
    """An object under a trail's log location, and anything unusual about it."""

    bucket: Annotated[str, Meta(description="the trail's bucket")]
    key: Annotated[str, Meta(description="the object's key")]
    note: Annotated[str, Meta(description="anything unusual about it; may be empty")] = ""


class Probe(msgspec.Struct, frozen=True, kw_only=True, tag="probe"):
    """What a trail's selectors would do with an event that the check made up, and why."""

    event: Annotated[str, Meta(description="the event that the check made up: service, name, kind")]
    recorded: Annotated[bool, Meta(description="whether the trail's selectors record it")]
    reason: Annotated[str, Meta(description="why, in one sentence")]


Evidence = ApiAnswer | LogRecord | LogObject | Probe


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """The one thing to do next: in the console, and as a command."""

    console: Annotated[str, Meta(description="what to do in the AWS console")]
    command: Annotated[
        str, Meta(description=("the same with the AWS CLI, or with a command of this lab"))
    ]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    `since` and `until` bound the wait of a PENDING finding (UTC); `blocked_by` is the
    number of the step that a BLOCKED one needs. `rationale` says why it matters, or why
    the actual is not the expected.
    """

    outcome: Outcome
    expected: str
    actual: str
    rationale: str = ""
    next_action: NextAction | None = None
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    blocked_by: int | None = None


def _found(
    outcome: Outcome,
    expected: str,
    actual: str,
    *evidence: Evidence,
    rationale: str = "",
    next_action: NextAction | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Finding:
    return Finding(
        outcome=outcome,
        expected=expected,
        actual=actual,
        evidence=evidence,
        rationale=rationale,
        next_action=next_action,
        since=since,
        until=until,
    )


NOT_DUE = "It is too early to say: the latest calls may not have been delivered yet."

passed = partial(_found, Outcome.PASS)
"""The lab does what the step asks."""

not_applicable = partial(_found, Outcome.NOT_APPLICABLE)
"""The step asks for something that is not available here; `rationale` says why."""

failed = partial(_found, Outcome.FAIL)
"""The lab does not do what the step asks; `rationale` says why. If `next_action` is None, it is the
step's remedy."""

pending = partial(_found, Outcome.PENDING, rationale=NOT_DUE)
"""Not there yet, and not due before `until`.

`next_action` is for people who have not done it yet.
"""

undecidable = partial(_found, Outcome.ERROR)
"""The check could not be made, and `rationale` says why. This says nothing about the lab."""
