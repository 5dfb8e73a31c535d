"""`doctor`: whether a lab can start here, and what is in its way. It changes nothing."""

from __future__ import annotations

import argparse
import textwrap

import msgspec

from lab_steps.command_line import options
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.preflight.examinations import examine
from lab_steps.preflight.remark import Level, Remark
from lab_steps.terminal.legible import json_text


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, by topic."""

    schema_version: int = 1
    account: str
    region: str
    remarks: tuple[Remark, ...]
    exit_code: int


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.text_or_json(parser, "what was found, and what to do about it")


def run(given: Given) -> int:
    """Look at everything, and say what was found."""
    session = open_lab(given)
    templates, _ = session.deployment.templates()
    remarks = tuple(examine(session.subject(templates, of_work=True)))
    code = exit_code(remarks)
    if given.format == "json":
        found = Diagnosis(
            account=session.account, region=session.target.region, remarks=remarks, exit_code=code
        )
        print(json_text(found))
        return code
    print(session.place_line)
    for each in remarks:
        print(f"  {each.level:<8}{each.topic}: {each.found}")
        if each.do:
            print(textwrap.indent(each.do, " " * 10))
    return code


def exit_code(remarks: tuple[Remark, ...]) -> ExitCode:
    """5 if something stops a lab, 3 if something could not be checked."""
    levels = {each.level for each in remarks}
    if Level.STOPS in levels:
        return ExitCode.REFUSED
    return ExitCode.CANNOT_LOOK if Level.UNKNOWN in levels else ExitCode.PASSED
