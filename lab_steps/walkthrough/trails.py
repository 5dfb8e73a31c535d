"""The two trails of the walkthrough, as checks know them. Names: `stacks.settings`."""

from __future__ import annotations

from datetime import datetime, timedelta

from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough import expected_records, table
from lab_steps.walkthrough.calls import CALLS
from stacks.settings import LabSettings

BEFORE_THE_TABLE = timedelta(hours=1)
"""How long before the table's creation the lab's work may have started: with DynamoDB's pages."""


def work_began(view: View) -> datetime | None:
    """When this lab's work began. Older records in the bucket are from another lab."""
    description = table.described(view)
    return description["CreationDateTime"] - BEFORE_THE_TABLE if description else None


_NAMES = LabSettings()

MANAGEMENT = LabTrail(
    _NAMES.management_trail,
    _NAMES.management_purpose,
    category="Management",
    expected=expected_records.OF_MANAGEMENT,
    foreign=expected_records.DATA_EVENTS,
    since=work_began,
    remedies={name: CALLS[name] for name in ("CreateTable", "ListTables", "UpdateTable")},
)
DATA = LabTrail(
    _NAMES.data_trail,
    _NAMES.data_purpose,
    category="Data",
    expected=expected_records.OF_ITEMS,
    foreign=expected_records.MANAGEMENT_EVENTS,
    since=work_began,
    remedies={name: CALLS[name] for name in ("PutItem", "GetItem")},
    also=(expected_records.READS, expected_records.READS_OF_USERS),
)
"""Data events here are DynamoDB's."""


def the_other(trail: LabTrail) -> LabTrail:
    """The lab's other trail."""
    return DATA if trail is MANAGEMENT else MANAGEMENT
