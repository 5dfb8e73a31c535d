"""`up`: the stacks, and nothing else."""

from __future__ import annotations

import argparse

from lab_steps.command_line import options
from lab_steps.command_line.confirming import prepare
from lab_steps.command_line.opening import command, open_lab
from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.terminal.legible import json_text


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.yes(parser)
    options.ttl(parser)
    options.with_athena(parser, lab)
    options.text_or_json(parser, "the stacks that stand")


def run(given: Given) -> int:
    """Deploy the lab's stacks."""
    session = open_lab(given)
    with session.changing("up", given.account) as consent:
        templates, _ = session.deployment.templates(athena=given.athena)
        prepare(session, templates, given, consent, of_work=False)
        session.deploy(templates, given.ttl)
    check = command("check", given, session)
    if given.format == "json":
        deployed = {"account": session.account, "region": session.target.region}
        print(json_text({**deployed, "stacks": [each.stack for each in templates]}))
        return ExitCode.PASSED
    print(f"{session.lab.help.stands} See what is left to do with: {check}")
    if given.athena:
        print(f"Or through Athena: {check} --engine athena")
    return ExitCode.PASSED
