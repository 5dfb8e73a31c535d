"""`status`: what stands of the lab, at a glance."""

from __future__ import annotations

import argparse

import msgspec

from lab_steps.checking import tables, trails
from lab_steps.checking.view import View, plain
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.place.deploy import describe_stack
from lab_steps.place.state import Action
from lab_steps.session import LabSession
from lab_steps.terminal.legible import json_text
from lab_steps.verbs import options
from lab_steps.verbs.opening import open_lab
from lab_steps.verbs.options import Given

_MISSING = "not there"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stands. `actions` is what runs noted: STARTED without DONE was broken off."""

    schema_version: int = 2
    account: str
    region: str
    stacks: dict[str, str]
    trails: dict[str, str]
    tables: dict[str, str]
    actions: dict[str, Action]


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    """What it can be told."""
    options.where(parser)
    options.parameters(parser, lab)
    options.text_or_json(parser)


def run(given: Given) -> int:
    """Print what stands."""
    session = open_lab(given)
    found = standing(session)
    if given.format == "json":
        print(json_text(found))
        return ExitCode.PASSED
    print(f"{session.target.title}, account {found.account}, {found.region}")
    for kind, things in (("stack", found.stacks), ("trail", found.trails), ("table", found.tables)):
        for name, status in things.items():
            print(f"  {kind} {name}: {status}")
    for name, action in found.actions.items():
        print(f"  {action.phase} {name}, {action.done or action.started:%FT%TZ}")
    return ExitCode.PASSED


def standing(session: LabSession) -> Standing:
    """What stands at the session's target."""
    view, names = session.look(), session.deployment.names
    return Standing(
        account=session.account,
        region=session.target.region,
        stacks={each.name: _stack(session, each.name) for each in names.stacks},
        trails={each.name: _trail(view, each) for each in session.lab.trails},
        tables={each: _table(view, each) for each in names.tables},
        actions=session.state.load().actions,
    )


def _stack(session: LabSession, name: str) -> str:
    description = describe_stack(session.target, name)
    return str(description["StackStatus"]) if description else _MISSING


def _trail(view: View, trail: trails.LabTrail) -> str:
    if not trails.find(view, trail):
        return _MISSING
    status = trails.status(view, trail)
    kept = plain(status, ("LatestDeliveryTime", "LatestDeliveryError"))
    logging = "logging" if status["IsLogging"] else "not logging"
    return ", ".join([logging, *(f"{key} {value}" for key, value in kept.items())])


def _table(view: View, name: str) -> str:
    description = tables.described(view, name)
    if description is None:
        return _MISSING
    return f"{description['TableStatus']}, {tables.billing(description)}"
