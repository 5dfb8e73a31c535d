"""`plan`: what the lab creates, and what AWS asks for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import msgspec

from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab
from lab_steps.place.synth import Template
from lab_steps.place.target import DEFAULT_REGION, check_region
from lab_steps.terminal.legible import json_text
from lab_steps.verbs import options
from lab_steps.verbs.opening import chosen_target
from lab_steps.verbs.options import Given, given_parameters
from trail_logs.prices import DOLLARS_PER_TERABYTE, LEAST_MEGABYTES, dollars

_WORKGROUP = "AWS::Athena::WorkGroup"
ATHENA_PRICES = {
    "Athena": f"${DOLLARS_PER_TERABYTE:g} per terabyte scanned, at least {LEAST_MEGABYTES} MB a "
    f"query: ${dollars(0):.5f} for each look at a small lab; tables and workgroup cost nothing",
}
"""Where the templates have a workgroup."""


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.with_athena(parser, lab)
    options.text_or_json(parser, "what is created, and what it costs")


def run(given: Given) -> int:
    """What would be created, and what it costs."""
    lab: Lab = given.lab
    target = chosen_target(given)
    if given.account and target is None:
        raise UsageError("--account: no credentials are found as any AWS tool finds them.")
    region = target.region if target else check_region(given.region or DEFAULT_REGION)
    deployment = lab.deployed(region, None, given_parameters(given))
    templates, _ = deployment.templates(athena=given.athena)
    is_local = target is None or target.is_loopback
    if given.format == "text":
        region_from = "--region" if given.region else "the default"
        title = target.title if target else "a local AWS"
        print(f"{title}, Region {region} ({target.region_from if target else region_from})")
    show(make_plan(lab, templates, deployment.names.tables, is_local=is_local), given.format)
    return ExitCode.PASSED


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


def make_plan(
    lab: Lab, templates: Iterable[Template], tables: Iterable[str], *, is_local: bool
) -> Plan:
    """The plan for `templates` and for a workload that makes `tables`."""
    creates = [
        Planned(made_by=f"stack {each.stack}", type=resource["Type"], name=logical_id)
        for each in templates
        for logical_id, resource in each.resources.items()
    ]
    athena = ATHENA_PRICES if any(each.type == _WORKGROUP for each in creates) else {}
    made_by = "workload (run)"
    creates += [Planned(made_by=made_by, type="AWS::DynamoDB::Table", name=each) for each in tables]
    return Plan(
        creates=tuple(creates),
        costs={"everything": "free: a local AWS"} if is_local else {**lab.costs, **athena},
        prices_as_of=None if is_local else lab.prices_as_of,
    )


def show(plan: Plan, form: str) -> None:
    """Print the plan."""
    if form == "json":
        print(json_text(plan))
        return
    made_by = ""
    for each in plan.creates:
        if each.made_by != made_by:
            made_by = each.made_by
            print(made_by)
        print(f"  {each.type:<26} {each.name}")
    month = f" (list prices, {plan.prices_as_of})" if plan.prices_as_of else ""
    print(f"\nwhat it costs{month}")
    for what, price in plan.costs.items():
        print(f"  {what}: {price}")
