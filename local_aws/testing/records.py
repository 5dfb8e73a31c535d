"""Records for assertions in tests: short to write, and readable if an assertion fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from cloudtrail.compact_json import to_json
from cloudtrail.event_history import username
from cloudtrail.record_conditions import Condition
from cloudtrail.records.calls import Record
from local_aws.cloudtrail.kept_records import KeptRecords
from local_aws.cloudtrail.record_filter import RecordFilter

Wanted = str | Iterable[str] | None
"""A value, or several, one of which must match; None for any."""

Where = str | Iterable[str] | Mapping[str, object] | Callable[[Record], bool] | None
"""Conditions that must all hold: `"requestParameters.tableName=Users"`, several of them,
`{"requestParameters.tableName": "Users"}`, or a function that gets the record."""

_OWN_CALLS = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
_SHOWN = 25
_LONGEST = 160


class RecordsDropped(Exception):
    """There were more records than are kept, so some are unknown."""


class Records(Sequence[Record]):
    """Records in the order in which they were made, with the filters that selected them."""

    def __init__(self, records: Sequence[Record], asked: str, of: str) -> None:
        self._records = list(records)
        self._asked = asked
        self._of = of

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Records: ...
    def __getitem__(self, index: int | slice) -> Record | Records:
        if isinstance(index, slice):
            return Records(self._records[index], self._asked, self._of)
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        """A line for each record."""
        return f"<{_counted(len(self))}{self._asked}{listed(self._records)}>"

    def one(self) -> Record:
        """The only record. Raises AssertionError if there is none, or more than one."""
        if len(self) == 1:
            return self._records[0]
        got = "none" if not self else str(len(self))
        there = self._of if not self else listed(self._records)
        raise AssertionError(f"wanted one record{self._asked}, got {got}{there}")

    def names(self) -> list[str]:
        """The event names; for an Insights event, the name of the API it is about."""
        return [_event(record)["eventName"] for record in self._records]

    def calls(self) -> list[str]:
        """The calls as text: `dynamodb:PutItem`, `s3:GetObject AccessDenied` for a failed one."""
        return [call_with_error(record) for record in self._records]


def kept_records(kept: KeptRecords, where: Where, wanted: Mapping[str, Wanted]) -> Records:
    """The records that match, by the filters of `RecordFilter`.

    Raises RecordsDropped, and ValueError for an invalid filter.
    """
    return chosen(all_kept(kept), where, wanted)


def all_kept(kept: KeptRecords) -> list[bytes]:
    """All records, as JSON. Raises RecordsDropped."""
    page = kept.all()
    if page.dropped:
        raise RecordsDropped(
            f"the {page.dropped} oldest records are gone, as only the latest 64 MiB are kept: "
            "call forget_records() before what is asserted on, or read a trail's log files"
        )
    return page.records


def chosen(contents: Sequence[bytes], where: Where, wanted: Mapping[str, Wanted]) -> Records:
    """The records, given as JSON, that match. Raises ValueError for an invalid filter."""
    test = _test(where, wanted)
    found = [record for each in contents if test(each, record := json.loads(each))]
    others = [json.loads(each) for each in contents[-_SHOWN:]]
    of = f"; the latest of {len(contents)} records:{listed(others)}" if others else ""
    return Records(found, _asked(where, wanted), of or "; nothing was recorded")


def _test(where: Where, wanted: Mapping[str, Wanted]) -> Callable[[bytes, Record], bool]:
    filters = {name: _several(values) for name, values in wanted.items()}
    if callable(where):
        own = RecordFilter(**filters).test()
        return lambda content, record: own(content) and bool(where(record))
    test = RecordFilter(**filters, where=_conditions(where)).test()
    return lambda content, _: test(content)


def _several(values: Wanted) -> Sequence[str]:
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)


def _conditions(where: str | Iterable[str] | Mapping[str, object] | None) -> Sequence[str]:
    if not isinstance(where, Mapping):
        return _several(where)
    return [str(Condition(path, scalar_text(value))) for path, value in where.items()]


def scalar_text(value: object) -> str:
    """A value as conditions compare it: text unchanged, numbers and booleans as in JSON."""
    return value if isinstance(value, str) else to_json(value).decode()


def _asked(where: Where, wanted: Mapping[str, Wanted]) -> str:
    parts = [f"{name}={_shown(each)}" for name, each in wanted.items() if each is not None]
    if where is not None:
        parts.append(f"where={_shown(where)}")
    return f" with {', '.join(parts)}" if parts else ""


def _shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)


def _counted(number: int) -> str:
    return f"{number} record{'' if number == 1 else 's'}"


def listed(records: Sequence[Record]) -> str:
    """A line for each record; only the last ones if there are many."""
    lines = [line_of(record) for record in records[-_SHOWN:]]
    if len(records) > _SHOWN:
        lines.insert(0, f"({len(records) - _SHOWN} before)")
    return "".join(f"\n  {line}" for line in lines)


def line_of(record: Record) -> str:
    """`dynamodb:PutItem by user/alice {"tableName":"Users"}`, shortened."""
    parameters = record.get("requestParameters")
    shown = f" {to_json(parameters).decode()}" if parameters else ""
    line = f"{call_with_error(record)} by {caller(record)}{shown}"
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def is_call(record: Record) -> bool:
    """Whether it is an API call, and not CloudTrail's own, which depend on when it delivers."""
    return record.get("eventType") == "AwsApiCall" and record.get("userIdentity") != _OWN_CALLS


def call(record: Record) -> str:
    """`dynamodb:PutItem`: the service and the event's name."""
    event = _event(record)
    return f"{event['eventSource'].removesuffix('.amazonaws.com')}:{event['eventName']}"


def call_with_error(record: Record) -> str:
    """Like `call`, with the error code of a failed call."""
    return f"{call(record)} {record.get('errorCode') or ''}".rstrip()


def _event(record: Record) -> Mapping[str, Any]:
    """The part of a record with the event's name and source."""
    return record.get("insightDetails") or record


def caller(record: Record) -> str:
    """Who made the call: `root`, `user/alice`, `role/deployer`, or a service's or other name."""
    identity = record.get("userIdentity") or {}
    through = identity.get("invokedBy")
    match identity.get("type"):
        case "IAMUser":
            name = f"user/{identity.get('userName')}"
        case "AssumedRole":
            name = f"role/{identity['sessionContext']['sessionIssuer']['userName']}"
        case "AWSService" | None:
            return through or "AWS"
        case _:
            name = username(identity) or identity.get("accountId") or identity["type"]
    return f"{name} through {through}" if through else name
