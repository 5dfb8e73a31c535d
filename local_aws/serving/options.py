"""The options of serving, which several commands have."""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from local_aws.console.user import ConsoleUser
from local_aws.log_group_fixture import TaggedLogGroup
from local_aws.organization_fixture import OrganizationTrail
from local_aws.recording.guests import allowed_host, allowed_origin
from local_aws.server import (
    DEFAULT_DELAY,
    DEFAULT_INSIGHTS_WARM_UP,
    DEFAULT_PORT,
    REAL_DELAY,
)
from local_aws.serving.foreground import port
from local_aws.web.web_server import EVERY_ADDRESS, LOOPBACK

_Parsed = TypeVar("_Parsed")

DEFAULTS: dict[str, Any] = {
    "port": None,
    "host": LOOPBACK,
    "delivery_delay": DEFAULT_DELAY,
    "organization": None,
    "log_group": None,
    "console_user": None,
    "insights_warm_up": DEFAULT_INSIGHTS_WARM_UP,
    "throttling": False,
    "enforce_delivery_policies": False,
    "call_out": False,
    "allow_host": [],
    "allow_origin": [],
    "functions": True,
    "unknown_types": "refuse",
    "duplicates": 0.0,
    "late": 0.0,
    "shuffle": False,
    "seed": None,
}
"""The defaults of the options of serving. Options before and after a command's name both count."""


def _address(text: str) -> str:
    """The IPv4 address in `text`. Raises ValueError."""
    return str(ipaddress.IPv4Address(text))


def is_open(options: argparse.Namespace) -> bool:
    """Whether other machines can reach the server."""
    return not ipaddress.IPv4Address(options.host).is_loopback


def check(options: argparse.Namespace) -> None:
    """Raise ValueError if the server is open to other machines, but has no name for them to
    call."""
    if is_open(options) and not options.allow_host:
        raise ValueError(
            f"--host {options.host} lets other machines in: give the names by which they may "
            "call, such as --allow-host host.docker.internal"
        )


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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of serving, without their DEFAULTS."""
    parser.add_argument(
        "--port",
        type=port,
        help=(
            f"port on 127.0.0.1; 0 picks a free one (default: {DEFAULT_PORT}, or a free one if "
            "that is taken)"
        ),
    )
    parser.add_argument(
        "--host",
        type=_parsed_by(_address),
        metavar="ADDRESS",
        help=(
            f"listen on this IPv4 address of the machine instead of {LOOPBACK}, {EVERY_ADDRESS} "
            "for all: for containers. Other machines can reach it too; needs --allow-host"
        ),
    )
    parser.add_argument(
        "--delivery-delay",
        type=_delay,
        metavar="SECONDS",
        help=(
            "how long after an event to deliver its log file; real: 5 minutes, as in AWS "
            f"(default: {DEFAULT_DELAY.total_seconds():g})"
        ),
    )
    organization = parser.add_mutually_exclusive_group()
    organization.add_argument(
        "--organization-trail",
        dest="organization",
        type=_parsed_by(OrganizationTrail),
        metavar="NAME",
        help="be a member of an organization with an organization trail of this name",
    )
    organization.add_argument(
        "--no-organization",
        dest="organization",
        action="store_const",
        const=None,
        help="be in no organization (the default)",
    )
    parser.add_argument(
        "--log-group",
        type=_parsed_by(TaggedLogGroup.parsed),
        metavar="NAME:KEY=VALUE",
        help="start with an empty log group with this tag in every account and Region",
    )
    parser.add_argument(
        "--console-user",
        type=_parsed_by(ConsoleUser.of),
        metavar="NAME:PASSWORD",
        help=(
            "start with an IAM user with all permissions, who can sign in to the console at "
            "/_console/"
        ),
    )
    parser.add_argument(
        "--insights-warm-up",
        type=_hours,
        metavar="HOURS",
        help="how long after Insights are turned on before any can start (default: 36, as in AWS)",
    )
    parser.add_argument(
        "--throttling",
        action="store_true",
        help="enforce CloudTrail's request quotas (LookupEvents: 2 a second)",
    )
    parser.add_argument(
        "--enforce-delivery-policies",
        action="store_true",
        help=(
            "block deliveries between services that no policy or role allows, as AWS does "
            "(default: deliver them, and list them in the status as not_permitted)"
        ),
    )
    parser.add_argument(
        "--call-out",
        action="store_true",
        help=(
            "also call HTTP endpoints of topics, API destinations and delivery streams on other "
            "machines (default: only on this one)"
        ),
    )
    guests = parser.add_argument_group(
        "who may call: web pages of other sites may not, and the server must be called by its own "
        "name, as any site can send a browser here"
    )
    guests.add_argument(
        "--allow-host",
        type=_parsed_by(allowed_host),
        action="append",
        metavar="NAME",
        help=(
            "another name for this server, such as host.docker.internal, or *.aws.test for "
            "everything below it; 127.0.0.1, localhost, *.localhost and AWS's own names always "
            "work (repeatable)"
        ),
    )
    guests.add_argument(
        "--allow-origin",
        type=_parsed_by(allowed_origin),
        action="append",
        metavar="ORIGIN",
        help=(
            "let pages of this site call, such as http://localhost:3000: they can do whatever you "
            "can, including running functions (repeatable)"
        ),
    )
    parser.add_argument(
        "--no-functions",
        dest="functions",
        action="store_false",
        help="never run a Lambda function: each is a process with all your rights",
    )
    parser.add_argument(
        "--unknown-types",
        choices=("refuse", "ignore"),
        help=(
            "what CloudFormation does with resource types that the local AWS does not have: fail "
            "the stack (the default), or continue without them and say so in its events"
        ),
    )
    disturbance = parser.add_argument_group(
        "disturbed delivery, which CloudTrail is allowed to do, to test what reads the logs"
    )
    disturbance.add_argument(
        "--duplicates",
        type=_share,
        metavar="SHARE",
        help="share of events that a second file delivers again, 0 to 1",
    )
    disturbance.add_argument(
        "--late",
        type=_share,
        metavar="SHARE",
        help="share of events that arrive up to three delays later",
    )
    disturbance.add_argument(
        "--shuffle", action="store_true", help="mix the events within each file"
    )
    disturbance.add_argument(
        "--seed", type=int, metavar="N", help="disturb the same way every time"
    )
