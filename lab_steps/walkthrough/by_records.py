"""How an account's records alone decide steps of the walkthrough: the rules of `by_records`.

Management events show what was done to DynamoDB's tables and to trails; data events show what was
done to items. No record shows what a table or a bucket is like now, what an item holds (CloudTrail
hides it), or what a student's own trails delivered to their buckets. Those steps have no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab_steps.checking.probes import ProbeEvent
from lab_steps.checking.step import ByRecords
from lab_steps.checking.trails import LabTrail
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.walkthrough import table
from lab_steps.walkthrough.checks.samples import TABLE_EVENTS
from lab_steps.walkthrough.expected import (
    CREATE_TABLE,
    DELETE_TABLE,
    DYNAMODB,
    LIST_TABLES,
    PUTS_OF_USERS,
    READS,
    READS_OF_USERS,
    UNCLEAR_WRITES,
    USERS,
)
from trail_logs.expectations import Expectation

_CREATE = ProbeEvent("dynamodb", "CreateTable", read_only=False)
_DELETE = ProbeEvent("dynamodb", "DeleteTable", read_only=False)
_LIST = ProbeEvent("dynamodb", "ListTables", read_only=True)
_READS = tuple(each for each in TABLE_EVENTS if each.read_only)
_OF_USERS = tuple(replace(each, resource=USERS) for each in TABLE_EVENTS)
_READS_OF_USERS = tuple(each for each in _OF_USERS if each.read_only)
_WRITES_OF_USERS = tuple(each for each in _OF_USERS if not each.read_only)


def _key_problem(record: Mapping[str, Any]) -> str:
    asked = record.get("requestParameters") or {}
    described = {
        name[:1].upper() + name[1:]: [
            {key[:1].upper() + key[1:]: value for key, value in each.items()}
            for each in asked.get(name) or ()
        ]
        for name in ("attributeDefinitions", "keySchema")
    }
    key = table.key_schema(described).get("HASH")
    return "" if key == f"{table.KEY} (N)" else f"partition key {key}"


def _plain_problem(record: Mapping[str, Any]) -> str:
    asked = record.get("requestParameters") or {}
    wrong = [f"log files are encrypted with {asked['kmsKeyId']}"] if asked.get("kmsKeyId") else []
    wrong += ["log file validation is on"] if asked.get("enableLogFileValidation") else []
    return " and ".join(wrong)


def _of_trails(title: str, *names: str, **parameters: str) -> Expectation:
    return Expectation(
        title,
        event_names=names,
        event_source="cloudtrail.amazonaws.com",
        category="Management",
        parameters=tuple(parameters.items()),
        succeeded=True,
    )


def plain_log_files(trail: LabTrail) -> ByRecords:
    """A record of CreateTrail has the trail's name and all its settings. Later calls have some of
    them, and may name the trail by its ARN. So after any later call, on any trail, the step is not
    decided."""
    events = [ProbeEvent("cloudtrail", name, read_only=False) for name in (_NEW, *_CHANGES)]
    return ByRecords(
        _of_trails(f"{_NEW} of {trail.name}", _NEW, name=trail.name),
        samples=tuple(events),
        unclear=_of_trails("changes or deletions of trails", *_CHANGES),
        wrong=_plain_problem,
    )


_NEW, _CHANGES = "CreateTrail", ("DeleteTrail", "UpdateTrail")

USED = ByRecords(
    Expectation(
        "calls of DynamoDB",
        event_source=DYNAMODB,
        category="Management",
        not_user_agents=NOBODYS,
        succeeded=True,
    ),
    samples=(_LIST, _CREATE),
)
LISTED = ByRecords(LIST_TABLES, samples=(_LIST,))
CREATED = ByRecords(CREATE_TABLE, samples=(_CREATE, _DELETE), undone=DELETE_TABLE)
WITH_ITS_KEY = ByRecords(
    CREATE_TABLE, samples=(_CREATE, _DELETE), undone=DELETE_TABLE, wrong=_key_problem
)
EVER_CREATED = ByRecords(CREATE_TABLE, samples=(_CREATE,))
"""Event history keeps what CloudTrail recorded, even if the table was deleted later."""

READ = ByRecords(READS, samples=_READS)
USERS_READ = ByRecords(READS_OF_USERS, samples=_READS_OF_USERS)
WRITTEN = ByRecords(PUTS_OF_USERS, samples=_WRITES_OF_USERS, unclear=UNCLEAR_WRITES)
