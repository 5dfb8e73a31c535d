"""`plan`: what the lab would create, change and be refused, and what AWS charges for it."""

from __future__ import annotations

import argparse

from lab_steps.command_line import options
from lab_steps.command_line.opening import chosen_target, opened
from lab_steps.command_line.options import Given, given_parameters
from lab_steps.costs import SESSION_HOURS
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Deployment, Lab
from lab_steps.preflight import changes
from lab_steps.preflight.changes import PlannedChange
from lab_steps.preflight.planning import Plan, make_plan, plan_for
from lab_steps.targets.regions import DEFAULT_REGION, check_region
from lab_steps.terminal.legible import json_text


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.with_athena(parser, lab)
    options.text_or_json(parser, "what would be created, changed and refused, and what it costs")


def run(given: Given) -> int:
    """What would be done, and what it costs."""
    target = chosen_target(given)
    if given.account and target is None:
        raise UsageError(
            "--account: found no credentials, in any of the places where AWS tools look."
        )
    if target is None:
        region = check_region(given.region or DEFAULT_REGION)
        deployment: Deployment = given.lab.deployed(region, None, given_parameters(given))
        templates, _ = deployment.templates(athena=given.athena)
        planned = list(changes.of_templates(templates, "<account>", region))
        planned += map(changes.work, deployment.names.tables)
        plan = make_plan(planned, given.lab.usage, account=None, region=region)
        heading = f"an empty account, Region {region}"
    else:
        session = opened(given, target)
        templates, _ = session.deployment.templates(athena=given.athena)
        subject = session.subject(templates, of_work=True)
        plan = plan_for(subject, given.lab.usage)
        heading = session.place_line
    show(plan, given.format, heading)
    return ExitCode.REFUSED if plan.refused else ExitCode.PASSED


def show(plan: Plan, form: str, heading: str) -> None:
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
    print(
        f"\nwhat it costs in an account, in dollars (list prices of us-east-1, {plan.prices_as_of})"
    )
    print(f"  {'':<34}{session:>10}{month:>20}")
    for each in plan.costs:
        print(f"  {each.what:<34}{each.session_dollars:>10.4f}{each.month_dollars:>20.4f}")
        print(f"    {each.price}: {each.session_units:,g}, {each.month_units:,g} ({each.because})")
    print(f"  {'total':<34}{plan.session_dollars:>10.4f}{plan.month_dollars:>20.4f}")
