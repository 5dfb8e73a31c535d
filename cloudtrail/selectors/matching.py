"""Which events a trail records, and why: one rule for basic and for advanced event selectors.

A trail is compiled once, to a Matcher: conditions on account and Region, then alternatives, each a
conjunction of field conditions. A basic selector becomes the advanced selectors that mean the same,
so there is only one rule. The Matcher answers yes or no, or gives a Verdict with its reason.

Sources: API/EventSelector, API/DataResource, API/AdvancedFieldSelector, API/PutEventSelectors,
UG/filtering-data-events, UG/cloudtrail-concepts (global service events).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from msgspec import Struct

from cloudtrail.records.calls import Record
from cloudtrail.selectors.fields import reader_of, resource_arns, resource_types
from cloudtrail.selectors.sentences import advanced_wish, basic_wish, event_name, fact_of
from cloudtrail.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    Trail,
)

GLOBAL_SERVICE_REGION = "us-east-1"
"""Where IAM, CloudFront and the global endpoint of STS record their events since 2021-11-22."""


class Verdict(Struct, frozen=True):
    """Whether a trail records an event, and the reason in one sentence."""

    recorded: bool
    reason: str


class _Condition(Struct, frozen=True):
    """One thing that must hold; `wish` and `fact` make the sentence that explains it.

    `wish` is the predicate of a sentence about the trail or selector ("wants readOnly true"),
    `fact` says what the record has in that place ("PutItem is a write event").
    """

    field: str
    holds: Callable[[Record], bool]
    wish: str
    fact: Callable[[Record], str]


class _Alternative(Struct, frozen=True):
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
        return lambda record: any(map(meets, resource_types(record)))
    if field == "resources.ARN":
        return lambda record: any(map(meets, resource_arns(types, record)))
    read = reader_of(field)
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


def _alternatives(trail: Trail) -> Iterator[_Alternative]:
    """The alternatives of the advanced selectors or, if there are none, of the basic ones."""
    if trail.advanced_event_selectors:
        for number, advanced in enumerate(trail.advanced_event_selectors, 1):
            yield _from_advanced(advanced, number)
        return
    for number, basic in enumerate(trail.event_selectors, 1):
        yield from _from_basic(basic, number)


def _from_advanced(selector: AdvancedEventSelector, number: int) -> _Alternative:
    label = f'the selector "{selector.name}"' if selector.name else f"event selector {number}"
    return _alternative(label, selector.field_selectors, advanced_wish)


def _from_basic(selector: EventSelector, number: int) -> Iterator[_Alternative]:
    """The alternatives of a basic selector: one for management events, one per data resource."""
    make = partial(_alternative, f"event selector {number}", wish_of=basic_wish)
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
                partial(fact_of, selector.field, types),
            )
            for selector in field_selectors
        ),
    )


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
            lambda record: f"{event_name(record)} is one of {record.get('eventSource')}",
        )


def _account_condition(account: str) -> _Condition:
    def holds(record: Record) -> bool:
        return (record.get("recipientAccountId") or _account(record)) == account

    return _Condition(
        "recipientAccountId",
        holds,
        f"records account {account} only",
        lambda record: f"{event_name(record)} belongs to account {_account(record)}",
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
            f"{event_name(record)} is a global service event of {record.get('eventSource')}, "
            f"which is recorded in {record.get('awsRegion')}"
        )
    return f"{event_name(record)} happened in {record.get('awsRegion')}"


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


def _count_held(alternative: _Alternative, record: Record) -> int:
    for count, condition in enumerate(alternative.conditions):
        if not condition.holds(record):
            return count
    return len(alternative.conditions)


def _refusal(label: str, condition: _Condition, record: Record) -> Verdict:
    return Verdict(False, f"not recorded: {label} {condition.wish}, and {condition.fact(record)}")


def _acceptance(alternative: _Alternative, record: Record) -> Verdict:
    wishes = ", ".join(condition.wish for condition in alternative.conditions)
    return Verdict(
        True, f"recorded: {alternative.label} {wishes}, and {event_name(record)} matches"
    )
