"""How an account's records alone decide steps of the walkthrough: the rules of `by_records`.

Management events show what was done to DynamoDB's tables and to trails; data events show what was
done to items. No record shows what a table or a bucket is like now, what an item holds (CloudTrail
hides it), or what a student's own trails delivered to their buckets. Those steps have no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from cloudtrail.trails import Trail, trail_from_api
from lab_steps.checking.probe_events import ProbeEvent
from lab_steps.checking.step import ByRecords
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.trails.probes import judged
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.walkthrough import table
from lab_steps.walkthrough.checks.trail_settings import added_to_log_files
from lab_steps.walkthrough.expected_records import (
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
from lab_steps.walkthrough.sample_events import (
    MANAGEMENT_READS,
    MANAGEMENT_WRITES,
    TABLE_EVENTS,
    other_than_data,
)
from trail_logs.expectations import ACCOUNT, REGION, Expectation

_CREATE = ProbeEvent("dynamodb", "CreateTable", read_only=False)
_DELETE = ProbeEvent("dynamodb", "DeleteTable", read_only=False)
_LIST = ProbeEvent("dynamodb", "ListTables", read_only=True)
_READS = tuple(each for each in TABLE_EVENTS if each.read_only)
_OF_USERS = tuple(replace(each, resource=USERS) for each in TABLE_EVENTS)
_READS_OF_USERS = tuple(each for each in _OF_USERS if each.read_only)
_WRITES_OF_USERS = tuple(each for each in _OF_USERS if not each.read_only)


def _asked(record: Mapping[str, Any]) -> dict[str, Any]:
    """requestParameters under the names that they have in requests."""
    found: dict[str, Any] = _as_in_requests(record.get("requestParameters") or {})
    return found


def _as_in_requests(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _as_in_requests(one) for key, one in value.items()}
    return [_as_in_requests(each) for each in value] if isinstance(value, list) else value


def _key_problem(record: Mapping[str, Any]) -> str:
    key = table.key_schema(_asked(record)).get("HASH")
    return "" if key == f"{table.KEY} (N)" else f"partition key {key}"


def _plain_problem(record: Mapping[str, Any]) -> str:
    asked = _asked(record)
    return added_to_log_files(asked.get("KmsKeyId"), bool(asked.get("EnableLogFileValidation")))


def _on_trails(title: str, *names: str, **parameters: str) -> Expectation:
    return Expectation(
        title,
        event_names=names,
        event_source="cloudtrail.amazonaws.com",
        category="Management",
        parameters=tuple(parameters.items()),
        succeeded=True,
    )


def _on(trail: LabTrail, name: str, parameter: str = "name") -> tuple[Expectation, ...]:
    """Calls of `name` on the trail, by its name or ARN."""
    title, arn = f"{name} of {trail.name}", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/"
    return (
        _on_trails(title, name, **{parameter: trail.name}),
        _on_trails(f"{title} by its ARN", name, **{parameter: arn + trail.name}),
    )


def _calls(*names: str) -> tuple[ProbeEvent, ...]:
    return tuple(ProbeEvent("cloudtrail", name, read_only=False) for name in names)


def _created(trail: LabTrail) -> Expectation:
    return _on_trails(f"CreateTrail of {trail.name}", "CreateTrail", name=trail.name)


def made_trail(trail: LabTrail) -> ByRecords:
    """The trail was made. A trail with another name counts, too, but records do not decide that."""
    return ByRecords((_created(trail),), samples=(), undone=_on(trail, "DeleteTrail"))


def plain_log_files(trail: LabTrail) -> ByRecords:
    """CreateTrail has all settings; UpdateTrail has some, and then the step is not decided."""
    return ByRecords(
        (_created(trail),),
        samples=_calls("CreateTrail", "UpdateTrail", "DeleteTrail"),
        undone=_on(trail, "DeleteTrail"),
        unclear=_on(trail, "UpdateTrail"),
        wrong=_plain_problem,
    )


def logging(trail: LabTrail) -> ByRecords:
    """The trail was started, and not stopped."""
    return ByRecords(
        _on(trail, "StartLogging"),
        samples=_calls("StartLogging", "StopLogging", "DeleteTrail"),
        undone=(*_on(trail, "StopLogging"), *_on(trail, "DeleteTrail")),
    )


def selectors(trail: LabTrail, problem: Callable[[Trail], str]) -> ByRecords:
    """The trail's selectors by the last call that put some; `problem` judges them.

    A new trail logs management events.
    """

    def wrong(record: Mapping[str, Any]) -> str:
        put = _asked(record)
        named = put if "TrailName" in put else _OF_NEW_TRAILS
        return problem(trail_from_api(_ANY_TRAIL, named))

    return ByRecords(
        (_created(trail), *_on(trail, "PutEventSelectors", "trailName")),
        samples=_calls("CreateTrail", "PutEventSelectors", "DeleteTrail"),
        undone=_on(trail, "DeleteTrail"),
        wrong=wrong,
    )


_OF_NEW_TRAILS = {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}
_ANY_ACCOUNT, _ANY_REGION = "123456789012", "us-east-1"
_ANY_TRAIL = {
    "Name": "any",
    "S3BucketName": "any",
    "HomeRegion": _ANY_REGION,
    "TrailARN": f"arn:aws:cloudtrail:{_ANY_REGION}:{_ANY_ACCOUNT}:trail/any",
}
"""The trail by whose selectors samples are judged; selectors name neither account nor Region."""


def _first(trail: Trail, samples: Iterable[ProbeEvent], *, recorded: bool) -> str:
    """The first sample that the trail records, or does not record; an empty text for none."""
    probes = judged(trail, samples, _ANY_ACCOUNT, _ANY_REGION)
    return next((each.event for each in probes if each.recorded is recorded), "")


def lacks_management_events(trail: Trail) -> str:
    """What is wrong with the management trail's selectors; an empty text for nothing."""
    missing = _first(trail, (*MANAGEMENT_WRITES, *MANAGEMENT_READS), recorded=False)
    return f"not recorded: {missing}" if missing else ""


