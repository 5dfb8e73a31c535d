"""Event selectors tried on records: how many they would have recorded, and why not the others.

`cloudtrail.selectors` decides. A record in several log files counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from cloudtrail.log_files import DamagedLogFile
from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records.calls import Record
from cloudtrail.selectors.matching import recorded_by
from trail_logs.damage import TOO_DEEP, Damage
from trail_logs.other_forms import contents
from trail_logs.records import decode_raw
from trail_logs.selecting.choices import Choice
from trail_logs.sources.log_source import Content, LogSourceError

MOST_REASONS = 3
"""How many different reasons are kept for an event: they name resources, so there may be many."""

CLOUDTRAIL = "cloudtrail.amazonaws.com"


class EventKind(NamedTuple):
    """What records are counted by."""

    source: str
    name: str
    category: str
    read_only: bool


Kept = tuple[bool, ...]
"""For each choice, whether it records the event."""


@dataclass(slots=True)
class Counts:
    """The records by event, and by which choices record them.

    `reasons` are by event, number of a choice, and whether that choice records it. `deliveries`
    counts the PutObject events of CloudTrail's own deliveries that each choice records. `first` and
    `last` are values of `eventTime`.
    """

    choices: Sequence[Choice]
    events: dict[EventKind, Counter[Kept]] = field(default_factory=dict)
    reasons: dict[tuple[EventKind, int, bool], dict[str, None]] = field(default_factory=dict)
    deliveries: list[int] = field(default_factory=list)
    files: int = 0
    first: str = ""
    last: str = ""
    damaged: list[Damage] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.deliveries = [0] * len(self.choices)

    @property
    def records(self) -> int:
        """The number of different records."""
        return len(self._seen)

    def kept(self, number: int) -> Counter[EventKind]:
        """The events that a choice records."""
        return Counter(
            {
                event: sum(count for fate, count in fates.items() if fate[number])
                for event, fates in self.events.items()
            }
        )

    def add(self, record: Record) -> None:
        """Have all choices judge one record."""
        identifier, time = record.get("eventID", ""), record.get("eventTime", "")
        if identifier in self._seen:
            return
        self._seen.add(identifier)
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)
        event = _event(record)
        verdicts = [recorded_by(choice.trail, record) for choice in self.choices]
        fate = tuple(verdict.recorded for verdict in verdicts)
        self.events.setdefault(event, Counter())[fate] += 1
        for number, verdict in enumerate(verdicts):
            reasons = self.reasons.setdefault((event, number, verdict.recorded), {})
            if len(reasons) < MOST_REASONS:
                reasons[verdict.reason] = None
            self.deliveries[number] += verdict.recorded and is_delivery(record)


def _event(record: Record) -> EventKind:
    about = record.get("insightDetails") or {}
    return EventKind(
        record.get("eventSource") or about.get("eventSource") or "",
        record.get("eventName") or about.get("eventName") or "",
        event_category(record),
        is_read_only(record),
    )


def is_delivery(record: Record) -> bool:
    """Whether CloudTrail put a file into a bucket."""
    identity = record.get("userIdentity") or {}
    return record.get("eventName") == "PutObject" and identity.get("invokedBy") == CLOUDTRAIL


def records_itself(choice: Choice) -> bool | None:
    """Whether the trail records its own deliveries; None if its bucket is not known."""
    if not choice.bucket:
        return None
    trail = choice.trail
    delivery: Record = {
        "eventCategory": "Data",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutObject",
        "eventType": "AwsApiCall",
        "readOnly": False,
        "awsRegion": trail.home_region,
        "recipientAccountId": trail.account_id,
        "userIdentity": {"type": "AWSService", "invokedBy": CLOUDTRAIL},
        "resources": [
            {
                "type": "AWS::S3::Object",
                "ARN": f"arn:aws:s3:::{choice.bucket}/{trail.prefix and trail.prefix + '/'}AWSLogs/"
                f"{trail.account_id}/CloudTrail/{trail.home_region}/file.json.gz",
            }
        ],
    }
    return recorded_by(trail, delivery).recorded


class _Shape(msgspec.Struct):
    """The types that a record must have for selectors to judge it."""

    userIdentity: dict[str, Any] | None = None  # noqa: N815
    resources: list[dict[str, Any]] | None = None
    tlsDetails: dict[str, Any] | None = None  # noqa: N815
    insightDetails: dict[str, Any] | None = None  # noqa: N815


_shape = msgspec.json.Decoder(_Shape)


def count(files: Iterable[tuple[str, Content]], choices: Sequence[Choice]) -> Counts:
    """Have all choices judge the records of all files. What cannot be read is in `damaged`."""
    counts = Counts(choices)
    for key, content in files:
        counts.files += 1
        try:
            if isinstance(content, LogSourceError):
                raise DamagedLogFile(str(content))
            found = contents(content, decode_raw)
        except (DamagedLogFile, RecursionError) as error:
            told = TOO_DEEP if isinstance(error, RecursionError) else str(error)
            counts.damaged.append(Damage(key, told))
            continue
        counts.damaged += [*found.damage(key), *_added(counts, key, found.texts)]
    return counts


def _added(counts: Counts, key: str, texts: Sequence[msgspec.Raw]) -> Iterator[Damage]:
    """Count the records. Those that selectors cannot judge are damaged."""
    for text in texts:
        try:
            _shape.decode(text)
            record = msgspec.json.decode(text)
        except (msgspec.ValidationError, RecursionError) as error:
            yield Damage(key, str(error), 1)
            continue
        counts.add(record)
