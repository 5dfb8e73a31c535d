"""What field selectors compare: "" for a field that a record lacks, which no value equals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records.calls import Record


def _read_only_value(record: Record) -> str:
    return "true" if is_read_only(record) else "false"


def _identity_arn(record: Record) -> str:
    return (record.get("userIdentity") or {}).get("arn") or ""


def _plain_value(field: str, record: Record) -> str:
    value = record.get(field)
    return value if isinstance(value, str) else "" if value is None else str(value).lower()


_READERS: Mapping[str, Callable[[Record], str]] = {
    "eventCategory": event_category,
    "readOnly": _read_only_value,
    "userIdentity.arn": _identity_arn,
}


def reader_of(field: str) -> Callable[[Record], str]:
    """The function that reads a field with one value."""
    return _READERS.get(field) or partial(_plain_value, field)


def resource_types(record: Record) -> list[str]:
    resources = record.get("resources")
    return [resource.get("type") for resource in resources] if resources else []


def resource_arns(types: frozenset[str], record: Record) -> list[str]:
    """The ARNs of the resources of these types; S3's list calls have an ARNPrefix instead."""
    return [
        resource.get("ARN") or resource.get("ARNPrefix") or ""
        for resource in record.get("resources") or ()
        if not types or resource.get("type") in types
    ]


def values_of(field: str, types: frozenset[str], record: Record) -> list[str]:
    """All values of a field; `types` is the resources.type that a selector of ARNs is about."""
    match field:
        case "resources.type":
            values = resource_types(record)
        case "resources.ARN":
            values = resource_arns(types, record)
        case _:
            values = [reader_of(field)(record)]
    return [value for value in values if value]
