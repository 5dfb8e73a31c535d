"""Which events a trail records, and why: one rule for basic and for advanced event selectors.

A trail is compiled once, to a Matcher: conditions on account and Region, then alternatives, each a
conjunction of field conditions. A basic selector becomes the advanced selectors that mean the same,
so there is only one rule. The Matcher answers yes or no, or gives a Verdict with its reason.

Sources: API/EventSelector, API/DataResource, API/AdvancedFieldSelector, API/PutEventSelectors,
UG/filtering-data-events, UG/cloudtrail-concepts (global service events).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, NotRequired, TypedDict

import msgspec

from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records.calls import Record
from cloudtrail.selector_rules import (
    InvalidEventSelectors,
    check_advanced_event_selectors,
    check_event_selectors,
    parse_advanced_event_selectors,
    parse_event_selectors,
    parse_selectors,
)
from cloudtrail.trails import (
    AdvancedEventSelector,
    CloudTrailException,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    Trail,
    insight_selectors_from_api,
)

__all__ = [
    "GLOBAL_SERVICE_REGION",
    "InvalidEventSelectors",
    "InvalidInsightSelectors",
    "Matcher",
    "Verdict",
    "check_advanced_event_selectors",
    "check_event_selectors",
    "check_insight_selectors",
    "compile_selectors",
    "is_global_service_event",
    "parse_advanced_event_selectors",
    "parse_event_selectors",
    "parse_insight_selectors",
    "parse_selectors",
    "recorded_by",
]

GLOBAL_SERVICE_REGION = "us-east-1"
"""Where IAM, CloudFront and the global endpoint of STS record their events since 2021-11-22."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a trail records an event, and the reason in one sentence."""

    recorded: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Condition:
    """One thing that must hold; `wish` and `fact` make the sentence that explains it.

    `wish` is the predicate of a sentence about the trail or selector ("wants readOnly true"),
    `fact` says what the record has in that place ("PutItem is a write event").
    """

    field: str
    holds: Callable[[Record], bool]
    wish: str
    fact: Callable[[Record], str]


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One way for an event to be chosen: all conditions hold. `label` names the selector."""

    label: str
    conditions: tuple[_Condition, ...]


class Matcher:
    """A trail's selectors, compiled. Call it for yes or no; ask `verdict` for the reason."""

    __slots__ = ("_alternatives", "_chosen_when", "_in_scope_when", "_scope", "_trail_label")

    def __init__(self, trail: Trail) -> None:
        self._trail_label = f'the trail "{trail.name}"'
        self._scope = tuple(_scope(trail))
        self._alternatives = tuple(_alternatives(trail))
        self._in_scope_when = tuple(condition.holds for condition in self._scope)
        self._chosen_when = tuple(
            tuple(condition.holds for condition in alternative.conditions)
            for alternative in self._alternatives
        )

    def __call__(self, record: Record) -> bool:
        """Whether the trail records `record`; loops, not all() or any(), for speed."""
        for holds in self._in_scope_when:
            if not holds(record):
                return False
        for conditions in self._chosen_when:
            for holds in conditions:
                if not holds(record):
                    break
            else:
                return True
        return False

    def verdict(self, record: Record) -> Verdict:
        """Whether the trail records `record`, and why.

        Where several selectors refuse, the one that came nearest to choosing it is named.
        """
        for condition in self._scope:
            if not condition.holds(record):
                return _refusal(self._trail_label, condition, record)
        nearest: tuple[int, _Alternative] | None = None
        for alternative in self._alternatives:
            held = _count_held(alternative, record)
            if held == len(alternative.conditions):
                return _acceptance(alternative, record)
            if nearest is None or held > nearest[0]:
                nearest = held, alternative
        if nearest is None:
            return Verdict(
                False, f"not recorded: {self._trail_label} has no selector that chooses any event"
            )
        held, alternative = nearest
        return _refusal(alternative.label, alternative.conditions[held], record)

    def chooses(self, category: str, *, read_only: bool) -> bool:
        """Whether some events of `category` that read (or that write) are chosen."""
        probe: Record = {"eventCategory": category, "readOnly": read_only}
        return any(
            all(
                condition.holds(probe)
                for condition in alternative.conditions
                if condition.field in ("eventCategory", "readOnly")
            )
            for alternative in self._alternatives
        )


