"""`report`: a result in the requested format: of a check now, of a bundle, or a saved one."""

from __future__ import annotations

import argparse

from lab_steps.command_line import options
from lab_steps.command_line.options import Given, names_athena, names_lab
from lab_steps.errors import UsageError
from lab_steps.lab import Lab
from lab_steps.results import reporting
from lab_steps.verbs.check import checked, named


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.name(parser)
    options.steps(parser)
    options.timeout(parser)
    options.bundle(parser)
    options.engine(parser, lab)
    parser.add_argument(
        "--format",
        choices=tuple(reporting.FORMS),
        default="text",
        help="html: one file for a browser; junit: XML for CI; json: what --from reads",
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="RESULT.json",
        help=("report a saved result; - is standard input"),
    )
    parser.add_argument("--output", metavar="FILE", help="write to FILE instead of standard output")


def run(given: Given) -> int:
    """Report a result."""
    chosen = given.bundle or given.step or names_lab(given) or names_athena(given)
    if given.source is not None and chosen:
        raise UsageError("--from reports a saved result as it is: leave out the lab and --step.")
    saved = reporting.load(given.source) if given.source is not None else None
    document = named(saved, given) if saved else checked(given, observing=True)
    reporting.write(document, given.format, given.output)
    return document.exit_code
