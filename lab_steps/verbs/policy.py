"""`policy`: the IAM policy that a verb needs, from a file of the lab."""

from __future__ import annotations

import argparse

from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    names = sorted(each.stem for each in lab.policies.glob("*.json")) if lab.policies else []
    parser.add_argument("of", choices=names or None, metavar="VERB", help=", ".join(names))


def run(given: Given) -> int:
    """Print the policy. Raises UsageError for a lab that has none."""
    lab: Lab = given.lab
    if lab.policies is None:
        raise UsageError(
            f"{lab.title} has no policies: give the caller the permissions that its author names."
        )
    print(lab.policies.joinpath(f"{given.of}.json").read_text(encoding="utf-8"), end="")
    return ExitCode.PASSED
