"""What selectors would have recorded, as text for people, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trail_logs.counting import counted
from trail_logs.prices import EVENTS_PRICED, PRICE_AS_OF
from trail_logs.selecting.costs import DAYS_A_MONTH, SHORTEST_DAYS, Charge, costs_of
from trail_logs.selecting.counting import Counts, EventKind, records_itself
from trail_logs.sources.log_source import writable

ITSELF = (
    "the trail records its own deliveries: each log file it delivers is another event, without "
    "end. Leave its bucket out of the selectors."
)


def document(logs: str, counts: Counts, days: float) -> dict[str, Any]:
    """Everything as one JSON document. The records stand for `days` days."""
    numbers = range(len(counts.choices))
    both = len(counts.choices) == 2
    return {
        "logs": writable(logs),
        "files": counts.files,
        "records": counts.records,
        "first": counts.first or None,
        "last": counts.last or None,
        "days": days,
        "pricesAsOf": PRICE_AS_OF,
        "selectors": [_of_choice(counts, number, days) for number in numbers],
        "difference": list(_difference(counts)) if both else [],
        "damaged": [
            {"key": each.key, "records": each.records, "reason": each.reason}
            for each in counts.damaged
        ],
    }


def _of_choice(counts: Counts, number: int, days: float) -> dict[str, Any]:
    choice, kept = counts.choices[number], counts.kept(number)
    total = kept.total()
    return {
        "name": writable(choice.name),
        "kept": total,
        "dropped": counts.records - total,
        "events": [
            {
                **_told(event),
                "kept": kept[event],
                "dropped": counts.events[event].total() - kept[event],
                "reasons": _reasons(counts, event, number),
            }
            for event in _in_order(counts)
        ],
        "costs": [_cost(each, days) for each in costs_of(choice.trail, kept)],
        "deliveries": counts.deliveries[number],
        "recordsItself": records_itself(choice),
    }


def _told(event: EventKind) -> dict[str, Any]:
    return {
        "eventSource": event.source,
        "eventName": event.name,
        "eventCategory": event.category,
        "readOnly": event.read_only,
    }


def _in_order(counts: Counts) -> list[EventKind]:
    """The events, the most frequent first."""
    return sorted(counts.events, key=lambda event: (-counts.events[event].total(), event))


def _reasons(counts: Counts, event: EventKind, number: int) -> list[str]:
    return [
        reason
        for recorded in (True, False)
        for reason in counts.reasons.get((event, number, recorded), {})
    ]


def _cost(cost: Charge, days: float) -> dict[str, Any]:
    return {
        "what": cost.what,
        "events": cost.events,
        f"dollarsPer{EVENTS_PRICED}": cost.price,
        "dollarsAMonth": round(cost.month(days), 4) if days >= SHORTEST_DAYS else None,
    }


def _difference(counts: Counts) -> Iterator[dict[str, Any]]:
    """The events with records that only one of the two sets of selectors records."""
    for event in _in_order(counts):
        fates = counts.events[event]
        first, second = fates[True, False], fates[False, True]
        if first or second:
            yield {
                **_told(event),
                "onlyFirst": first,
                "onlySecond": second,
                "reasons": [
                    *(counts.reasons.get((event, 1, False), {}) if first else ()),
                    *(counts.reasons.get((event, 0, False), {}) if second else ()),
                ],
            }


def text(told: dict[str, Any]) -> Iterator[str]:
    """The document's lines for people."""
    span = f", {told['first']} to {told['last']}" if told["first"] else ""
    records, files = counted(told["records"], "record"), counted(told["files"], "file")
    yield f"{told['logs']}: {records} in {files}{span}"
    for each in told["selectors"]:
        yield ""
        yield f"{each['name']}: {each['kept']:,} kept, {each['dropped']:,} dropped"
        yield from _events(each["events"])
        yield from _money(each["costs"], told)
        yield from _warning(each)
    if len(told["selectors"]) == 2:
        yield ""
        yield from _changes(told)


def _events(events: list[dict[str, Any]]) -> Iterator[str]:
    yield f"  {'kept':>9} {'dropped':>9}  event"
    for each in events:
        yield f"  {each['kept']:>9,} {each['dropped']:>9,}  {_name(each)}"
        for reason in each["reasons"]:
            yield f"  {'':>19}    {reason}"


def _name(event: dict[str, Any]) -> str:
    source = event["eventSource"].removesuffix(".amazonaws.com")
    return f"{source} {event['eventName']}".strip()


def _money(costs: list[dict[str, Any]], told: dict[str, Any]) -> Iterator[str]:
    price = f"dollarsPer{EVENTS_PRICED}"
    if not costs:
        return
    yield f"  a month (list prices, {told['pricesAsOf']}):"
    for each in costs:
        month = each["dollarsAMonth"]
        rate = f"${each[price]:.2f} per {EVENTS_PRICED:,}" if each[price] else "free"
        amount = "" if month is None or not each[price] else f"${month:,.2f}: "
        yield f"    {amount}{each['what']}, {each['events']:,} in the records, {rate}"
    if told["days"] < SHORTEST_DAYS:
        yield (
            "    The records cover less than an hour, too little to estimate a month: --days N "
            "says how many days they stand for."
        )
    else:
        yield f"    The records stand for {told['days']:.4g} days, a month for {DAYS_A_MONTH}."


def _warning(choice: dict[str, Any]) -> Iterator[str]:
    if choice["recordsItself"]:
        yield f"  WARNING: {ITSELF}"
    elif choice["deliveries"] and choice["recordsItself"] is None:
        yield (
            f"  WARNING: {choice['deliveries']:,} kept events are CloudTrail's own deliveries of "
            f"files. If they are to this trail's bucket, {ITSELF}"
        )


def _changes(told: dict[str, Any]) -> Iterator[str]:
    first, second = (each["name"] for each in told["selectors"])
    if not told["difference"]:
        yield f"{first} and {second} record the same events"
        return
    yield f"events that only one of them records: {first} (first), {second} (second)"
    yield f"  {'first':>9} {'second':>9}  event"
    for each in told["difference"]:
        yield f"  {each['onlyFirst']:>9,} {each['onlySecond']:>9,}  {_name(each)}"
        for reason in each["reasons"]:
            yield f"  {'':>19}    {reason}"
