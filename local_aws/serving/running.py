"""Serving in the foreground, from the start until a signal."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from local_aws.console.files import PREFIX as CONSOLE
from local_aws.console.user import ConsoleUser
from local_aws.server import DEFAULT_PORT, LocalAws
from local_aws.serving import foreground, garbage
from local_aws.serving.log_bounds import Bounded, Printed
from local_aws.serving.options import is_open
from local_aws.web.web_server import PortTaken

if TYPE_CHECKING:
    from local_aws.cloudtrail.delivery.disturbance import Disturbance

FUNCTIONS_RUN = (
    "Lambda functions run as your own processes, with all your rights. --no-functions turns "
    "them off."
)


def serve(options: argparse.Namespace, announce: Callable[[LocalAws], None]) -> int:
    """Serve until a signal; `announce` is called once the server answers.

    The exit code is 0 after a signal, and 2 if the port cannot be used.
    """
    prepare()
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    with foreground.signals_heard(by=stop):
        try:
            with garbage.left_alone():
                aws = started(options)
        except PortTaken as error:
            print(f"local_aws: {error}", file=sys.stderr)
            return 2
        try:
            if options.functions:
                print(FUNCTIONS_RUN, file=sys.stderr)
            if is_open(options):
                print(_warning(options), file=sys.stderr)
            if options.console_user:
                print(_way_in(options.console_user, aws.endpoint_url), file=sys.stderr)
            announce(aws)
            print(f"ready {aws.endpoint_url}", flush=True)
            with contextlib.redirect_stdout(Printed()):
                foreground.wait_for(stopped)
        finally:
            aws.stop()
    print("stopped", file=sys.stderr)
    return 0


def _way_in(user: ConsoleUser, endpoint_url: str) -> str:
    return f"console {endpoint_url}{CONSOLE} user {user.name} password {user.password}"


def prepare() -> None:
    """Prepare this process for serving: set up its log and its garbage collection."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Bounded())
    garbage.look_through_everything_seldom()


def started(options: argparse.Namespace) -> LocalAws:
    """Start at the given port; without one, at the usual port, or at a free one if that is taken.

    Raises PortTaken for the given port.
    """
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
        log_group=options.log_group,
        console_user=options.console_user,
        disturbance=_disturbance(options),
        insights_warm_up=options.insights_warm_up,
        throttling=options.throttling,
        enforce_delivery_policies=options.enforce_delivery_policies,
        call_out=options.call_out,
        allowed_hosts=options.allow_host,
        allowed_origins=options.allow_origin,
        functions=options.functions,
        host=options.host,
        ignore_unknown_types=options.unknown_types == "ignore",
    )
    aws.start()
    return aws


def _disturbance(options: argparse.Namespace) -> Disturbance | None:
    from local_aws.cloudtrail.delivery.disturbance import Disturbance

    wanted = Disturbance(options.duplicates, options.late, options.shuffle, options.seed)
    return wanted if wanted != Disturbance(seed=options.seed) else None


def _warning(options: argparse.Namespace) -> str:
    names = ", ".join(options.allow_host)
    able = "run programs as you" if options.functions else "do everything that AWS's APIs can"
    return (
        f"WARNING every machine that reaches {options.host} can call this server (as {names} or "
        f"localhost) without a password, and {able}: use it only in a network that you trust"
    )
