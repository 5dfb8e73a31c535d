"""The lab that a verb's options name, opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lab_steps.command_line.options import Given, given_parameters, names_athena
from lab_steps.command_line.verb_table import VERBS
from lab_steps.errors import UsageError
from lab_steps.lab import Lab
from lab_steps.place.state import StateFile
from lab_steps.session import LabSession, open_session
from lab_steps.targets.choosing import choose_target
from lab_steps.targets.on_the_spot import on_the_spot
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress

if TYPE_CHECKING:
    from lab_steps.place.athena_engine import AthenaEngine
    from trail_logs.cache import TallyCache


SIGN_IN_WITHIN = timedelta(minutes=30)
"""How long a person may take to sign in again, where credentials expire in the middle."""


def chosen_target(given: Given) -> Target | None:
    """The place that the options, the environment and credentials name; None for no place."""
    return choose_target(
        profile=given.profile,
        endpoint_url=given.endpoint_url,
        region=given.region,
        timeout=getattr(given, "timeout", None),
        ambient=not VERBS[given.verb].on_the_spot or bool(given.account),
    )


def open_lab(given: Given) -> LabSession:
    """The lab at the named place. Raises UsageError if none is named."""
    target = chosen_target(given)
    if target is None:
        lab: Lab = given.lab
        raise UsageError(
            f"`{given.verb}` needs a lab, and found none: give --endpoint-url URL, "
            "AWS_ENDPOINT_URL, --profile NAME, or credentials that any AWS tool finds.",
            f"Or start a local AWS for it: {lab.command('local --port 5000')}",
        )
    return opened(given, target)


def opened(given: Given, target: Target) -> LabSession:
    """The lab at `target`."""
    session = open_session(
        given.lab,
        target,
        Progress(),
        given=given_parameters(given),
        expected_account=getattr(given, "account", None),
    )
    session.name = getattr(given, "name", None) or ""
    if given.verb != "guide" and sys.stderr.isatty():
        target.sign_in = partial(_sign_in, session)
    if not VERBS[given.verb].with_heading:
        session.progress.say(session.place_line)
    session.athena = _athena(given, target)
    session.tallies = _tallies(given)
    return session


def _sign_in(session: LabSession, what: str, is_done: Callable[[], bool]) -> bool:
    return session.progress.until(is_done, what, SIGN_IN_WITHIN, session.target.pause)


def require_no_account(given: Given) -> None:
    """Raise UsageError if an account is named, but a local AWS would be started."""
    if given.account:
        raise UsageError(
            "--account names an account, but there is no --profile or --endpoint-url, and there "
            "are no credentials that any AWS tool would find.",
            f"Without --account, `{given.verb}` starts a local AWS.",
        )


@contextmanager
def started_on_the_spot(given: Given, progress: Progress) -> Iterator[Target]:
    """A local AWS that runs until the block is left."""
    timeout, stacks = getattr(given, "timeout", None), given.verb != "guide"
    trail = given.lab.organization_trail
    with on_the_spot(given.region, timeout, trail, expect_stacks=stacks) as target:
        progress.say(f"{target.title} is ready, Region {target.region} ({target.region_from})")
        if any(os.environ.get(name) for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID")):
            progress.say("your AWS credentials are not used; add --account ID to use their account")
        yield target


def opened_on_the_spot(
    given: Given, target: Target, progress: Progress, scratch: Path
) -> LabSession:
    """The lab at a local AWS started for it; its notes are kept in `scratch`."""
    session = open_session(
        given.lab,
        target,
        progress,
        given=given_parameters(given),
        state=StateFile(scratch / "on-the-spot.json"),
    )
    session.name = given.name or ""
    return session


def command(verb: str, given: Given, session: LabSession) -> str:
    """The command that does `verb` at the same place."""
    account = f" --account {given.account}" if given.account and verb != "check" else ""
    return f"{session.command(verb)}{account}"


def _athena(given: Given, target: Target) -> AthenaEngine | None:
    names = given.lab.athena
    if names is None or "engine" not in given or not names_athena(given):
        return None
    from lab_steps.place.athena_engine import AthenaEngine

    return AthenaEngine(
        target,
        given.lab.trails,
        workgroup=given.workgroup or names.workgroup,
        database=given.database or names.database,
        table=names.table,
    )


def _tallies(given: Given) -> TallyCache | None:
    """What earlier checks of this user have read."""
    if not getattr(given, "cached", False):
        return None
    from trail_logs.cache import TallyCache

    return TallyCache()
