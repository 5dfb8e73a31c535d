"""`plan`: what the lab would create, change and be refused, and what AWS charges for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from lab_steps.checking import trails
from lab_steps.costs import SESSION_HOURS, Cost, Usage, costs
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Deployment, Lab
from lab_steps.place.synth import Template
from lab_steps.place.target import DEFAULT_REGION, check_region
from lab_steps.preflight import changes
from lab_steps.preflight.changes import Planned, PlannedChange
from lab_steps.preflight.examinations import OPTIONAL, REQUIRED, examine
from lab_steps.preflight.remark import Level, Remark
from lab_steps.preflight.subject import Subject
from lab_steps.terminal.legible import json_text
from lab_steps.verbs import options
from lab_steps.verbs.opening import chosen_target, opened
from lab_steps.verbs.options import Given, given_parameters
from trail_logs.prices import LEAST_MEGABYTES, MEGABYTE, PRICE_AS_OF

_WORKGROUP = "AWS::Athena::WorkGroup"
_LOOKS = 20
ATHENA_USAGE = Usage(
    "Athena, scanned",
    _LOOKS * LEAST_MEGABYTES * MEGABYTE / 1e12,
    0,
    f"{_LOOKS} checks of a small lab; tables and workgroup cost nothing",
)
"""Where the templates have a workgroup."""

_FIRST, _FURTHER = "management events, first copy", "management events, additional copy"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen to what, and what it costs. `refused` says what prevents it. Without an
    `account` it is for an empty account.
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


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """Add its options."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.with_athena(parser, lab)
    options.text_or_json(parser, "what would be created, changed and refused, and what it costs")


def run(given: Given) -> int:
    """What would be done, and what it costs."""
    target, refused = chosen_target(given), tuple[Remark, ...]()
    if given.account and target is None:
        raise UsageError(
            "--account: found no credentials, in any of the places where AWS tools look."
        )
    if target is None:
        region, account = check_region(given.region or DEFAULT_REGION), None
        deployment: Deployment = given.lab.deployed(region, account, given_parameters(given))
        templates, _ = deployment.templates(athena=given.athena)
        planned = list(changes.of_templates(templates, "<account>", region))
        planned += map(changes.work, deployment.names.tables)
        usage = list(given.lab.usage)
        heading = f"an empty account, Region {region}"
    else:
        session = opened(given, target)
        region, account = target.region, session.account
        templates, _ = session.deployment.templates(athena=given.athena)
        subject = session.subject(templates, of_work=True)
        planned = list(_of_reality(subject, templates))
        refused = tuple(_refusals(subject))
        usage = _paid(given.lab.usage, subject)
        heading = session.place_line
    plan = make_plan(planned, usage, refused, account=account, region=region)
    show(plan, given.format, heading)
    return ExitCode.REFUSED if refused else ExitCode.PASSED


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


def _of_reality(subject: Subject, templates: Iterable[Template]) -> Iterator[Planned]:
    for template in templates:
        yield from changes.of_stack(subject, template, with_ids=True)
    yield from changes.of_work(subject)


def _refusals(subject: Subject) -> Iterator[Remark]:
    """What `run` would stop at."""
    found = examine(subject, (*REQUIRED, *OPTIONAL))
    yield from (each for each in found if each.level is Level.STOPS)


def _paid(usage: Iterable[Usage], subject: Subject) -> list[Usage]:
    """`usage` where management events go to other trails already: one copy of them is free."""
    own = subject.names.trails
    others = [each for each in trails.described(subject.view) if each["Name"] not in own]
    if not others:
        return list(usage)
    return [replace(each, what=_FURTHER) if each.what == _FIRST else each for each in usage]


def show(plan: Plan, form: str, heading: str) -> None:
    """Print the plan."""
    if form == "json":
        print(json_text(plan))
        return
    print(heading)
    made_by = ""
    for each in plan.planned:
        if each.made_by != made_by:
            made_by = each.made_by
            print(made_by)
        print(f"  {changes.sentence(each)}")
    counted = [(each, sum(one.change is each for one in plan.planned)) for each in PlannedChange]
    print(", ".join(f"{count} to {change}" for change, count in counted if count))
    for remark in plan.refused:
        print(f"\nwould be refused ({remark.topic}): {remark.found}\n{remark.do}")
    _show_costs(plan)


def _show_costs(plan: Plan) -> None:
    session, month = f"{SESSION_HOURS} hours", "a forgotten month"
    print(f"\nwhat it costs in an account, in dollars (list prices, {plan.prices_as_of})")
    print(f"  {'':<34}{session:>10}{month:>20}")
    for each in plan.costs:
        print(f"  {each.what:<34}{each.session_dollars:>10.4f}{each.month_dollars:>20.4f}")
        print(f"    {each.price}: {each.session_units:,g}, {each.month_units:,g} ({each.because})")
    print(f"  {'all':<34}{plan.session_dollars:>10.4f}{plan.month_dollars:>20.4f}")
