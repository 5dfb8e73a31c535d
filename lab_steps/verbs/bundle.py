"""`bundle`: save what a verdict rests on."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab_steps.lab import Lab
from lab_steps.results import plain_text
from lab_steps.verbs import options
from lab_steps.verbs.check import wait
from lab_steps.verbs.opening import open_lab
from lab_steps.verbs.options import Given


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.timeout(parser)
    parser.add_argument("--output", metavar="FILE.zip", required=True, help="the file to write")


def run(given: Given) -> int:
    """Check until all is decided, then save."""
    from lab_steps.bundles import archive

    session = open_lab(given)
    session.check(session.lab.steps, wait(given, session))
    saved = archive.save(Path(given.output), session)
    print(f"Saved to {given.output}: {plain_text.summary(saved)}.")
    again = session.lab.command(f"check --bundle {given.output}")
    print(f"Grade it again with: {again}")
    return saved.exit_code
