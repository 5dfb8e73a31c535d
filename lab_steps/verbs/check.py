"""`check`: check a lab, or a bundle of one, and say what was found."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import msgspec

from lab_steps.checking.step import Step
from lab_steps.command_line import options
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given, chosen_steps, names_athena, names_lab
from lab_steps.errors import UsageError
from lab_steps.lab import Lab
from lab_steps.results import reporting
from lab_steps.results.result import Result
from lab_steps.session import LabSession

WAIT = timedelta(seconds=10)
"""How long `check` waits by default for what is pending: a local AWS delivers within that time."""


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.name(parser)
    options.steps(parser)
    options.timeout(parser)
    options.bundle(parser)
    options.engine(parser, lab)
    options.text_or_json(parser, options.RESULT_SCHEMA)


def run(given: Given) -> int:
    """Look, and say what was found."""
    document = checked(given)
    reporting.write(document, given.format, None)
    return document.exit_code


def checked(given: Given, *, observing: bool = False) -> Result:
    """What a check finds, in a lab or in a bundle; with `observing` also what was delivered."""
    from lab_steps.results.delivered import observe

    steps = chosen_steps(given)
    if given.bundle:
        return _regraded(given, steps, observing=observing)
    session = open_lab(given)
    found = session.result("check", session.check(steps, wait(given, session)))
    if not observing:
        return found
    return msgspec.structs.replace(found, observed=observe(session.look(), session.lab.trails))


def wait(given: Given, session: LabSession) -> timedelta:
    """How long to wait: as requested, else WAIT if that is enough for another look."""
    if given.timeout is not None:
        return timedelta(seconds=given.timeout)
    patience = (session.athena or session.target).patience
    return WAIT if patience.poll < WAIT.total_seconds() else timedelta()


def _regraded(given: Given, steps: tuple[Step, ...], *, observing: bool) -> Result:
    from lab_steps.bundles import regrading

    if names_athena(given):
        raise UsageError("--bundle is graded from its own log files: leave out --engine athena.")
    if names_lab(given):
        raise UsageError(
            (
                "--bundle is graded instead of a lab: leave out the options that name a lab, such "
                "as --profile or --region."
            ),
            "Account and Region come from the bundle; the report's first line shows them.",
        )
    path = Path(given.bundle)
    found = regrading.regrade(given.lab, path, steps)
    others = regrading.differing(found, regrading.saved_result(path))
    if others:
        numbers = ", ".join(map(str, others))
        print(
            f"note: when the bundle was saved, step {numbers} had another outcome", file=sys.stderr
        )
    found = named(found, given)
    return found if observing else msgspec.structs.replace(found, observed=None)


def named(found: Result, given: Given) -> Result:
    """`found`, for the person in `--name`; otherwise for the one named when it was saved."""
    return msgspec.structs.replace(found, name=given.name) if given.name else found
