"""Made-up events, to find out whether a trail's selectors would record them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from cloudtrail.records.data_events import RESOURCE_TYPES
from cloudtrail.records.services import is_read_only
from cloudtrail.trails import AdvancedEventSelector, EventSelector, FieldSelector, Trail
from lab_steps.checking.finding import Evidence, Finding, Probe, failed, passed
from lab_steps.checking.probe_events import ANY_ENDPOINT, ProbeEvent
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View


def ask(view: View, trail: LabTrail, events: Iterable[ProbeEvent]) -> tuple[Probe, ...]:
    """Whether the trail's selectors record each of the made-up `events`, and why."""
    return judged(lab_trails.value(view, trail), events, view.account, view.region)


def judged(
    trail: Trail, events: Iterable[ProbeEvent], account: str, region: str
) -> tuple[Probe, ...]:
    """Whether a known trail's selectors record the events in an account and Region, and why."""
    from cloudtrail.selectors.matching import recorded_by

    verdicts = ((each.title, recorded_by(trail, each.record(account, region))) for each in events)
    return tuple(
        Probe(event=title, recorded=verdict.recorded, reason=verdict.reason)
        for title, verdict in verdicts
    )


def all_recorded(expected: str, judged: tuple[Probe, ...], *evidence: Evidence) -> Finding:
    """Every probe is recorded."""
    missing = [probe for probe in judged if not probe.recorded]
    if missing:
        return failed(
            expected, f"not recorded: {titles(missing)}", *missing, rationale=missing[0].reason
        )
    told = f"all {len(judged)} sample events are recorded"
    return passed(expected, told, *judged, *evidence)


def none_recorded(expected: str, judged: tuple[Probe, ...], *evidence: Evidence) -> Finding:
    """No probe is recorded."""
    wide = [probe for probe in judged if probe.recorded]
    if wide:
        return failed(expected, f"recorded: {titles(wide)}", *wide, rationale=wide[0].reason)
    told = f"none of {len(judged)} sample events is recorded"
    return passed(expected, told, *judged, *evidence)


MOST_TITLES = 3


def titles(judged: Iterable[Probe]) -> str:
    """The events' titles in a row, each once; if many, the first few, and how many more."""
    all_ = list(dict.fromkeys(probe.event for probe in judged))
    more = f" and {len(all_) - MOST_TITLES} more" if len(all_) > MOST_TITLES else ""
    return ", ".join(all_[:MOST_TITLES]) + more


def named_events(view: View, trail: LabTrail) -> tuple[ProbeEvent, ...]:
    """Data and network activity events that the trail's own selectors name."""
    return named_by(lab_trails.value(view, trail))


def named_by(trail: Trail) -> tuple[ProbeEvent, ...]:
    """Data and network activity events that the trail's own selectors name, which samples for all
    trails would miss.

    A selector of one bucket's objects gives an event on such an object, one that leaves out Scan a
    Scan. The trail is judged on them as on any other event.
    """
    if trail.advanced_event_selectors:
        return tuple(event for each in trail.advanced_event_selectors for event in _advanced(each))
    return tuple(event for each in trail.event_selectors for event in _basic(each))


def _basic(selector: EventSelector) -> Iterator[ProbeEvent]:
    read_only = selector.read_write_type == "ReadOnly"
    for resource in selector.data_resources:
        for arn in resource.values:
            yield replace(_of_type(resource.type, read_only), resource=arn)


def _advanced(selector: AdvancedEventSelector) -> Iterator[ProbeEvent]:
    """For each type one event that meets the selector, and one for each value it leaves out.

    A selector of network activity has no type, but names of services.
    """
    fields = {each.field: each for each in selector.field_selectors}
    if fields["eventCategory"].equals == ("NetworkActivity",):
        for source in fields["eventSource"].equals:
            yield _meeting(fields, _at_endpoint(source.removesuffix(".amazonaws.com")))
        return
    types = fields.get("resources.type", FieldSelector("resources.type")).equals
    read_only = "true" in fields.get("readOnly", FieldSelector("readOnly")).equals
    for chosen in (_meeting(fields, _of_type(each, read_only)) for each in types):
        yield chosen
        for name, attribute in _FIELDS.items():
            field = fields.get(name, FieldSelector(name))
            for value in (*field.not_equals, *field.not_starts_with, *field.not_ends_with):
                yield _with(chosen, attribute, value)


_FIELDS = {
    "eventName": "name",
    "resources.ARN": "resource",
    "userIdentity.arn": "caller",
    "errorCode": "error_code",
    "vpcEndpointId": "vpc_endpoint",
}


def _meeting(fields: dict[str, FieldSelector], event: ProbeEvent) -> ProbeEvent:
    for name, attribute in _FIELDS.items():
        field = fields.get(name, FieldSelector(name))
        ends = "".join((*field.starts_with[:1], *field.ends_with[:1]))
        value = next(iter(field.equals), ends)
        event = _with(event, attribute, value) if value else event
    return event


def _with(event: ProbeEvent, attribute: str, value: str) -> ProbeEvent:
    changes: dict[str, Any] = {attribute: value}
    if attribute == "name" and (event.service, value) in RESOURCE_TYPES:
        changes["read_only"] = is_read_only(event.service, value)
    return replace(event, **changes)


def _at_endpoint(service: str) -> ProbeEvent:
    return ProbeEvent(service, "AnyOperation", read_only=False, vpc_endpoint=ANY_ENDPOINT)


def _of_type(kind: str, read_only: bool) -> ProbeEvent:
    """An event on a resource of this type; for unknown types, with a name that we choose."""
    service, name = next(
        (
            call
            for call, each in RESOURCE_TYPES.items()
            if each == kind and is_read_only(*call) is read_only
        ),
        (kind.split("::")[1].lower(), "AnyOperation"),
    )
    return ProbeEvent(
        service, name, read_only, kind, f"arn:aws:{service}:{{region}}:{{account}}:any"
    )