@lru_cache(maxsize=4096)
def compile_selectors(trail: Trail) -> Matcher:
    """The Matcher of `trail`; equal trails share one."""
    return Matcher(trail)


def recorded_by(trail: Trail, record: Record) -> Verdict:
    """Whether `trail`, while logging, records `record`, and why.

    Takes records of any eventVersion. An organization trail is taken to cover the record's
    account: which accounts are members is not in the trail. Insight events are never recorded
    by event selectors: they go to the trails with Insights selectors.
    """
    return compile_selectors(trail).verdict(record)


# What a field selector looks at: "" where a record has no such field, which no value equals.


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


def _resource_types(record: Record) -> list[str]:
    resources = record.get("resources")
    return [resource.get("type") for resource in resources] if resources else []


def _resource_arns(types: frozenset[str], record: Record) -> list[str]:
    """The ARNs of the resources of these types; S3's list calls have an ARNPrefix instead."""
    return [
        resource.get("ARN") or resource.get("ARNPrefix") or ""
        for resource in record.get("resources") or ()
        if not types or resource.get("type") in types
    ]


def _values(field: str, types: frozenset[str], record: Record) -> list[str]:
    """The values that `_some` looks at, for an explanation."""
    match field:
        case "resources.type":
            values = _resource_types(record)
        case "resources.ARN":
            values = _resource_arns(types, record)
        case _:
            values = [_READERS.get(field, partial(_plain_value, field))(record)]
    return [value for value in values if value]


Predicate = Callable[[str], bool]


def _one_of(
    exact: tuple[str, ...], starts: tuple[str, ...], ends: tuple[str, ...]
) -> Predicate | None:
    """Whether a value meets any of these, or None if there are none."""
    if not (exact or starts or ends):
        return None
    values = frozenset(exact)
    if not (starts or ends):
        return values.__contains__
    return lambda value: value in values or value.startswith(starts) or value.endswith(ends)


def _some(field: str, types: frozenset[str], meets: Predicate) -> Callable[[Record], bool]:
    """Whether a value of `field` meets the predicate; only resources have several values.

    `types` is the selector's resources.type: resources.ARN is about resources of that type.
    """
    if field == "resources.type":
        return lambda record: any(map(meets, _resource_types(record)))
    if field == "resources.ARN":
        return lambda record: any(map(meets, _resource_arns(types, record)))
    read = _READERS.get(field) or partial(_plain_value, field)
    return lambda record: meets(read(record))


def _holds(selector: FieldSelector, types: frozenset[str]) -> Callable[[Record], bool]:
    """SELECT operators are OR'd, DESELECT operators AND'd, both groups AND'd."""
    wanted = _one_of(selector.equals, selector.starts_with, selector.ends_with)
    unwanted = _one_of(selector.not_equals, selector.not_starts_with, selector.not_ends_with)
    selected = _some(selector.field, types, wanted) if wanted else lambda _record: True
    if unwanted is None:
        return selected
    deselected = _some(selector.field, types, unwanted)
    if wanted is None:
        return lambda record: not deselected(record)
    return lambda record: selected(record) and not deselected(record)


# From a trail's selectors to alternatives.


def _alternatives(trail: Trail) -> Iterator[_Alternative]:
    """Of the advanced selectors, which replace the basic ones where there are any."""
    if trail.advanced_event_selectors:
        for number, advanced in enumerate(trail.advanced_event_selectors, 1):
            yield _from_advanced(advanced, number)
        return
    for number, basic in enumerate(trail.event_selectors, 1):
        yield from _from_basic(basic, number)


def _from_advanced(selector: AdvancedEventSelector, number: int) -> _Alternative:
    label = f'the selector "{selector.name}"' if selector.name else f"event selector {number}"
    return _alternative(label, selector.field_selectors, _advanced_wish)


def _from_basic(selector: EventSelector, number: int) -> Iterator[_Alternative]:
    """The alternatives of a basic selector: one for management events, one per data resource."""
    make = partial(_alternative, f"event selector {number}", wish_of=_basic_wish)
    excluded = selector.exclude_management_event_sources
    direction = _READ_WRITE[selector.read_write_type]
    if selector.include_management_events:
        sources = (FieldSelector("eventSource", not_equals=excluded),) if excluded else ()
        yield make(field_selectors=(_MANAGEMENT, *direction, *sources))
    for resource in selector.data_resources:
        if resource.values:
            which = FieldSelector("resources.type", equals=(resource.type,))
            yield make(field_selectors=(_DATA, which, *direction, *_arn_selector(resource)))


