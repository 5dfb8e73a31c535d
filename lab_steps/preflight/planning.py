"""What a deployment would do in an account, what prevents it, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from lab_steps.checking.trails import lab_trails
from lab_steps.costs import Cost, Usage, costs
from lab_steps.preflight import changes
from lab_steps.preflight.changes import Planned
from lab_steps.preflight.examinations import OPTIONAL, REQUIRED, examine
from lab_steps.preflight.remark import Level, Remark
from lab_steps.preflight.subject import Subject
from trail_logs.prices import LEAST_MEGABYTES, MEGABYTE, PRICE_AS_OF

_WORKGROUP = "AWS::Athena::WorkGroup"
_LOOKS = 20
ATHENA_USAGE = Usage(
    "Athena, scanned",
    _LOOKS * LEAST_MEGABYTES * MEGABYTE / 1e12,
    0,
    f"{_LOOKS} checks of a small lab; tables and workgroup cost nothing",
)
"""Added if the templates have a workgroup."""

_FIRST, _FURTHER = "management events, first copy", "management events, additional copy"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen to what, and what it costs.

    `refused` says what prevents it. Without an `account`, it is for an empty place.
    """

    schema_version: int = 2
    account: str | None
    region: str
    planned: tuple[Planned, ...]
    refused: tuple[Remark, ...]
    costs: tuple[Cost, ...]
    session_dollars: float
    month_dollars: float
    prices_as_of: str


def plan_for(subject: Subject, usage: Iterable[Usage], *, named: bool = True) -> Plan:
    """The plan for the subject's templates, and for the workload if that is to follow.

    `usage` is that of a lab in an account of its own. `named`: with the names that CloudFormation
    generated, which a deployment itself does not look up.
    """
    return make_plan(
        list(_of_reality(subject, named=named)),
        _paid(usage, subject),
        tuple(_refusals(subject)),
        account=subject.caller.account,
        region=subject.view.region,
    )


def make_plan(
    planned: Sequence[Planned],
    usage: Iterable[Usage],
    refused: tuple[Remark, ...] = (),
    *,
    account: str | None,
    region: str,
) -> Plan:
    """The plan, with the price of it all."""
    athena = [ATHENA_USAGE] if any(each.type == _WORKGROUP for each in planned) else []
    lines = tuple(costs([*usage, *athena]))
    return Plan(
        account=account,
        region=region,
        planned=tuple(planned),
        refused=refused,
        costs=lines,
        session_dollars=round(sum(each.session_dollars for each in lines), 4),
        month_dollars=round(sum(each.month_dollars for each in lines), 4),
        prices_as_of=PRICE_AS_OF,
    )


def _of_reality(subject: Subject, *, named: bool) -> Iterator[Planned]:
    for template in subject.templates:
        yield from changes.of_stack(subject, template, with_ids=named)
    if subject.of_work:
        yield from changes.of_work(subject)


def _refusals(subject: Subject) -> Iterator[Remark]:
    """What `run` would stop at."""
    found = examine(subject, (*REQUIRED, *OPTIONAL))
    yield from (each for each in found if each.level is Level.STOPS)


def _paid(usage: Iterable[Usage], subject: Subject) -> list[Usage]:
    """`usage`, with a price for management events if another trail has them already: one copy is
    free."""
    own = subject.names.trails
    others = [each for each in lab_trails.described(subject.view) if each["Name"] not in own]
    if not others:
        return list(usage)
    return [replace(each, what=_FURTHER) if each.what == _FIRST else each for each in usage]
