"""The command line: its verbs, help that teaches, and what a shell completes.

Only the requested verb's module is imported, so `--help` and `hint` start at once.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Protocol, cast

from lab_steps.command_line.options import Given
from lab_steps.command_line.verb_table import VERBS
from lab_steps.lab import Lab

REST = """\
where
  --endpoint-url, or AWS_ENDPOINT_URL: a running local AWS. --profile, or credentials that any
  AWS tool finds (environment, AWS_PROFILE, SSO, a role, OIDC): an account. An account is only
  changed if it is marked as meant for labs (`doctor` prints how), --account names it, and you
  answer a question (--yes: no question). `run` without --profile and --account starts its own
  local AWS and stops it again, whatever credentials there are.

exit codes
  0 all passed, or done    1 something failed   2 usage   3 something could not be checked
  4 still pending at the deadline      5 refused: the wrong account, or not the lab's own
  130 interrupted
"""


class VerbModule(Protocol):
    """A module for one verb."""

    def add_options(self, parser: argparse.ArgumentParser, lab: Lab) -> None:
        """Add the verb's options."""

    def run(self, given: Given) -> int:
        """Run the verb, and return the exit code. Raises LabError."""


def verb_named(name: str) -> VerbModule:
    """The verb's module."""
    return cast("VerbModule", import_module(f"lab_steps.verbs.{name}"))


def parser(lab: Lab, arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments; its result has `verb` and the verb's options."""
    examples = f"examples\n{lab.help.examples}\n" if lab.help.examples else ""
    top = argparse.ArgumentParser(
        prog=lab.help.command,
        description=lab.help.description,
        epilog=examples + REST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    text = "show the program's version"
    top.add_argument("--version", action=_Version, nargs=0, help=text)
    subparsers = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in VERBS.items():
        text = lab.help.verbs.get(name, verb.help)
        description = text[0].upper() + text[1:] + "."
        added = subparsers.add_parser(name, help=text, description=description)
        if arguments[:1] == [name]:
            verb_named(name).add_options(added, lab)
    return top


def complete(lab: Lab) -> None:
    """Answer a shell that completes a command line: verbs, options, their values, steps, profiles.

    The shell, made ready by `activate-global-python-argcomplete`, runs the program with the line
    in the environment. Does not return then; does nothing if no shell asks.
    """
    if "_ARGCOMPLETE" not in os.environ:
        return
    import argcomplete

    verb = [word for word in os.environ["COMP_LINE"].split() if word in VERBS][:1]
    top = parser(lab, verb)
    for action in _options_of(top, verb):
        completer = _COMPLETERS.get(action.dest)
        if completer:
            action.completer = partial(completer, lab)  # type: ignore[attr-defined]
    argcomplete.autocomplete(top)


def _options_of(top: argparse.ArgumentParser, verb: Sequence[str]) -> Iterator[argparse.Action]:
    """The verb's options; argparse has no public access to them."""
    for action in top._actions:
        if verb and isinstance(action, argparse._SubParsersAction):
            yield from action.choices[verb[0]]._actions


def _step_numbers(lab: Lab, **_: Any) -> dict[str, str]:
    return {str(step.number): step.title for step in lab.steps}


def _profiles(_lab: Lab, **_: Any) -> list[str]:
    import botocore.session

    return list(botocore.session.Session().available_profiles)


_COMPLETERS: dict[str, Callable[..., Iterable[str]]] = {
    "step": _step_numbers,
    "profile": _profiles,
}


class _Version(argparse.Action):
    """Prints the package's version."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from cloudtrail.version import VERSION

        print(f"cloudtrail-lab {VERSION}")
        parser.exit()
