"""What to search for in log files, declared once as data.

An expectation is compiled twice: to a predicate over typed records for the local reader
(`expectation_predicates`) and to a condition of an Athena statement (`athena.condition`). It cannot
express anything that the two could answer differently: parameters are scalar leaves under
identifier-like keys, times have the precision of eventTime (one second), and the category is
eventCategory, because the documented Athena table has no managementEvent column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Category = Literal["Management", "Data", "Insight"]
CATEGORIES: tuple[Category, ...] = ("Management", "Data", "Insight")

ACCOUNT, REGION = "{account}", "{region}"
"""Marks in an expectation's resource and parameters for the record's own account and Region."""

_STEP = r"[A-Za-z_][A-Za-z0-9_-]*(?:\[\d+\])*"
_PARAMETER_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*")
_ACCOUNT = re.compile(r"\d{12}")


class InvalidExpectationError(ValueError):
    """An expectation says something that no record could be compared with."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Records to search for. All given filters must match.

    `location` labels the trail or bucket that the expectation is about. Code that reads several
    locations uses it to see which expectations belong to which. `event_names`: any of them; empty
    means every name. For `category="Insight"`, names and source are those of insightDetails: the
    API with the unusual activity. `since` and `until` limit eventTime, both inclusive, cut to whole
    seconds.

    `parameters`: pairs of a path in requestParameters (`tableName`, `key.id`,
    `requestItems[0].tableName`) and the text of its scalar value (`5`, `true`, `Users`), in which
    `{account}` and `{region}` stand for the record's own. `identity`: an ARN or a user name, of
    userIdentity or of the role that issued its session. `resource`: an ARN among the record's
    resources, spelled exactly the same, with the same marks. `not_user_agents`: texts that
    userAgent must not contain; a record without a userAgent passes. `succeeded`: True wants no
    errorCode, False wants one, None accepts both.
    """

    name: str
    location: str = ""
    event_names: tuple[str, ...] = ()
    event_source: str | None = None
    category: Category | None = None
    since: datetime | None = None
    until: datetime | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    identity: str | None = None
    resource: str | None = None
    not_user_agents: tuple[str, ...] = ()
    succeeded: bool | None = None
    read_only: bool | None = None
    account: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        for complaint in (_filters(self), _paths(self)):
            if complaint:
                raise InvalidExpectationError(f"Expectation {self.name!r}: {complaint}")


def folders_of(expectations: Iterable[Expectation]) -> tuple[str, ...]:
    """The folders below an account's folder whose log files the expectations are about."""
    insights = {each.category == "Insight" for each in expectations} or {False}
    return tuple("CloudTrail-Insight" if insight else "CloudTrail" for insight in sorted(insights))


def event_time(moment: datetime) -> str:
    """`moment` as eventTime spells it, `YYYY-MM-DDTHH:MM:SSZ`, cut to whole seconds."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a record is: the bucket (or folder), the key of its log file, and the record.

    `excerpt` is the JSON of the record's fields that expectations use; Athena's has fewer
    (`trail_logs.athena.statement.EXCERPT`).
    """

    location: str
    key: str
    event_id: str
    event_time: datetime
    event_name: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one expectation in one account.

    `count` is the number of distinct eventIDs; `first` and `last` are the earliest and
    latest matching records, by eventTime and then eventID; None when nothing matched.
    """

    expectation: Expectation
    account: str
    count: int = 0
    first: Evidence | None = None
    last: Evidence | None = None


def _filters(expectation: Expectation) -> str | None:
    since, until = expectation.since, expectation.until
    if any(time is not None and time.tzinfo is None for time in (since, until)):
        return "since and until need a time zone, such as datetime.now(UTC)."
    if since and until and until < since:
        return f"until ({until:%FT%TZ}) is before since ({since:%FT%TZ})."
    if expectation.category not in (None, *CATEGORIES):
        return f"wanted category {', '.join(CATEGORIES)}, got {expectation.category!r}."
    if expectation.account is not None and not _ACCOUNT.fullmatch(expectation.account):
        return f"wanted 12 digits as account, got {expectation.account!r}."
    if "" in expectation.not_user_agents:
        return "wanted texts in not_user_agents, got an empty one, which every userAgent contains."
    return None


def _paths(expectation: Expectation) -> str | None:
    for path, _ in expectation.parameters:
        if not _PARAMETER_PATH.fullmatch(path):
            return (
                f"cannot read the parameter path {path!r}. Write keys of letters, digits, _ and - "
                "joined by dots, with [n] for an element: key.id, requestItems[0].tableName."
            )
    return None
