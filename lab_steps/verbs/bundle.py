"""`bundle`: save what a verdict is based on."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from lab_steps.command_line import options
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.results import plain_text
from lab_steps.terminal.legible import json_text, one_line
from lab_steps.verbs.check import wait


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.name(parser)
    options.timeout(parser)
    options.text_or_json(parser, "what was saved, and the counts of its outcomes")
    parser.add_argument("--output", metavar="FILE.zip", required=True, help="the file to write")


def run(given: Given) -> int:
    """Check until all is decided, then save. Saving succeeds whatever the verdict is."""
    from lab_steps.bundles import saving

    session = open_lab(given)
    session.check(session.lab.steps, wait(given, session))
    saved = saving.save(Path(given.output), session)
    if given.format == "json":
        print(json_text({"saved": one_line(given.output), "counts": saved.counts}))
        return ExitCode.PASSED
    print(f"Saved to {given.output}: {plain_text.summary(saved)}.")
    again = session.lab.command(f"check --bundle {shlex.quote(given.output)}")
    print(f"Grade it again with: {again}")
    return ExitCode.PASSED
