"""Delivery: recorded events reach each trail that records them, as log files in its bucket.

A buffer per trail, account and Region closes a fixed delay after its first event, as real
CloudTrail's do after five minutes, and becomes one log file. What cannot be delivered is kept
and tried again. Source: UG/get-and-view-cloudtrail-log-files and 3,929 real files.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cloudtrail.log_files import file_stamp, log_file, log_file_key, split_by_size, unique_string
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.record import to_json
from cloudtrail.selectors import compile_selectors
from local_aws.cloudtrail.digests import ChainKey, DigestFiles
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.insights import InsightEvents
from local_aws.cloudtrail.log_bucket import GIVE_UP, put_file, s3_error
from local_aws.cloudtrail.notifications import (
    log_group_error,
    notify_topic,
    send_to_event_bus,
    send_to_log_group,
    topic_error,
)
from local_aws.cloudtrail.trails import InForce, TrailState

_TICK = 1.0
_IN_FLIGHT = timedelta(seconds=1)
_RETRY = timedelta(seconds=2)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

_LOG = logging.getLogger("local_aws")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record, its JSON, and the trails that were in force when its request arrived.

    `by_delivery` marks CloudTrail's own calls, which must not keep deliveries going for ever.
    """

    record: Record
    json: bytes
    time: datetime
    trails: tuple[InForce, ...]
    by_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Disturbance:
    """At-least-once, late and unordered delivery on purpose, so that consumers can be tested.

    `duplicates` and `late` are shares of the events, 0 to 1: delivered a second time in another
    file, and delivered up to three delays later. `shuffle` mixes the events of a file.
    Equal seeds disturb equal events alike.
    """

    duplicates: float = 0.0
    late: float = 0.0
    shuffle: bool = False
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class BufferKey:
    """Events of one account and Region folder, on their way to one trail.

    `trail_id` is the identity of its state: a trail made anew under an old name is another.
    `late` and `copy` keep disturbed deliveries apart from the ordinary ones.
    """

    trail_id: int
    account_id: str
    region: str
    folder: str = "CloudTrail"
    late: bool = False
    copy: bool = False


@dataclass
class Buffer:
    """Events waiting for their file. `due` is when it closes, or is tried again."""

    state: TrailState
    due: datetime
    oldest: datetime
    newest: datetime
    records: list[bytes] = field(default_factory=list)
    feeds: bool = False

    def add(self, recorded: Recorded) -> None:
        """Put one more event in."""
        self.records.append(recorded.json)
        self.oldest = min(self.oldest, recorded.time)
        self.newest = max(self.newest, recorded.time)
        self.feeds = self.feeds or not recorded.by_delivery