_MANAGEMENT = FieldSelector("eventCategory", equals=("Management",))
_DATA = FieldSelector("eventCategory", equals=("Data",))
_READ_WRITE: dict[str, tuple[FieldSelector, ...]] = {
    "All": (),
    "ReadOnly": (FieldSelector("readOnly", equals=("true",)),),
    "WriteOnly": (FieldSelector("readOnly", equals=("false",)),),
}


def _arn_selector(resource: DataResource) -> tuple[FieldSelector, ...]:
    """S3's values are prefixes; functions and tables are exact, or all: `arn:aws:lambda`."""
    if resource.type == "AWS::S3::Object":
        return (FieldSelector("resources.ARN", starts_with=resource.values),)
    if any(value.count(":") == 2 for value in resource.values):
        return ()
    return (FieldSelector("resources.ARN", equals=resource.values),)


def _alternative(
    label: str,
    field_selectors: Sequence[FieldSelector],
    wish_of: Callable[[FieldSelector], str],
) -> _Alternative:
    types = frozenset(
        value
        for selector in field_selectors
        if selector.field == "resources.type"
        for value in selector.equals
    )
    return _Alternative(
        label,
        tuple(
            _Condition(
                selector.field,
                _holds(selector, types),
                wish_of(selector),
                partial(_fact, selector.field, types),
            )
            for selector in field_selectors
        ),
    )


# Where a trail looks at all.


def _scope(trail: Trail) -> Iterator[_Condition]:
    """The conditions on account, Region and global service events."""
    if not trail.is_organization_trail:
        yield _account_condition(trail.account_id)
    if not trail.is_multi_region:
        yield _region_condition(trail.home_region)
    if not trail.include_global_service_events:
        yield _Condition(
            "eventSource",
            lambda record: not is_global_service_event(record),
            "leaves out global service events",
            lambda record: f"{_event(record)} is one of {record.get('eventSource')}",
        )


def _account_condition(account: str) -> _Condition:
    def holds(record: Record) -> bool:
        return (record.get("recipientAccountId") or _account(record)) == account

    return _Condition(
        "recipientAccountId",
        holds,
        f"records account {account} only",
        lambda record: f"{_event(record)} belongs to account {_account(record)}",
    )


def _account(record: Record) -> str | None:
    """The account an event belongs to; records before 1.03 have the caller's only."""
    identity = record.get("userIdentity") or {}
    return record.get("recipientAccountId") or identity.get("accountId")


def _region_condition(region: str) -> _Condition:
    return _Condition(
        "awsRegion",
        lambda record: record.get("awsRegion") == region,
        f"is a single-Region trail of {region}",
        _region_fact,
    )


def _region_fact(record: Record) -> str:
    if is_global_service_event(record):
        return (
            f"{_event(record)} is a global service event of {record.get('eventSource')}, "
            f"which is recorded in {record.get('awsRegion')}"
        )
    return f"{_event(record)} happened in {record.get('awsRegion')}"


_GLOBAL_SOURCES = frozenset({"iam.amazonaws.com", "cloudfront.amazonaws.com"})


def is_global_service_event(record: Record) -> bool:
    """Whether `record` is of IAM, CloudFront or the global endpoint of STS.

    STS is global if the client called `sts.amazonaws.com`. A record without the host counts as
    global in us-east-1, where the global endpoint records.
    """
    source = record.get("eventSource")
    if source in _GLOBAL_SOURCES:
        return True
    if source != "sts.amazonaws.com" or record.get("awsRegion") != GLOBAL_SERVICE_REGION:
        return False
    host = (record.get("tlsDetails") or {}).get("clientProvidedHostHeader")
    return host in (None, "sts.amazonaws.com")


# Sentences.


def _count_held(alternative: _Alternative, record: Record) -> int:
    for count, condition in enumerate(alternative.conditions):
        if not condition.holds(record):
            return count
    return len(alternative.conditions)


