"""`status`: what exists of the lab, at a glance."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

import msgspec

from lab_steps.call_errors import advice
from lab_steps.checking import tables
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.view import View, plain
from lab_steps.command_line import options
from lab_steps.command_line.opening import open_lab
from lab_steps.command_line.options import Given
from lab_steps.errors import CannotLookError, ExitCode
from lab_steps.lab import Lab
from lab_steps.place.deploy import stack_if_any
from lab_steps.place.state import Action
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text

_MISSING = "not there"
_UNKNOWN = "not known"


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What exists. `actions` is what runs noted: STARTED without DONE was interrupted. `unknown`
    says why something could not be read.
    """

    schema_version: int = 2
    account: str
    region: str
    stacks: dict[str, str]
    trails: dict[str, str]
    tables: dict[str, str]
    actions: dict[str, Action]
    unknown: tuple[str, ...] = ()


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.text_or_json(parser, "what exists")


def run(given: Given) -> int:
    """Print what exists."""
    session = open_lab(given)
    found = standing(session)
    code = ExitCode.CANNOT_LOOK if found.unknown else ExitCode.PASSED
    if given.format == "json":
        print(json_text(found))
        return code
    print(session.place_line)
    for kind, things in (("stack", found.stacks), ("trail", found.trails), ("table", found.tables)):
        for name, status in things.items():
            print(f"  {kind} {name}: {status}")
    for name, action in found.actions.items():
        print(f"  {action.phase} {name}, {action.done or action.started:%FT%TZ}")
    for why in found.unknown:
        print(why, file=sys.stderr)
    return code


def standing(session: LabSession) -> LabStatus:
    """What exists at the session's target."""
    from botocore.exceptions import BotoCoreError, ClientError

    view, names = session.look(), session.deployment.names
    unknown: list[str] = []

    def known(ask: Callable[[], str]) -> str:
        """What `ask` says; if a call is refused or gets no answer, the reason goes to `unknown`."""
        try:
            return ask()
        except CannotLookError as error:
            why = f"{error} {error.advice}"
        except (BotoCoreError, ClientError) as error:
            why = f"{str(error).rstrip('.')}. {advice(error) or ''}".rstrip()
        unknown.extend([why] if why not in unknown else [])
        return _UNKNOWN

    return LabStatus(
        account=session.account,
        region=session.target.region,
        stacks={each.name: known(partial(_stack, view, each.name)) for each in names.stacks},
        trails={each.name: known(partial(_trail, view, each)) for each in session.lab.trails},
        tables={each: known(partial(_table, view, each)) for each in names.tables},
        actions=session.state.load().actions,
        unknown=tuple(unknown),
    )


def _stack(view: View, name: str) -> str:
    description = stack_if_any(partial(view.ask, "cloudformation:DescribeStacks", StackName=name))
    return str(description["StackStatus"]) if description else _MISSING


def _trail(view: View, trail: lab_trails.LabTrail) -> str:
    if not lab_trails.find(view, trail):
        return _MISSING
    status = lab_trails.status(view, trail)
    kept = plain(status, ("LatestDeliveryTime", "LatestDeliveryError"))
    logging = "logging" if status["IsLogging"] else "not logging"
    return ", ".join([logging, *(f"{key} {value}" for key, value in kept.items())])


def _table(view: View, name: str) -> str:
    description = tables.described(view, name)
    if description is None:
        return _MISSING
    return f"{description['TableStatus']}, {tables.billing(description)}"
