"""`policy`: the IAM policy that a verb needs, from a file of the lab."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab_steps.command_line.options import Given
from lab_steps.command_line.verb_table import VERBS
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    names = sorted(_policies(lab))
    parser.add_argument("of", choices=names or None, metavar="VERB", help=", ".join(names))


def run(given: Given) -> int:
    """Print the policy. Raises UsageError for a lab that has none."""
    lab: Lab = given.lab
    policies = _policies(lab)
    if not policies:
        raise UsageError(
            f"{lab.title} has no policies: give the caller the permissions that its author names."
        )
    print(policies[given.of].read_text(encoding="utf-8"), end="")
    return ExitCode.PASSED


def _policies(lab: Lab) -> dict[str, Path]:
    """The lab's files by their names, and by the verbs that need them."""
    files = {each.stem: each for each in lab.policies.glob("*.json")} if lab.policies else {}
    needed = {name: files[verb.policy] for name, verb in VERBS.items() if verb.policy in files}
    return needed | files
