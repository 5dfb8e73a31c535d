"""`plan`: what the lab creates, and what AWS asks for it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lab_steps.errors import ExitCode
from lab_steps.place.synth import Template
from lab_steps.terminal.legible import json_text
from stacks.settings import TABLE_NAME
from trail_logs.athena.prices import DOLLARS_PER_TERABYTE, LEAST_MEGABYTES, dollars

PRICES_OF = "2026-11"
_WORKGROUP = "AWS::Athena::WorkGroup"
PRICES = {
    "management events": "one copy of them to S3 is free; a second trail with them costs $2.00 "
    "per 100,000 events",
    "data events": "$0.10 per 100,000 events delivered",
    "Insights events": "$0.35 per 100,000 events analysed, for each type of Insights",
    "S3": "storage and requests of a few small log files: cents a month while they are kept",
    "DynamoDB": "a provisioned table of 5/5 units, then 1/1, while it stands: cents a day",
    "Lambda": "one call when a stack is deleted: within the free tier",
}
"""List prices of us-east-1, as published on AWS's pricing pages; they change."""

ATHENA_PRICES = {
    "Athena": f"${DOLLARS_PER_TERABYTE:g} per terabyte scanned, at least {LEAST_MEGABYTES} MB a "
    f"query: ${dollars(0):.5f} for each look at a small lab; tables and workgroup cost nothing",
}
"""Where the templates have a workgroup."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would be created."""

    made_by: str
    type: str
    name: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be created, and what it costs."""

    schema_version: int = 1
    creates: tuple[Planned, ...]
    costs: dict[str, str]
    prices_as_of: str | None


def make_plan(templates: Iterable[Template], *, is_local: bool) -> Plan:
    """The plan for `templates` and the workload."""
    creates = [
        Planned(made_by=f"stack {each.stack}", type=resource["Type"], name=logical_id)
        for each in templates
        for logical_id, resource in each.resources.items()
    ]
    prices = PRICES | (ATHENA_PRICES if any(each.type == _WORKGROUP for each in creates) else {})
    creates.append(Planned(made_by="workload (run)", type="AWS::DynamoDB::Table", name=TABLE_NAME))
    return Plan(
        creates=tuple(creates),
        costs={"everything": "free: a local AWS"} if is_local else prices,
        prices_as_of=None if is_local else PRICES_OF,
    )


def show(templates: Iterable[Template], form: str, *, is_local: bool) -> int:
    """Print the plan."""
    plan = make_plan(templates, is_local=is_local)
    if form == "json":
        print(json_text(plan))
        return ExitCode.PASSED
    made_by = ""
    for each in plan.creates:
        if each.made_by != made_by:
            made_by = each.made_by
            print(made_by)
        print(f"  {each.type:<26} {each.name}")
    print("\nwhat it costs" + (f" (list prices, {PRICES_OF})" if plan.prices_as_of else ""))
    for what, price in plan.costs.items():
        print(f"  {what}: {price}")
    return ExitCode.PASSED
