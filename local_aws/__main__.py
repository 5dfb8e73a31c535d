"""`python -m local_aws`: serve the local AWS until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from cloudtrail.version import VERSION
from local_aws.commands import COMMAND, COMMANDS, SERVING, failed
from local_aws.commands.register import NoRegister
from local_aws.serving import garbage

_EPILOG = f"""\
Point any AWS client at it:

  export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws cloudtrail describe-trails

Or run it in the background, or for one command:

  {COMMAND} start --background && eval "$({COMMAND} env)"
  {COMMAND} run -- pytest

See every record: curl http://127.0.0.1:4566/_local-aws/records

Move the clock forward (digests, Insights):

  curl -X POST -d '{{"advance_seconds": 3600}}' http://127.0.0.1:4566/_local-aws/clock

Everything is kept in memory. It is gone when the local AWS stops.
"""


def main(arguments: list[str] | None = None) -> int:
    """Serve, or run a command of `local_aws.commands`; return the exit code.

    Serving ends with 0 after a signal, and with 2 if the port cannot be used.
    """
    with _ended_by_reader():
        return _main(sys.argv[1:] if arguments is None else arguments)
    return 1


@contextlib.contextmanager
def _ended_by_reader() -> Iterator[None]:
    """End quietly when the reader of the output has closed it, as `head` does."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _main(words: list[str]) -> int:
    with garbage.left_alone():
        from local_aws.serving import running

        options = _options(words)
    if not options.command:
        return running.serve(options, announce=lambda _: None)
    try:
        return int(import_module(f"local_aws.commands.{options.command}").run(options))
    except NoRegister as error:
        return failed(options.command, error, 2)


def _options(words: list[str]) -> argparse.Namespace:
    from local_aws.serving.options import check

    parser = _parser()
    options = parser.parse_args(words)
    options.words = words
    try:
        check(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def _parser() -> argparse.ArgumentParser:
    from local_aws.serving.options import DEFAULTS, add_options

    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=(
            "A local AWS for any client: moto's server, with a CloudTrail that records every "
            "request and delivers log files to the buckets of the trails that select it."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"local-aws {VERSION}")
    add_options(parser)
    parser.set_defaults(**DEFAULTS)
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        title="commands",
        description="with no command, it serves",
        parser_class=_CommandParser,
    )
    for name, summary in COMMANDS.items():
        commands.add_parser(
            name,
            help=summary,
            description=summary,
            # The command's defaults must not override options before its name.
            argument_default=argparse.SUPPRESS if name in SERVING else None,
            allow_abbrev=False,
            command=name,
        )
    return parser


class _CommandParser(argparse.ArgumentParser):
    """A command's parser, which only loads the command if it is the given one."""

    def __init__(self, command: str, **options: Any) -> None:
        super().__init__(**options)
        self._command = command

    def parse_known_args(self, *words: Any, **options: Any) -> Any:
        from local_aws.serving.options import add_options

        if self._command in SERVING:
            add_options(self)
        import_module(f"local_aws.commands.{self._command}").add_options(self)
        return super().parse_known_args(*words, **options)


if __name__ == "__main__":
    sys.exit(main())