class Delivery:
    """Selects events for trails and delivers them in the background.

    `on_call` is told of the calls that CloudTrail makes itself, `on_insight` of the Insights
    events found, both of which have records of their own.
    """

    def __init__(
        self,
        delay: timedelta,
        *,
        on_call: Callable[[Call], None],
        on_insight: Callable[[Record, bytes], None],
        insights: InsightEvents | None = None,
        disturbance: Disturbance | None = None,
    ) -> None:
        self.delay = delay
        self._on_call = on_call
        self._on_insight = on_insight
        self._insights = insights or InsightEvents()
        self._digests = DigestFiles()
        self._disturbance = disturbance
        self._names = random.Random()
        self._dice = self._seeded()
        self._arrived: deque[Recorded] = deque()
        self._buffers: dict[BufferKey, Buffer] = {}
        self._undelivered: list[tuple[BufferKey, Buffer]] = []
        self._for_log_groups: dict[int, tuple[TrailState, list[tuple[datetime, bytes]]]] = {}
        self._wake = threading.Condition()
        self._working = threading.RLock()
        self._dormant = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="local-aws-delivery", daemon=True)

    def start(self) -> None:
        """Deliver in the background until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop delivering. Idempotent."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Look again at what is due."""
        with self._wake:
            self._wake.notify()

    def reset(self) -> None:
        """Forget what is under way, as moto's reset forgets the buckets."""
        with self._working:
            self._arrived.clear()
            self._buffers.clear()
            self._undelivered.clear()
            self._for_log_groups.clear()
            self._digests.clear()
            self._insights.clear()
            self._dice = self._seeded()

    def _seeded(self) -> random.Random:
        return random.Random(self._disturbance.seed if self._disturbance else None)

    def take(self, recorded: Recorded) -> None:
        """Accept an event; returns at once."""
        if not recorded.trails:
            return
        self._arrived.append(recorded)
        if self._dormant:
            self.wake()

    def deliver_now(self) -> None:
        """Deliver all that has been recorded so far, without waiting for it to be due."""
        self._work(everything=True, patience=timedelta(0))

    def catch_up(self) -> None:
        """Deliver all that is due at this moment: before and after time is moved."""
        self._work(patience=timedelta(0))

    def _run(self) -> None:
        while not self._stopping:
            with self._wake:
                # Dormant before looking: an event that arrives in between must wake us.
                self._dormant = True
                pause = self._pause()
                self._dormant = pause is None
                if not self._stopping:
                    self._wake.wait(pause)
            self._dormant = False
            try:
                self._work(patience=_IN_FLIGHT)
            except Exception:  # noqa: BLE001
                # A defect costs what was in hand, not all that is still to come.
                _LOG.exception("a delivery failed")

    def _pause(self) -> float | None:
        """Seconds until there is something to do, None for until an event arrives."""
        if self._arrived:
            return min(_TICK, self.delay.total_seconds())
        waiting = [buffer.due for buffer in self._buffers.values()]
        waiting += [buffer.due for _, buffer in self._undelivered]
        digest = self._digests.next_due()
        if digest is not None:
            waiting.append(digest)
        if self._insights.counting:
            return _TICK
        if not waiting:
            return None
        return min(max((min(waiting) - datetime.now(UTC)).total_seconds(), 0.0), _TICK)

    def _work(self, *, patience: timedelta, everything: bool = False) -> None:
        with self._working:
            now = datetime.now(UTC)
            self._select()
            self._send_to_log_groups()
            self._find_insights(now)
            self._digests.begin(now)
            ended = self._digests.ending(now, patience)
            ending = {id(state) for state in ended}
            due = _END_OF_TIME if everything else now
            for key, buffer in list(self._buffers.items()):
                if buffer.due <= due or id(buffer.state) in ending:
                    del self._buffers[key]
                    self._deliver(key, buffer)
            retried = [each for each in self._undelivered if each[1].due <= due]
            self._undelivered = [each for each in self._undelivered if each[1].due > due]
            for key, buffer in retried:
                self._deliver(key, buffer)
            self._digests.end(ended, now)
            self._digests.deliver_due(now)

    # Selection

    def _select(self) -> None:
        for _ in range(len(self._arrived)):
            recorded = self._arrived.popleft()
            chosen = [
                each for each in recorded.trails if compile_selectors(each.trail)(recorded.record)
            ]
            for each in chosen:
                self._buffer(each, recorded)
                if each.trail.log_group_arn:
                    events = self._for_log_groups.setdefault(id(each.state), (each.state, []))[1]
                    events.append((recorded.time, recorded.json))
            if chosen:
                send_to_event_bus(recorded.record, len(recorded.json))
                trails = [each.trail for each in chosen if each.trail.insight_selectors]
                if trails:
                    self._insights.count(recorded.record, recorded.time, trails)

    def _buffer(self, in_force: InForce, recorded: Recorded) -> None:
        record, trail = recorded.record, in_force.trail
        region = record["awsRegion"] if trail.is_multi_region else trail.home_region
        key = BufferKey(id(in_force.state), record["recipientAccountId"], region)
        for disturbed in self._disturbed(key):
            late = self.delay * self._dice.uniform(1, 3) if disturbed.late else timedelta()
            self._add(disturbed, in_force.state, recorded, self.delay + late)

    def _add(self, key: BufferKey, state: TrailState, recorded: Recorded, delay: timedelta) -> None:
        buffer = self._buffers.get(key)
        if buffer is None:
            time = recorded.time
            buffer = self._buffers[key] = Buffer(state, time + delay, time, time)
        buffer.add(recorded)

    def _disturbed(self, key: BufferKey) -> Iterable[BufferKey]:
        """The buffers that an event goes to: one, but for the disturbance."""
        wanted = self._disturbance
        if wanted is None:
            return (key,)
        late = self._dice.random() < wanted.late
        first = BufferKey(key.trail_id, key.account_id, key.region, late=late)
        if self._dice.random() >= wanted.duplicates:
            return (first,)
        return (first, BufferKey(key.trail_id, key.account_id, key.region, copy=True))

    def _send_to_log_groups(self) -> None:
        waiting = list(self._for_log_groups.values())
        self._for_log_groups.clear()
        for state, events in waiting:
            try:
                send_to_log_group(state.trail, events)
            except CloudTrailError as error:
                state.latest_log_group_delivery_error = log_group_error(error)
            else:
                state.latest_log_group_delivery_time = datetime.now(UTC)
                state.latest_log_group_delivery_error = None

    def _find_insights(self, now: datetime) -> None:
        kept: set[str] = set()
        for found in self._insights.found(now):
            record, content = found.record, to_json(found.record)
            if record["eventID"] not in kept:
                kept.add(record["eventID"])
                if found.event_category == "Management":
                    # Insights on data events are in no Event history (API/LookupEvents).
                    self._on_insight(record, content)
                send_to_event_bus(record, len(content))
            key = BufferKey(id(found.state), found.account_id, found.region, "CloudTrail-Insight")
            time = datetime.fromisoformat(record["eventTime"])
            self._add(key, found.state, Recorded(record, content, time, ()), self.delay)

    # Files

    def _deliver(self, key: BufferKey, buffer: Buffer) -> None:
        state = buffer.state
        if self._disturbance is not None and self._disturbance.shuffle:
            self._dice.shuffle(buffer.records)
        keys: list[str] = []
        try:
            while buffer.records:
                records = next(split_by_size(buffer.records))
                keys.append(self._put(key, buffer, log_file(records)))
                # What is delivered is not tried again with the rest.
                del buffer.records[: len(records)]
        except CloudTrailError as error:
            state.latest_delivery_error = s3_error(error)
            now = datetime.now(UTC)
            if now - buffer.newest < GIVE_UP:
                buffer.due = now + max(_RETRY, self.delay)
                self._undelivered.append((key, buffer))
            return
        state.latest_delivery_time, state.latest_delivery_error = datetime.now(UTC), None
        self._notify(state, keys)

    def _put(self, key: BufferKey, buffer: Buffer, content: bytes) -> str:
        trail = buffer.state.trail
        object_key = log_file_key(
            trail.prefix,
            key.account_id,
            key.region,
            file_stamp(buffer.newest.replace(microsecond=0)),
            unique_string(self._names),
            folder=key.folder,
            organization_id=trail.organization_id,
        )
        calls = put_file(trail, object_key, content)
        self._digests.log_file(
            buffer.state,
            ChainKey(key.account_id, key.region),
            object_key,
            content,
            [buffer.oldest, buffer.newest],
        )
        if buffer.feeds:
            for call in calls:
                self._on_call(call)
        return object_key

    @staticmethod
    def _notify(state: TrailState, keys: list[str]) -> None:
        if state.trail.sns_topic_arn is None:
            return
        try:
            notify_topic(state.trail, keys)
        except CloudTrailError:
            state.latest_notification_error = topic_error(state.trail)
        else:
            state.latest_notification_time = datetime.now(UTC)
            state.latest_notification_error = None
