"""`status`: what stands of the lab, at a glance."""

from __future__ import annotations

import msgspec

from lab_steps.checking import trails
from lab_steps.errors import ExitCode
from lab_steps.place.deploy import describe_stack
from lab_steps.place.state import Deed
from lab_steps.terminal.legible import json_text
from lab_steps.verbs.session import LabSession
from lab_steps.walkthrough import table
from lab_steps.walkthrough.checks.trail_settings import plain
from stacks.settings import ATHENA_STACK, TABLE_NAME


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stands. `deeds` is what runs noted: STARTED without DONE was broken off."""

    schema_version: int = 1
    account: str
    region: str
    stacks: dict[str, str]
    trails: dict[str, str]
    table: str
    deeds: dict[str, Deed]


def standing(lab: LabSession) -> Standing:
    """What stands at the session's target."""
    view = lab.look()
    names = (lab.settings.management_trail, lab.settings.data_trail, ATHENA_STACK)
    stacks = {name: describe_stack(lab.target, name) for name in names}
    description = table.described(view)
    return Standing(
        account=lab.account,
        region=lab.target.region,
        stacks={n: each["StackStatus"] if each else "not there" for n, each in stacks.items()},
        trails={each.name: _trail(lab, each) for each in lab.lab.trails},
        table=f"{description['TableStatus']}, {table.billing(description)}"
        if description
        else "not there",
        deeds=lab.state.load().deeds,
    )


def _trail(lab: LabSession, trail: trails.LabTrail) -> str:
    view = lab.look()
    if not trails.find(view, trail):
        return "not there"
    status = trails.status(view, trail)
    kept = plain(status, ("LatestDeliveryTime", "LatestDeliveryError"))
    logging = "logging" if status["IsLogging"] else "not logging"
    return ", ".join([logging, *(f"{key} {value}" for key, value in kept.items())])


def show(lab: LabSession, form: str) -> int:
    """Print what stands."""
    found = standing(lab)
    if form == "json":
        print(json_text(found))
        return ExitCode.PASSED
    print(f"{lab.target.title}, account {found.account}, {found.region}")
    for name, status in found.stacks.items():
        print(f"  stack {name}: {status}")
    for name, status in found.trails.items():
        print(f"  trail {name}: {status}")
    print(f"  table {TABLE_NAME}: {found.table}")
    for name, deed in found.deeds.items():
        print(f"  {deed.phase} {name}, {deed.done or deed.started:%FT%TZ}")
    return ExitCode.PASSED
