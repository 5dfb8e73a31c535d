"""Event history: 90 days of management and Insight events of one account and Region.

Sources: API/LookupEvents, API/LookupAttribute, API/Event, UG/view-cloudtrail-events. It needs no
trail, ignores selectors, and never has a data event.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from sys import intern
from typing import Any, TypedDict

import msgspec
from msgspec import Struct

from cloudtrail.compact_json import to_json
from cloudtrail.event_resources import EventResource, event_resources
from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records.calls import Record
from cloudtrail.trails import CloudTrailException

RETENTION = timedelta(days=90)
"""How far back Event history goes."""

MAX_PAGE = 50
"""The most events in one response, which is also the default."""


MAX_VALUE = 2000
"""The most characters of an attribute's value."""


class InvalidLookupAttributes(CloudTrailException):
    """A lookup attribute is unknown, or its value too long, or there are several."""


class InvalidTimeRange(CloudTrailException):
    """The start is after the end."""


class InvalidMaxResults(CloudTrailException):
    """MaxResults is not 1 to 50."""


class InvalidNextToken(CloudTrailException):
    """The token was not given by this query."""


class InvalidEventCategory(CloudTrailException):
    """The category is not `insight`."""


class HistoryEvent(msgspec.Struct, frozen=True, gc=False):
    """One event as LookupEvents returns it; `record_json` is the record, compact, in UTF-8.

    A struct, not a dataclass: a history holds tens of thousands of them.
    """

    event_id: str
    event_name: str
    read_only: str | None
    event_time: datetime
    event_source: str
    category: str
    username: str | None
    access_key_id: str | None
    resources: tuple[EventResource, ...]
    record_json: bytes

    def to_api(self) -> dict[str, Any]:
        """The API's Event; EventTime in epoch seconds."""
        members = {
            "EventId": self.event_id,
            "EventName": self.event_name,
            "ReadOnly": self.read_only,
            "AccessKeyId": self.access_key_id,
            "EventTime": int(self.event_time.timestamp()),
            "EventSource": self.event_source,
            "Username": self.username,
            "Resources": [
                {"ResourceType": resource.type, "ResourceName": resource.name}
                for resource in self.resources
            ],
            "CloudTrailEvent": self.record_json.decode(),
        }
        return {name: value for name, value in members.items() if value is not None}


def history_event(record: Record, record_json: bytes | None = None) -> HistoryEvent:
    """`record` as Event history keeps it; `record_json` saves serializing it again.

    An Insight event has its source and name inside insightDetails, and no user.
    """
    details = record.get("insightDetails") or record
    identity = record.get("userIdentity") or {}
    return HistoryEvent(
        event_id=record["eventID"],
        event_name=intern(details["eventName"]),
        read_only=None if "insightDetails" in record else str(is_read_only(record)).lower(),
        event_time=datetime.fromisoformat(record["eventTime"]),
        event_source=intern(details["eventSource"]),
        category=event_category(record),
        username=username(identity),
        access_key_id=identity.get("accessKeyId"),
        resources=event_resources(record),
        record_json=record_json or to_json(record),
    )


def username(identity: Mapping[str, Any]) -> str | None:
    """The user's name, `root`, or a session's name; services and other accounts have none."""
    match identity.get("type"):
        case "Root":
            return "root"
        case "AssumedRole" | "FederatedUser":
            _, _, session = identity.get("principalId", "").partition(":")
            return session or None
        case _:
            return identity.get("userName")


