"""The sentences that explain a verdict: what a selector wants, and what a record has."""

from __future__ import annotations

from collections.abc import Sequence

from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records.calls import Record
from cloudtrail.selectors.fields import values_of
from cloudtrail.trails import FieldSelector


def event_name(record: Record) -> str:
    return record.get("eventName") or "this event"


_BASIC_WISHES: dict[tuple[str, tuple[str, ...]], str] = {
    ("eventCategory", ("Management",)): "wants management events",
    ("eventCategory", ("Data",)): "wants data events",
    ("readOnly", ("true",)): "has ReadWriteType ReadOnly",
    ("readOnly", ("false",)): "has ReadWriteType WriteOnly",
}


def basic_wish(selector: FieldSelector) -> str:
    """The wish in the words of basic selectors."""
    match selector.field:
        case "eventSource":
            return f"excludes management events of {_in_words(selector.not_equals, 'and')}"
        case "resources.type":
            return f"wants DataResources of type {_in_words(selector.equals, 'or')}"
        case "resources.ARN":
            return f"wants {_in_words(selector.starts_with + selector.equals, 'or')}"
        case _:
            return _BASIC_WISHES[selector.field, selector.equals]


def advanced_wish(selector: FieldSelector) -> str:
    parts = [
        f"{words}{_in_words(values, 'or')}"
        for words, values in (
            ("", selector.equals),
            ("starting with ", selector.starts_with),
            ("ending with ", selector.ends_with),
            ("other than ", selector.not_equals),
            ("not starting with ", selector.not_starts_with),
            ("not ending with ", selector.not_ends_with),
        )
        if values
    ]
    return f"wants {selector.field} {' '.join(parts)}"


def _in_words(values: Sequence[str], conjunction: str) -> str:
    """`a, b or c`; of long lists the first three."""
    if len(values) > 4:
        return f"{', '.join(values[:3])} {conjunction} one of {len(values) - 3} more"
    *most, last = values
    return f"{', '.join(most)} {conjunction} {last}" if most else last


_CATEGORY_FACTS = {
    "Management": "is a management event",
    "Data": "is a data event",
    "NetworkActivity": "is a network activity event",
    "Insight": "is an Insights event, which only Insights selectors can choose",
}


def fact_of(field: str, types: frozenset[str], record: Record) -> str:
    """What `record` has in `field`."""
    event = event_name(record)
    match field:
        case "eventCategory":
            category = event_category(record)
            return f"{event} {_CATEGORY_FACTS.get(category, f'is an event of category {category}')}"
        case "readOnly":
            return f"{event} is a {'read-only' if is_read_only(record) else 'write'} event"
    values = values_of(field, types, record)
    if not values:
        return f"{event} has no {field}"
    return f"{event} has {field} {_in_words(values, 'and')}"
