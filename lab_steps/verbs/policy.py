"""`policy`: the IAM policy that a verb needs, from a file of the lab."""

from __future__ import annotations

import argparse

from lab_steps.command_line.options import Given
from lab_steps.command_line.verb_table import VERBS
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    files = {each.stem for each in lab.policies.glob("*.json")} if lab.policies else set()
    names = sorted(files | {name for name, verb in VERBS.items() if verb.policy in files})
    parser.add_argument("of", choices=names or None, metavar="VERB", help=", ".join(names))


def run(given: Given) -> int:
    """Print the policy. Raises UsageError for a lab that has none."""
    lab: Lab = given.lab
    if lab.policies is None:
        raise UsageError(
            f"{lab.title} has no policies: give the caller the permissions that its author names."
        )
    name = VERBS[given.of].policy if given.of in VERBS else given.of
    print(lab.policies.joinpath(f"{name}.json").read_text(encoding="utf-8"), end="")
    return ExitCode.PASSED