def _refusal(label: str, condition: _Condition, record: Record) -> Verdict:
    return Verdict(False, f"not recorded: {label} {condition.wish}, and {condition.fact(record)}")


def _acceptance(alternative: _Alternative, record: Record) -> Verdict:
    wishes = ", ".join(condition.wish for condition in alternative.conditions)
    return Verdict(True, f"recorded: {alternative.label} {wishes}, and {_event(record)} matches")


def _event(record: Record) -> str:
    return record.get("eventName") or "this event"


_BASIC_WISHES: dict[tuple[str, tuple[str, ...]], str] = {
    ("eventCategory", ("Management",)): "wants management events",
    ("eventCategory", ("Data",)): "wants data events",
    ("readOnly", ("true",)): "has ReadWriteType ReadOnly",
    ("readOnly", ("false",)): "has ReadWriteType WriteOnly",
}


def _basic_wish(selector: FieldSelector) -> str:
    """The wish in the words of basic selectors."""
    match selector.field:
        case "eventSource":
            return f"excludes management events of {_list(selector.not_equals, 'and')}"
        case "resources.type":
            return f"wants DataResources of type {_list(selector.equals, 'or')}"
        case "resources.ARN":
            return f"wants {_list(selector.starts_with + selector.equals, 'or')}"
        case _:
            return _BASIC_WISHES[selector.field, selector.equals]


def _advanced_wish(selector: FieldSelector) -> str:
    parts = [
        f"{words}{_list(values, 'or')}"
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


def _list(values: Sequence[str], conjunction: str) -> str:
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


def _fact(field: str, types: frozenset[str], record: Record) -> str:
    """What `record` has in `field`."""
    event = _event(record)
    match field:
        case "eventCategory":
            category = event_category(record)
            return f"{event} {_CATEGORY_FACTS.get(category, f'is an event of category {category}')}"
        case "readOnly":
            return f"{event} is a {'read-only' if is_read_only(record) else 'write'} event"
    values = _values(field, types, record)
    if not values:
        return f"{event} has no {field}"
    return f"{event} has {field} {_list(values, 'and')}"


# Insights selectors: what they need of a trail's event selectors.


class InvalidInsightSelectors(CloudTrailException):
    """Insights selectors that PutInsightSelectors refuses."""


def parse_insight_selectors(
    api: Sequence[Mapping[str, Any]], trail: Trail
) -> tuple[InsightSelector, ...]:
    """Insights selectors for `trail` from the API's shape, or InvalidInsightSelectors."""
    check_insight_selectors(api, trail)
    return insight_selectors_from_api(api)


def check_insight_selectors(api: Sequence[Mapping[str, Any]], trail: Trail) -> None:
    """Raise InvalidInsightSelectors for the first rule these selectors break; none may be given.

    Source: API/PutInsightSelectors, API/InsightSelector. The wording is ours.
    """
    try:
        selectors = msgspec.convert(api, list[_InsightSelectorShape])
    except msgspec.ValidationError as error:
        raise InvalidInsightSelectors(f"The Insights selectors are malformed: {error}") from error
    for selector in selectors:
        for category in selector.get("EventCategories") or ("Management",):
            _check_insights_need(trail, selector["InsightType"], category)
    types = [selector["InsightType"] for selector in selectors]
    if len(set(types)) < len(types):
        raise InvalidInsightSelectors("Each InsightType can be given only once.")


class _InsightSelectorShape(TypedDict):
    InsightType: Literal["ApiCallRateInsight", "ApiErrorRateInsight"]
    EventCategories: NotRequired[list[Literal["Management", "Data"]]]


def _check_insights_need(trail: Trail, insight_type: str, category: str) -> None:
    """Call rates of management events count writes; everything else reads or writes."""
    directions = (False,) if (insight_type, category) == _COUNTS_WRITES else (False, True)
    matcher = compile_selectors(trail)
    if not any(matcher.chooses(category, read_only=direction) for direction in directions):
        wanted = "write management" if len(directions) == 1 else category.lower()
        raise InvalidInsightSelectors(
            f"{insight_type} needs a trail that logs {wanted} events, and {trail.name} logs none: "
            "change its event selectors first."
        )


_COUNTS_WRITES = ("ApiCallRateInsight", "Management")
