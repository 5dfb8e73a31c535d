# PYTHON_ARGCOMPLETE_OK (a shell that completes our command line looks for this)
"""`python -m lab_steps`: the lab from the command line. `main` also runs any other lab."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

from lab_steps.errors import CannotLookError, ExitCode, LabError
from lab_steps.process import hear_sigterm, run_alone

if TYPE_CHECKING:
    from lab_steps.command_line.options import Given
    from lab_steps.lab import Lab


def main(arguments: Sequence[str] | None = None, lab: Lab | None = None) -> int:
    """Run a verb on `lab`, or on the walkthrough; the exit code says how it went (see
    `lab_steps.errors`)."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    hear_sigterm()
    try:
        from lab_steps.terminal.legible import guarded

        with guarded():
            return _main(arguments, lab or _walkthrough())
    except KeyboardInterrupt:
        print("\nInterrupted before anything began: repeat the command.", file=sys.stderr)
        return ExitCode.INTERRUPTED


def command() -> NoReturn:
    """`cloudtrail-lab`, or `python -m lab_steps`: `main` as a process of its own."""
    if find_spec("rich") is None:
        print(
            "error: this command needs more than the local AWS. Install it with pip install "
            "'cloudtrail-lab[lab]'. To check and explain only, without the CDK: pip install "
            "'cloudtrail-lab[check]'",
            file=sys.stderr,
        )
        sys.exit(ExitCode.CANNOT_LOOK)
    run_alone(main)


def _walkthrough() -> Lab:
    from lab_steps.walkthrough.lab import WALKTHROUGH

    return WALKTHROUGH


def _main(arguments: list[str], lab: Lab) -> int:
    import argparse

    from lab_steps.command_line.parser import complete, parser, verb_named

    complete(lab)
    if arguments[:1] == ["local"]:
        return _serve(lab, arguments[1:])
    given = parser(lab, arguments).parse_args(arguments, argparse.Namespace(lab=lab))
    try:
        return int(verb_named(given.verb).run(given))
    except LabError as error:
        return _stopped(error)
    except BrokenPipeError:
        # The reader has closed the pipe. Python would complain again while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except OSError as error:
        return _stopped(_of_disk(error))
    except Exception as error:  # noqa: BLE001 (told in full, and no exit code 1: that is a verdict)
        from lab_steps.call_errors import explained

        told = explained(error)
        return _stopped(told) if told else _bug()
    except KeyboardInterrupt:
        print(f"\nInterrupted. {_how_to_resume(given)}", file=sys.stderr)
        return ExitCode.INTERRUPTED


def _serve(lab: Lab, arguments: list[str]) -> int:
    from lab_steps.verbs import local

    return local.serve(lab, arguments)


def _how_to_resume(given: Given) -> str:
    from lab_steps.command_line.options import names_a_place

    if given.verb in {"run", "up", "down"} and names_a_place(given):
        return (
            "Nothing is lost: repeat the command to continue where it stopped, or remove the lab "
            "with `down`."
        )
    if given.verb == "class":
        return "Nothing is lost: repeat the command to continue where it stopped."
    return "Nothing was left behind."


def _of_disk(error: OSError) -> CannotLookError:
    """A folder or a file that cannot be read or written, if no other rule says more."""
    name = f"{error.filename}: " if error.filename is not None else ""
    return CannotLookError(
        f"{name}{error.strerror or error}",
        (
            "Notes between commands are kept in .lab, or in LAB_STATE_DIR: that folder must be "
            "writable."
        ),
    )


def _bug() -> int:
    """An unexpected exception says nothing about the lab: no exit code 1."""
    import traceback

    traceback.print_exc()
    print(
        "This is a bug in the lab's own program, not in your lab. Please report it.",
        file=sys.stderr,
    )
    return ExitCode.CANNOT_LOOK


def _stopped(error: LabError) -> int:
    print("error: " + str(error).replace("\n", "\n  "), file=sys.stderr)
    if error.advice:
        print(error.advice, file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    command()
