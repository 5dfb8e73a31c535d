"""`guide`: a page next to the console that ticks each step when it is done, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from lab_steps.command_line import options
from lab_steps.command_line.opening import (
    chosen_target,
    opened,
    opened_on_the_spot,
    require_no_account,
    started_on_the_spot,
)
from lab_steps.command_line.options import Given
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.session import LabSession
from lab_steps.terminal.progress import Progress
from local_aws.serving.foreground import port, wait_for


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.name(parser)
    options.engine(parser, lab)
    text = "port of the page on 127.0.0.1 (default: a free one)"
    parser.add_argument("--port", type=port, default=0, metavar="NUMBER", help=text)
    text = "only print the addresses, do not open a browser"
    parser.add_argument("--no-browser", dest="browser", action="store_false", help=text)


def run(given: Given) -> int:
    """Serve the guide."""
    with contextlib.suppress(KeyboardInterrupt), _lab(given) as session:
        _serve(session, given)
    print("\nThe guide has ended.", file=sys.stderr)
    return ExitCode.PASSED


@contextlib.contextmanager
def _lab(given: Given) -> Iterator[LabSession]:
    """The lab that is named, or a local AWS to do it in."""
    target = chosen_target(given)
    if target is not None:
        yield opened(given, target)
        return
    require_no_account(given)
    progress = Progress()
    with tempfile.TemporaryDirectory() as scratch, started_on_the_spot(given, progress) as target:
        from trail_logs.cache import TallyCache

        session = opened_on_the_spot(given, target, progress, Path(scratch))
        session.tallies = TallyCache(Path(scratch) / "tallies.sqlite")
        yield session


def _serve(session: LabSession, given: Given) -> None:
    from lab_steps.guide.lessons import lesson_of
    from lab_steps.guide.looks import Looks
    from lab_steps.guide.page import Pages
    from lab_steps.guide.server import GuideServer
    from lab_steps.targets.control import OthersCalls, console_of

    lessons = {each.number: lesson_of(each, session.place) for each in session.lab.steps}
    console = console_of(session.target)
    looks = Looks(session, Pages(lessons, console), OthersCalls(session.target))
    server = GuideServer(looks, given.port)
    try:
        looks.start()
        try:
            server.start()
            if console:
                who = f" user {console.user} password {console.password}" if console.user else ""
                print(f"console {console.url}{who}")
            print(f"guide   {server.url}", flush=True)
            if given.browser:
                webbrowser.open(server.url)
            wait_for(threading.Event())
        finally:
            looks.stop()
    finally:
        server.stop()
