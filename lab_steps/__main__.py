"""`python -m lab_steps`: the lab from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from lab_steps.cli import LOCAL, parser
from lab_steps.errors import CannotLookError, ExitCode, LabError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; the exit code says how it went (see `lab_steps.errors`)."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments[:1] == [LOCAL]:
        return _serve(arguments[1:])
    options = parser().parse_args(arguments)
    from lab_steps import verbs

    try:
        return int(verbs.VERBS[options.verb](options))
    except LabError as error:
        return _stopped(error)
    except BrokenPipeError:
        # Who reads us has read enough; Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        told = _of_aws(error)
        if told is None:
            raise
        return _stopped(told)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {verbs.how_to_resume(options)}", file=sys.stderr)
        return ExitCode.INTERRUPTED


def _serve(arguments: list[str]) -> int:
    from local_aws.__main__ import main as serve

    return serve(arguments)


def _of_aws(error: Exception) -> CannotLookError | None:
    """What an AWS API answered where no rule of ours covers it: no rights, an expired session."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not isinstance(error, ClientError | BotoCoreError):
        return None
    return CannotLookError(
        f"AWS refused or did not answer: {error}",
        "Nothing is lost: when that is mended, repeat the command.",
    )


def _stopped(error: LabError) -> int:
    print(f"error: {error}", file=sys.stderr)
    if error.next_step:
        print(error.next_step, file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
