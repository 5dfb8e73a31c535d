"""The category of records, and whether they only read, also of old ones without those fields.

managementEvent came with eventVersion 1.06, eventCategory with 1.07, and readOnly is in every
record since 1.08 (UG/cloudtrail-event-reference-record-contents). Older records are judged by the
API that was called, with today's rules for records.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from cloudtrail.records.calls import Record
from cloudtrail.records.data_events import RESOURCE_TYPES

INSIGHT_TYPE = "AwsCloudTrailInsight"

OLD_DATA_EVENTS: Mapping[str, frozenset[str]] = {
    "lambda.amazonaws.com": frozenset({"Invoke"}),
    "s3.amazonaws.com": frozenset(
        operation for (_, operation), kind in RESOURCE_TYPES.items() if kind == "AWS::S3::Object"
    ),
}
"""Names of the data events that existed before eventCategory (2020), by event source."""


class ReadOnlyNames(Struct, frozen=True):
    """How to recognize read events by their names: a verb, with exceptions by source."""

    verbs: tuple[str, ...]
    reads: Mapping[str, frozenset[str]]
    writes: Mapping[str, frozenset[str]]


@cache
def reading() -> ReadOnlyNames:
    """The rule of `records.services`, by event source."""
    # Imported for old records only: it loads botocore's models.
    from cloudtrail.records.services import READ_VERBS, READS, WRITES, event_source

    def by_source(names: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
        return {event_source(service): frozenset(each) for service, each in names.items()}

    return ReadOnlyNames(READ_VERBS, by_source(READS), by_source(WRITES))


def reads(event_source: str, event_name: str) -> bool:
    """Whether an event without readOnly only read."""
    rule = reading()
    if event_name in rule.reads.get(event_source, ()):
        return True
    return event_name.startswith(rule.verbs) and event_name not in rule.writes.get(event_source, ())


def category(event_type: str | None, event_source: str, event_name: str) -> str:
    """The eventCategory of an event without that field."""
    if event_type == INSIGHT_TYPE:
        return "Insight"
    return "Data" if event_name in OLD_DATA_EVENTS.get(event_source, ()) else "Management"


def event_category(record: Record) -> str:
    """`Management`, `Data`, `NetworkActivity` or `Insight`, of a record of any version."""
    return record.get("eventCategory") or _category(record)


def _category(record: Record) -> str:
    management = record.get("managementEvent")
    if management is not None and record.get("eventType") != INSIGHT_TYPE:
        return "Management" if management in (True, "true") else "Data"
    source, name = record.get("eventSource") or "", record.get("eventName") or ""
    return category(record.get("eventType"), source, name)


def is_read_only(record: Record) -> bool:
    """Whether the event of a record of any version only read; readOnly may be text, too."""
    value = record.get("readOnly")
    if value is True or value is False:
        return value
    if value is None:
        return reads(record.get("eventSource") or "", record.get("eventName") or "")
    return str(value).lower() == "true"
