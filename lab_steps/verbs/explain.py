"""`explain`: a step as people read it."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from lab_steps.checking.commands import CommandContext
from lab_steps.checking.step import Step
from lab_steps.command_line import options
from lab_steps.command_line.options import Given, one_step
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.results.plain_text import console, tell, tell_command
from lab_steps.targets.regions import DEFAULT_REGION, check_region, region_of_environment
from lab_steps.terminal.legible import json_text

if TYPE_CHECKING:
    from rich.console import Console


WITH_CLI = "By hand, with the AWS CLI"


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    text = f"{lab.numbers}; without it, a list of all steps"
    parser.add_argument("step", nargs="?", metavar="STEP", help=text)
    options.text_or_json(parser, "one step, or all")


def run(given: Given) -> int:
    """One step, or the list of all."""
    step = one_step(given)
    if given.format == "json":
        steps = given.lab.steps if step is None else (step,)
        print(json_text({"steps": [document(given.lab, each) for each in steps]}))
        return ExitCode.PASSED
    if step is None:
        show_all(given.lab, console())
    else:
        show(given.lab, step, here(), console())
    return ExitCode.PASSED


def document(lab: Lab, step: Step) -> dict[str, Any]:
    """A step for programs, without its hints, which `hint` gives."""
    return {
        "number": step.number,
        "title": step.title,
        "part": lab.part_of(step).title,
        "looks_at": step.looks_at,
        "needs": [{"what": need.what, "step": lab.provider(need).number} for need in step.needs],
        "console": step.console,
        "command": step.command,
        "action": step.action,
        "api": list(step.api),
        "hints": len(step.hints),
    }


def show_all(lab: Lab, out: Console) -> None:
    """The list of all steps, by part."""
    for part in lab.parts:
        tell(part.title, out, indent=0, style="bold")
        for step in part.steps:
            tell(f"{step.number:>2}  {step.title}", out, indent=2)
    more = f"More about one of the {len(lab.steps)}: {lab.command('explain STEP')}"
    tell(f"\n{more}", out, indent=0)


def here() -> CommandContext:
    """The place that the environment names, without any call: commands find the account. UsageError
    for an invalid Region.
    """
    named = region_of_environment()
    region = check_region(named[0]) if named else DEFAULT_REGION
    return CommandContext(region, endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None)


def show(lab: Lab, step: Step, place: CommandContext, out: Console) -> None:
    """Everything about one step but its hints, which are given one by one."""
    tell(f"Step {step.number}: {step.title}\n", out, indent=0, style="bold")
    needs = ", ".join(f"{each.what} (step {lab.provider(each).number})" for each in step.needs)
    in_console = ("By hand, in the console", place.text(step.console))
    with_cli = (WITH_CLI, place.command(step.command))
    for label, text in (
        ("What is checked", step.looks_at),
        ("What it needs", needs),
        *((with_cli, in_console) if place.endpoint_url else (in_console, with_cli)),
        ("What the runner does", step.action or "nothing: it only checks"),
        ("API calls", ", ".join(step.api)),
        (f"Hints: {len(step.hints)}, one at a time", lab.command(f"hint {step.number}")),
    ):
        if text:
            tell(label, out, indent=0, style="bold")
            show_text = tell_command if label == WITH_CLI else tell
            show_text(text, out, indent=2)
            out.print()
