"""The command line: the table of verbs, and help that teaches.

Only the module of the verb that is asked for is imported: `--help` and `hint` start at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from lab_steps.lab import Lab
from lab_steps.verbs.options import Given

REST = """\
where
  --endpoint-url, or AWS_ENDPOINT_URL: a local AWS that is running. --profile, or credentials
  as any AWS tool finds them (environment, AWS_PROFILE, SSO, a role, OIDC): an account; nothing
  is changed there without --account. `run` without --profile and --account starts a local AWS
  and ends it, whatever credentials there are.

exit codes
  0 all passed, or done    1 something failed   2 usage   3 something could not be checked
  4 still pending at the deadline      5 refused: another account, or not the lab's own
  130 interrupted
"""


def verbs(lab: Lab) -> dict[str, str]:
    """What each verb does, in the order of `--help`. Each has a module of its name beside this."""
    return {
        "run": "do all of the lab: deploy, make the calls, wait for the log files, check all steps",
        "plan": "list what `up` and `run` would create, with what it costs; changes nothing",
        "up": lab.help.up,
        "check": "look at a lab, made by hand or by `run`, and say what is missing; read-only",
        "watch": "check again and again what is not passed, and say the one next thing to do; "
        "read-only",
        "report": "check, or take a saved result, and report it for people, CI or a browser; "
        "read-only",
        "bundle": "save all that a verdict rests on, to be graded again by `check --bundle`; "
        "read-only",
        "status": lab.help.status,
        "explain": "what a step asks for, what the check looks at, how to do it by hand",
        "hint": "one hint more about a step each time it is asked",
        "down": lab.help.down,
        "local": "serve a local AWS until Ctrl-C (options: local --help)",
        "logs": "count and list the records in the log files of any bucket or folder; read-only",
    }


class Verb(Protocol):
    """A module for one verb."""

    def add_options(self, parser: argparse.ArgumentParser, lab: Lab) -> None:
        """Add what the verb can be told."""

    def run(self, given: Given) -> int:
        """Do it; the exit code. Raises LabError."""


def verb_named(name: str) -> Verb:
    """The verb's module."""
    return cast("Verb", import_module(f"lab_steps.verbs.{name}"))


def parser(lab: Lab, arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments; `verb` and its options are what it answers."""
    examples = f"examples\n{lab.help.examples}\n" if lab.help.examples else ""
    top = argparse.ArgumentParser(
        prog=lab.help.command,
        description=lab.help.description,
        epilog=examples + REST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, text in verbs(lab).items():
        description = text[0].upper() + text[1:] + "."
        added = subparsers.add_parser(name, help=text, description=description)
        if arguments[:1] == [name]:
            verb_named(name).add_options(added, lab)
    return top