def has_more_than_data_events(trail: Trail) -> str:
    """What is wrong with the data trail's selectors; an empty text for nothing."""
    wide = _first(trail, other_than_data(trail), recorded=True)
    return f"recorded: {wide}" if wide else ""


_OF_PEOPLE = Expectation("management events", category="Management", not_user_agents=NOBODYS)
RECORDED = ByRecords((_OF_PEOPLE,), samples=())
"""The organization's trail delivers what is done in the account."""

HAPPENED = ByRecords((_OF_PEOPLE,), samples=(*MANAGEMENT_WRITES, *MANAGEMENT_READS))


def called(*names: str) -> ByRecords:
    """A person's call about trails.

    One in another Region counts, too, but records do not decide that.
    """
    asked = _on_trails("calls about trails", *names)
    return ByRecords((replace(asked, not_user_agents=NOBODYS),), samples=())


USED = ByRecords(
    (
        Expectation(
            "calls of DynamoDB",
            event_source=DYNAMODB,
            category="Management",
            not_user_agents=NOBODYS,
            succeeded=True,
        ),
    ),
    samples=(_LIST, _CREATE),
)
LISTED = ByRecords((LIST_TABLES,), samples=(_LIST,))
CREATED = ByRecords((CREATE_TABLE,), samples=(_CREATE, _DELETE), undone=(DELETE_TABLE,))
WITH_ITS_KEY = ByRecords(
    (CREATE_TABLE,), samples=(_CREATE, _DELETE), undone=(DELETE_TABLE,), wrong=_key_problem
)
EVER_CREATED = ByRecords((CREATE_TABLE,), samples=(_CREATE,))
"""Event history keeps what CloudTrail recorded, even if the table was deleted later."""

READ = ByRecords((READS,), samples=_READS)
USERS_READ = ByRecords((READS_OF_USERS,), samples=_READS_OF_USERS)
WAS_ACTIVE = ByRecords((READS_OF_USERS, PUTS_OF_USERS), samples=(), undone=(DELETE_TABLE,))
"""Only an active table answers about items."""

WRITTEN = ByRecords((PUTS_OF_USERS,), samples=_WRITES_OF_USERS, unclear=(UNCLEAR_WRITES,))
