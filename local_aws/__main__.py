"""`python -m local_aws`: serve the local AWS until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from local_aws.commands import COMMANDS
from local_aws.log_bounds import Bounded, Printed
from local_aws.organization_fixture import OrganizationTrail
from local_aws.recording.guests import allowed_host, allowed_origin
from local_aws.server import (
    DEFAULT_DELAY,
    DEFAULT_INSIGHTS_WARM_UP,
    DEFAULT_PORT,
    REAL_DELAY,
    LocalAws,
)
from local_aws.web_server import PortTaken

if TYPE_CHECKING:
    from local_aws.cloudtrail.delivery.delivery import Disturbance

_Parsed = TypeVar("_Parsed")

_EPILOG = """\
Point any AWS client at it:

  export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws cloudtrail describe-trails

Let time pass (digests, Insights):

  curl -X POST -d '{"advance_seconds": 3600}' http://127.0.0.1:4566/_local-aws/clock

Everything is kept in memory and gone when it stops.
"""


FUNCTIONS_RUN = (
    "Lambda functions run as processes of yours, with all your rights; --no-functions refuses them."
)


def main(arguments: list[str] | None = None) -> int:
    """Serve, or do a command of `local_aws.commands`; the exit code.

    Serving ends with 0 after a signal, with 2 where the port cannot be used.
    """
    options = _parser().parse_args(arguments)
    if options.command:
        return int(import_module(f"local_aws.commands.{options.command}").run(options))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Bounded())
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    _look_through_everything_seldom()
    gc.disable()  # A tenth of a start, to find nothing.
    try:
        aws = _started(options)
    except PortTaken as error:
        print(f"local_aws: {error}", file=sys.stderr)
        return 2
    finally:
        gc.enable()
    try:
        if options.functions:
            print(FUNCTIONS_RUN, file=sys.stderr)
        print(f"ready {aws.endpoint_url}", flush=True)
        with contextlib.redirect_stdout(Printed()):
            stopped.wait()
    finally:
        aws.stop()
    print("stopped", file=sys.stderr)
    return 0


def _look_through_everything_seldom() -> None:
    """Most of what a server holds stays; to look through it all stops it for half a second."""
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, 1000)


def _started(options: argparse.Namespace) -> LocalAws:
    """Start at the wanted port, or at the usual one, or at a free one where that is taken."""
    if options.port is not None:
        return _started_at(options.port, options)
    try:
        return _started_at(DEFAULT_PORT, options)
    except PortTaken:
        return _started_at(0, options)


def _started_at(port: int, options: argparse.Namespace) -> LocalAws:
    aws = LocalAws(
        port=port,
        delivery_delay=options.delivery_delay,
        organization=options.organization,
        disturbance=_disturbance(options),
        insights_warm_up=options.insights_warm_up,
        throttling=options.throttling,
        allowed_hosts=options.allow_host,
        allowed_origins=options.allow_origin,
        functions=options.functions,
        ignore_unknown_types=options.unknown_types == "ignore",
    )
    aws.start()
    return aws


def _disturbance(options: argparse.Namespace) -> Disturbance | None:
    from local_aws.cloudtrail.delivery.delivery import Disturbance

    wanted = Disturbance(options.duplicates, options.late, options.shuffle, options.seed)
    return wanted if wanted != Disturbance(seed=options.seed) else None


def _number(text: str, most: float, wanted: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"wanted {wanted}, got {text!r}")
    return number


def _delay(text: str) -> timedelta:
    if text == "real":
        return REAL_DELAY
    wanted = "seconds from 0 to 3600, or real for CloudTrail's 5 minutes"
    return timedelta(seconds=_number(text, 3600, wanted))


def _share(text: str) -> float:
    return _number(text, 1, "a share from 0 to 1")


def _hours(text: str) -> timedelta:
    return timedelta(hours=_number(text, 168, "hours from 0 to 168"))


def _parsed_by(parse: Callable[[str], _Parsed]) -> Callable[[str], _Parsed]:
    def parsed(text: str) -> _Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"wanted a port from 0 to 65535, got {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="A local AWS for any client: moto's server with a CloudTrail that records "
        "every request and delivers log files to the buckets of the trails that select them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"port on 127.0.0.1; 0 takes a free one (default: {DEFAULT_PORT}, "
        "or a free one where that is taken)",
    )
    parser.add_argument(
        "--delivery-delay",
        type=_delay,
        default=DEFAULT_DELAY,
        metavar="SECONDS",
        help="how long after an event its log file is delivered; real: 5 minutes, "
        f"as in AWS (default: {DEFAULT_DELAY.total_seconds():g})",
    )
    organization = parser.add_mutually_exclusive_group()
    organization.add_argument(
        "--organization-trail",
        dest="organization",
        type=_parsed_by(OrganizationTrail),
        metavar="NAME",
        help="be a member of an organization whose management account has a trail of this name",
    )
    organization.add_argument(
        "--no-organization",
        dest="organization",
        action="store_const",
        const=None,
        help="be in no organization (the default)",
    )
    parser.add_argument(
        "--insights-warm-up",
        type=_hours,
        default=DEFAULT_INSIGHTS_WARM_UP,
        metavar="HOURS",
        help="how long no Insight starts after Insights are switched on (default: 36, as in AWS)",
    )
    parser.add_argument(
        "--throttling",
        action="store_true",
        help="enforce CloudTrail's request quotas (LookupEvents: 2 a second)",
    )
    guests = parser.add_argument_group(
        "who may call: no web page of another site, and nobody by a name that is not this "
        "server's, as any site can lead a browser here"
    )
    guests.add_argument(
        "--allow-host",
        type=_parsed_by(allowed_host),
        action="append",
        default=[],
        metavar="NAME",
        help="a further name of this server, such as host.docker.internal, or *.aws.test for all "
        "below it; 127.0.0.1, localhost, *.localhost and AWS's own need none (repeatable)",
    )
    guests.add_argument(
        "--allow-origin",
        type=_parsed_by(allowed_origin),
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this site call, such as http://localhost:3000: they may do whatever "
        "you may, running functions included (repeatable)",
    )
    parser.add_argument(
        "--no-functions",
        dest="functions",
        action="store_false",
        help="run no Lambda function, whoever invokes it: each is a process with all your rights",
    )
    parser.add_argument(
        "--unknown-types",
        choices=("refuse", "ignore"),
        default="refuse",
        help="what CloudFormation does with resource types that the local AWS does not have: fail "
        "the stack (the default), or go on without them and say so in its events",
    )
    disturbance = parser.add_argument_group(
        "disturbed delivery, as CloudTrail is entitled to, for testing what reads the logs"
    )
    disturbance.add_argument(
        "--duplicates",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of the events that a second file delivers again, 0 to 1",
    )
    disturbance.add_argument(
        "--late",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of the events that come up to three delays later",
    )
    disturbance.add_argument(
        "--shuffle", action="store_true", help="mix the events within each file"
    )
    disturbance.add_argument(
        "--seed", type=int, metavar="N", help="disturb in the same way every time"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", description="without one it serves"
    )
    for name in COMMANDS:
        command = import_module(f"local_aws.commands.{name}")
        command.add_options(commands.add_parser(name, help=command.SUMMARY))
    return parser


if __name__ == "__main__":
    sys.exit(main())
