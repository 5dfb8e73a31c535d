"""What the log files of the walkthrough's trails must contain, and what they must not."""

from __future__ import annotations

from lab_steps.checking.user_agents import NOBODYS
from lab_steps.walkthrough.sample_events import TABLE_EVENTS
from stacks.settings import TABLE_NAME, LabSettings
from trail_logs.expectations import Expectation

EXPECTED_TRAIL, ANY, NONE = "organization-trail", "any", "none"
"""The setting for the organization's trail: its name, or one of these two words."""

DYNAMODB = "dynamodb.amazonaws.com"
_NAMES = LabSettings()
_ON_USERS = (("tableName", TABLE_NAME),)
USERS = "arn:aws:dynamodb:{region}:{account}:table/" + TABLE_NAME


def _managed(name: str, *parameters: tuple[str, str]) -> Expectation:
    return Expectation(
        name,
        location=_NAMES.management_trail,
        event_names=(name,),
        event_source=DYNAMODB,
        category="Management",
        parameters=parameters,
        succeeded=True,
    )


def _on_items(title: str, *names: str, resource: str | None = None) -> Expectation:
    return Expectation(
        title,
        location=_NAMES.data_trail,
        event_names=names,
        event_source=DYNAMODB,
        category="Data",
        resource=resource,
        not_user_agents=NOBODYS,
        succeeded=True,
    )


LIST_TABLES = _managed("ListTables")
CREATE_TABLE = _managed("CreateTable", *_ON_USERS)
DELETE_TABLE = _managed("DeleteTable", *_ON_USERS)
OF_MANAGEMENT = (_managed("UpdateTable", *_ON_USERS), LIST_TABLES, CREATE_TABLE)
"""Step 34; only calls in the lab's Region count."""

PUT_ITEM = _on_items("PutItem", "PutItem", resource=USERS)
GET_ITEM = _on_items("GetItem", "GetItem", resource=USERS)
OF_ITEMS = (PUT_ITEM, GET_ITEM)
"""Step 37; only calls in the lab's Region count."""

_READS = tuple(sorted({each.name for each in TABLE_EVENTS if each.read_only}))
READS = _on_items("reads of items", *_READS)
READS_OF_USERS = _on_items(f"reads of items of {TABLE_NAME}", *_READS, resource=USERS)
"""Steps 23 and 24: what people read of any table, and of Users. PartiQL statements do not count:
CloudTrail records all of them as writes."""

_PUTS = ("BatchWriteItem", "PutItem", "TransactWriteItems", "UpdateItem")
_OTHERS = {each.name for each in TABLE_EVENTS if not each.read_only} - {*_PUTS}
PUTS_OF_USERS = _on_items(f"writes of items of {TABLE_NAME}", *_PUTS, resource=USERS)
UNCLEAR_WRITES = _on_items(
    f"deletions and statements on items of {TABLE_NAME}", *sorted(_OTHERS), resource=USERS
)
"""Step 26, if only records are known: a PartiQL statement may be anything."""

DATA_EVENTS = Expectation(
    "data events",
    location=_NAMES.management_trail,
    category="Data",
    not_user_agents=NOBODYS,
)
MANAGEMENT_EVENTS = Expectation(
    "management events",
    location=_NAMES.data_trail,
    category="Management",
    not_user_agents=NOBODYS,
)
"""Steps 33 and 36. A check's own calls, and CloudTrail's own deliveries, do not count: they say
nothing about what the student made the trail record."""