class LookupQuery(Struct, frozen=True):
    """A validated LookupEvents query. `category` is None for management events."""

    attribute: tuple[str, str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    category: str | None = None
    max_results: int = MAX_PAGE
    next_token: str | None = None

    @property
    def wanted_category(self) -> str:
        """The category of the requested events, as in `HistoryEvent`."""
        return "Insight" if self.category else "Management"

    @property
    def latest(self) -> datetime | None:
        """No event after this time can be on the page: a later page starts where one ended.

        Raises InvalidNextToken for a token that another query was given.
        """
        return self.end if self.next_token is None else _read_token(self).time


class LookupPage(Struct, frozen=True):
    """Some events, newest first, and the token for the next page or None on the last."""

    events: tuple[HistoryEvent, ...]
    next_token: str | None

    def to_api(self) -> dict[str, Any]:
        """The answer of LookupEvents."""
        token = {"NextToken": self.next_token} if self.next_token else {}
        return {"Events": [event.to_api() for event in self.events], **token}


ATTRIBUTES: Mapping[str, Callable[[HistoryEvent], Iterable[str | None]]] = {
    "EventId": lambda event: (event.event_id,),
    "EventName": lambda event: (event.event_name,),
    "ReadOnly": lambda event: (event.read_only,),
    "Username": lambda event: (event.username,),
    "ResourceType": lambda event: [one.type for one in event.resources],
    "ResourceName": lambda event: [one.name for one in event.resources],
    "EventSource": lambda event: (event.event_source,),
    "AccessKeyId": lambda event: (event.access_key_id,),
}
"""The attributes of LookupAttribute, and the values that an event has of each."""

INSIGHT_ATTRIBUTES = ("EventId", "EventName", "EventSource")
"""The attributes that Insight events can be looked up by."""


def parse_lookup(request: Mapping[str, Any]) -> LookupQuery:
    """The query of a LookupEvents request; its times are datetimes or epoch seconds.

    Raises InvalidEventCategory, InvalidLookupAttributes, InvalidTimeRange, InvalidMaxResults or,
    for a token that is not a string, InvalidNextToken.
    """
    category = _parse_category(request.get("EventCategory"))
    start, end = (_parse_time(request.get(name)) for name in ("StartTime", "EndTime"))
    if start and end and start > end:
        raise InvalidTimeRange(f"StartTime {start.isoformat()} is after EndTime {end.isoformat()}.")
    return LookupQuery(
        attribute=_parse_attribute(request.get("LookupAttributes") or [], category),
        start=start,
        end=end,
        category=category,
        max_results=_parse_max_results(request.get("MaxResults")),
        next_token=_parse_token(request.get("NextToken")),
    )


def _parse_token(token: object) -> str | None:
    if token is None or isinstance(token, str):
        return token
    raise InvalidNextToken(f"NextToken must be a string, got {token!r}.")


def _parse_category(category: object) -> str | None:
    if category in (None, "insight"):
        return "insight" if category else None
    raise InvalidEventCategory(f"EventCategory must be insight or left out, got {category!r}.")


def _parse_time(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise InvalidTimeRange(f"A time must be in epoch seconds, got {value!r}.") from error


def _parse_max_results(value: object) -> int:
    if value is None:
        return MAX_PAGE
    if type(value) is not int or not 1 <= value <= MAX_PAGE:
        raise InvalidMaxResults(f"MaxResults must be 1 to {MAX_PAGE}, got {value!r}.")
    return value


class _LookupAttribute(TypedDict):
    AttributeKey: str
    AttributeValue: str


def _parse_attribute(api: Any, category: str | None) -> tuple[str, str] | None:
    try:
        attributes = msgspec.convert(api, list[_LookupAttribute])
    except msgspec.ValidationError as error:
        raise InvalidLookupAttributes(f"LookupAttributes is malformed: {error}") from error
    if len(attributes) > 1:
        raise InvalidLookupAttributes(
            f"LookupAttributes can have only one item, got {len(attributes)}."
        )
    return _checked_attribute(attributes[0], category) if attributes else None


def _checked_attribute(attribute: _LookupAttribute, category: str | None) -> tuple[str, str]:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    allowed = INSIGHT_ATTRIBUTES if category else tuple(ATTRIBUTES)
    if key not in allowed:
        kind = "insight" if category else "management"
        raise InvalidLookupAttributes(
            f"AttributeKey must be one of {', '.join(allowed)} for {kind} events, got {key!r}."
        )
    if not 1 <= _length(value) <= MAX_VALUE:
        raise InvalidLookupAttributes(
            f"AttributeValue must have 1 to {MAX_VALUE} characters, got {_length(value)}."
        )
    return key, value


def _length(value: str) -> int:
    """The length as LookupAttribute counts it: `_`, space, comma and line feed are two each."""
    return len(value) + sum(value.count(character) for character in "_ ,\n")


def lookup(events: Iterable[HistoryEvent], query: LookupQuery, *, now: datetime) -> LookupPage:
    """The page of `events` that `query` asks for.

    `events` come newest first and may be a generator: no more are taken than the page needs.
    Raises InvalidNextToken for a token that another query was given.
    """
    found = _found(events, query, now)
    if query.next_token is not None:
        found = _after(found, _read_token(query))
    page = tuple(islice(found, query.max_results))
    more = next(found, None) is not None
    return LookupPage(page, _token(query, page[-1]) if more else None)


def _found(
    events: Iterable[HistoryEvent], query: LookupQuery, now: datetime
) -> Iterator[HistoryEvent]:
    """The events that meet the query, whatever its token."""
    oldest = max(query.start or now - RETENTION, now - RETENTION)
    for event in events:
        if event.event_time < oldest:
            return
        if query.end and event.event_time > query.end:
            continue
        if event.category == query.wanted_category and _meets(event, query.attribute):
            yield event


def _meets(event: HistoryEvent, attribute: tuple[str, str] | None) -> bool:
    return attribute is None or attribute[1] in ATTRIBUTES[attribute[0]](event)


class _Position(msgspec.Struct, array_like=True):
    """The last event of a page."""

    time: datetime
    event_id: str


_positions = msgspec.json.Decoder(_Position)
_SEAL_BYTES = 8


def _after(events: Iterator[HistoryEvent], position: _Position) -> Iterator[HistoryEvent]:
    """The events that follow `position`, even if its own event is gone by now."""
    for event in events:
        if event.event_id == position.event_id:
            break
        if event.event_time < position.time:
            yield event
            break
    yield from events


def _token(query: LookupQuery, last: HistoryEvent) -> str:
    """A token for what follows `last`, sealed with the query it belongs to."""
    position = msgspec.json.encode(_Position(last.event_time, last.event_id))
    return base64.urlsafe_b64encode(_seal(query, position) + position).decode()


def _seal(query: LookupQuery, position: bytes) -> bytes:
    """Differs for every query; the page size may change from page to page."""
    asked = repr((query.attribute, query.start, query.end, query.category)).encode()
    return hashlib.blake2b(asked + position, digest_size=_SEAL_BYTES).digest()


def _read_token(query: LookupQuery) -> _Position:
    try:
        content = base64.urlsafe_b64decode((query.next_token or "").encode())
        seal, position = content[:_SEAL_BYTES], content[_SEAL_BYTES:]
        if seal == _seal(query, position):
            return _positions.decode(position)
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        pass
    raise InvalidNextToken(
        "NextToken does not belong to this query: repeat the call with the parameters of the call "
        "that returned it."
    )
