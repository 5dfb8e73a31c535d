"""Delivery: recorded events reach each trail that records them, as log files in its bucket.

There is a buffer for each trail, account and Region. It closes a fixed time after its first event,
as in real CloudTrail after five minutes, and becomes one log file. What cannot be delivered is kept
and retried. Source: UG/get-and-view-cloudtrail-log-files and 3,929 real files.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudtrail.log_files import file_stamp, log_file, log_file_key, split_by_size, unique_string
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.record import to_json
from cloudtrail.selectors import compile_selectors
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery.digests import ChainKey, DigestFiles
from local_aws.cloudtrail.delivery.insights import FoundInsight, InsightEvents
from local_aws.cloudtrail.delivery.log_bucket import GIVE_UP, put_file, s3_error
from local_aws.cloudtrail.delivery.notifications import (
    log_group_error,
    notify_topic,
    send_to_event_bus,
    send_to_log_group,
    topic_error,
)
from local_aws.cloudtrail.delivery.outbox import Outbox
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.signing_keys import SigningKeys
from local_aws.cloudtrail.trail_states import InForce, TrailState, TrailStates

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
    """Events waiting for their file. `due` is when it closes, or is tried again.

    `unique` is the end of the next file's name, kept from a try that failed: whatever that
    left in the bucket is overwritten.
    """

    state: TrailState
    due: datetime
    oldest: datetime
    newest: datetime
    records: list[bytes] = field(default_factory=list)
    feeds: bool = False
    unique: str = ""

    def add(self, recorded: Recorded) -> None:
        self.records.append(recorded.json)
        self.oldest = min(self.oldest, recorded.time)
        self.newest = max(self.newest, recorded.time)
        self.feeds = self.feeds or not recorded.by_delivery


@dataclass(frozen=True, slots=True)
class _LogEvents:
    """Events for the log group that a trail had when they arrived."""

    state: TrailState
    trail: Trail
    events: list[tuple[datetime, bytes]] = field(default_factory=list)

    def send(self) -> None:
        """Put them into the log group; the trail's status says what became of it."""
        try:
            send_to_log_group(self.trail, self.events)
        except Exception as error:
            self.state.latest_log_group_delivery_error = log_group_error(error)
            if not isinstance(error, CloudTrailError):
                raise
        else:
            self.state.latest_log_group_delivery_time = datetime.now(UTC)
            self.state.latest_log_group_delivery_error = None


class Delivery:
    """Selects events for trails and delivers them in the background.

    It looks anew at what is due whenever one of `trails` changes; `keys` sign its digests.

    `on_call` is told of the calls that CloudTrail makes itself, `on_insight` of the Insights
    events found, both of which have records of their own. `faults` is what went wrong.
    """

    def __init__(
        self,
        delay: timedelta,
        trails: TrailStates,
        keys: SigningKeys,
        *,
        on_call: Callable[[Call], None],
        on_insight: Callable[[FoundInsight, bytes], None],
        insights: InsightEvents,
        disturbance: Disturbance | None = None,
    ) -> None:
        self.delay = delay
        self._on_call = on_call
        self._on_insight = on_insight
        self._insights = insights
        self.faults = Faults()
        self.outbox = Outbox(self.faults)
        self._digests = DigestFiles(trails, keys, self.faults, self.outbox.hand_on)
        self._disturbance = disturbance
        self._names = random.Random()
        self._dice = self._seeded()
        self._arrived: deque[Recorded] = deque()
        self._buffers: dict[BufferKey, Buffer] = {}
        self._closed: list[tuple[BufferKey, Buffer]] = []
        self._for_log_groups: dict[tuple[int, str], _LogEvents] = {}
        self._working = threading.RLock()
        """Held by whoever looks at what waits, but for `_arrived`."""
        self._wake = threading.Event()
        self._dormant = False
        self._stopping = False
        self._restarts = 0
        self._thread = self._new_thread()
        trails.on_change = self.wake

    def start(self) -> None:
        """Deliver in the background until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop delivering. Idempotent."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self.outbox.clear()

    def wake(self) -> None:
        """Look again at what is due."""
        self._wake.set()

    def reset(self) -> None:
        """Forget what is under way, as moto's reset forgets the buckets."""
        with self._working:
            self._arrived.clear()
            self._buffers.clear()
            self._closed.clear()
            self._for_log_groups.clear()
            self._digests.clear()
            self._insights.clear()
            self.outbox.clear()
            self.faults.clear()
            self._dice = self._seeded()

    def status(self) -> dict[str, Any]:
        """How delivery fares, as a JSON object.

        `waiting` counts the events that are in no file yet, `notifications` the calls to
        subscribers that are not done, `restarts` how often the thread ended and was replaced.
        `faults` is what went wrong and should not have: a bucket that refuses a file is
        told by GetTrailStatus.
        """
        with self._working:
            buffers = [*self._buffers.values(), *(buffer for _, buffer in self._closed)]
            waiting = len(self._arrived) + sum(len(buffer.records) for buffer in buffers)
        return {
            "running": self._thread.is_alive(),
            "restarts": self._restarts,
            "waiting": waiting,
            "notifications": self.outbox.waiting,
            "faults": self.faults.to_json(),
        }

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
        """Deliver all that has been recorded so far, without waiting for it to be due.

        Subscribers have it, too, but for one that does not answer: see `outbox.PATIENCE`.
        """
        self._work(everything=True, patience=timedelta(0))
        self.outbox.wait()

    def catch_up(self) -> None:
        """Deliver all that is due at this moment: before and after time is moved."""
        self._work(patience=timedelta(0))
        self.outbox.wait()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="local-aws-delivery", daemon=True)

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._turn()
        except BaseException as error:  # noqa: BLE001
            # What waits is safe; another thread goes on with it.
            self.faults.note("the thread of delivery", error)
            self._wake.wait(_TICK)
            self._restarts += 1
            self._thread = self._new_thread()
            self._thread.start()

    def _turn(self) -> None:
        try:
            # Dormant before looking: an event that arrives in between must wake us.
            self._wake.clear()
            self._dormant = True
            pause = self._pause()
            self._dormant = pause is None
            if not self._stopping:
                self._wake.wait(pause)
            self._dormant = False
            self._work(patience=_IN_FLIGHT)
        except Exception as error:  # noqa: BLE001
            self.faults.note("a turn of delivery", error)
            self._wake.wait(_TICK)

    def _pause(self) -> float | None:
        """Seconds until there is something to do, None for until an event arrives."""
        with self._working:
            if self._arrived:
                return min(_TICK, self.delay.total_seconds())
            if self._insights.counting:
                return _TICK
            waiting = [buffer.due for buffer in self._buffers.values()]
            waiting += [buffer.due for _, buffer in self._closed]
            digest = self._digests.next_due()
        if digest is not None:
            waiting.append(digest)
        if not waiting:
            return None
        return min(max((min(waiting) - datetime.now(UTC)).total_seconds(), 0.0), _TICK)

    def _work(self, *, patience: timedelta, everything: bool = False) -> None:
        with self._working:
            now = datetime.now(UTC)
            self._select(now)
            self._send_to_log_groups()
            with self.faults.kept_from("Insights"):
                self._find_insights(now)
            ended: list[TrailState] = []
            with self.faults.kept_from("digests"):
                self._digests.begin(now)
                ended = self._digests.ending(now, patience)
            due = _END_OF_TIME if everything else now
            self._close(due, {id(state) for state in ended})
            self._deliver_closed(due)
            with self.faults.kept_from("digests"):
                self._digests.end(ended, now)
                self._digests.deliver_due(now)

    # Selection

    def _select(self, now: datetime) -> None:
        for _ in range(len(self._arrived)):
            recorded = self._arrived.popleft()
            chosen, undecided = self._chosen(recorded)
            if undecided and now - recorded.time < GIVE_UP:
                self._arrived.append(replace(recorded, trails=tuple(undecided)))
            if chosen:
                self._tell(recorded, chosen)

    def _tell(self, recorded: Recorded, chosen: list[Trail]) -> None:
        """Hand an event on to EventBridge and Insights."""
        # As `faults.kept_from`, which would take a tenth of the time of a delivery here.
        try:
            send_to_event_bus(recorded.record, len(recorded.json), self.outbox.hand_on)
        except Exception as error:  # noqa: BLE001
            self.faults.note("EventBridge", error)
        try:
            trails = [trail for trail in chosen if trail.insight_selectors]
            if trails:
                self._insights.count(recorded.record, recorded.time, trails)
        except Exception as error:  # noqa: BLE001
            self.faults.note("Insights", error)

    def _chosen(self, recorded: Recorded) -> tuple[list[Trail], list[InForce]]:
        """The trails that record an event, which is buffered, and those that cannot be told."""
        chosen: list[Trail] = []
        undecided: list[InForce] = []
        for each in recorded.trails:
            try:
                if compile_selectors(each.trail)(recorded.record):
                    self._buffer(each, recorded)
                    chosen.append(each.trail)
            except Exception as error:  # noqa: BLE001
                self.faults.note(f"selectors of {each.trail.arn}", error)
                undecided.append(each)
        return chosen, undecided

    def _buffer(self, in_force: InForce, recorded: Recorded) -> None:
        record, trail = recorded.record, in_force.trail
        region = record["awsRegion"] if trail.is_multi_region else trail.home_region
        key = BufferKey(id(in_force.state), record["recipientAccountId"], region)
        for disturbed in self._disturbed(key):
            late = self.delay * self._dice.uniform(1, 3) if disturbed.late else timedelta()
            self._add(disturbed, in_force.state, recorded, self.delay + late)
        if trail.log_group_arn:
            waiting = self._for_log_groups.setdefault(
                (id(in_force.state), trail.log_group_arn), _LogEvents(in_force.state, trail)
            )
            waiting.events.append((recorded.time, recorded.json))

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
        for each in waiting:
            with self.faults.kept_from(f"log group of {each.trail.arn}"):
                self.outbox.hand_on(f"log group {each.trail.log_group_arn}", each.send)

    def _find_insights(self, now: datetime) -> None:
        for scope, interested in self._insights.wanted(now):
            with self.faults.kept_from(f"Insights of {scope.account_id} in {scope.region}"):
                kept: set[str] = set()
                for found in self._insights.found(scope, interested, now):
                    self._take_insight(found, is_new=found.record["eventID"] not in kept)
                    kept.add(found.record["eventID"])

    def _take_insight(self, found: FoundInsight, *, is_new: bool) -> None:
        record, content = found.record, to_json(found.record)
        key = BufferKey(id(found.state), found.account_id, found.region, "CloudTrail-Insight")
        time = datetime.fromisoformat(record["eventTime"])
        self._add(key, found.state, Recorded(record, content, time, ()), self.delay)
        if not is_new:
            return
        with self.faults.kept_from("Event history"):
            self._on_insight(found, content)
        with self.faults.kept_from("EventBridge"):
            send_to_event_bus(record, len(content), self.outbox.hand_on)

    # Files

    def _close(self, due: datetime, ending: set[int]) -> None:
        """Take no more events into the buffers that are due or whose trail's chains end."""
        for key, buffer in list(self._buffers.items()):
            if buffer.due <= due or id(buffer.state) in ending:
                buffer.due = min(buffer.due, due)
                self._closed.append((key, buffer))
                del self._buffers[key]

    def _deliver_closed(self, due: datetime) -> None:
        refused: set[int] = set()
        for key, buffer in self._closed:
            if buffer.due > due:
                continue
            if id(buffer.state) in refused:
                # Refused a moment ago: however much waits, a trail is tried once a time.
                buffer.due = self._next_try()
            elif not self._deliver(key, buffer):
                refused.add(id(buffer.state))
        self._closed = [each for each in self._closed if each[1].records]

    def _next_try(self) -> datetime:
        return datetime.now(UTC) + max(_RETRY, self.delay)

    def _deliver(self, key: BufferKey, buffer: Buffer) -> bool:
        """Deliver a buffer in as many files as it needs. What is not delivered stays in it.

        False says that the trail was refused: the same would become of its other buffers.
        """
        state = buffer.state
        keys: list[str] = []
        refused = False
        try:
            if self._disturbance is not None and self._disturbance.shuffle:
                self._dice.shuffle(buffer.records)
            while buffer.records:
                keys.append(self._put(key, buffer))
        except CloudTrailError as error:
            self._failed(buffer, error)
            refused = True
        except Exception as error:  # noqa: BLE001
            self.faults.note(f"delivery to {state.trail.arn}", error)
            self._failed(buffer, error)
        else:
            state.latest_delivery_time = state.latest_delivery_attempt = datetime.now(UTC)
            state.latest_delivery_error = None
        if keys and state.trail.sns_topic_arn is not None:
            self._notify(state, state.trail, keys)
        return not refused

    def _failed(self, buffer: Buffer, error: Exception) -> None:
        state = buffer.state
        state.latest_delivery_attempt = datetime.now(UTC)
        state.latest_delivery_error = s3_error(error)
        buffer.due = self._next_try()
        if datetime.now(UTC) - buffer.newest >= GIVE_UP:
            _LOG.warning("%s: gave up on %d events", state.trail.arn, len(buffer.records))
            buffer.records.clear()

    def _put(self, key: BufferKey, buffer: Buffer) -> str:
        """Deliver the next file of a buffer and return its key."""
        trail = buffer.state.trail
        records = next(split_by_size(buffer.records))
        content = log_file(records)
        buffer.unique = buffer.unique or unique_string(self._names)
        object_key = log_file_key(
            trail.prefix,
            key.account_id,
            key.region,
            file_stamp(buffer.newest.replace(microsecond=0)),
            buffer.unique,
            folder=key.folder,
            organization_id=trail.organization_id,
        )
        calls = put_file(trail, object_key, content, self.outbox.hand_on)
        # First of all: what is delivered is not tried again, whatever becomes of the rest.
        del buffer.records[: len(records)]
        buffer.unique = ""
        with self.faults.kept_from(f"digest of {trail.arn}"):
            self._digests.log_file(
                buffer.state,
                ChainKey(key.account_id, key.region),
                object_key,
                content,
                [buffer.oldest, buffer.newest],
            )
        for call in calls if buffer.feeds else ():
            with self.faults.kept_from(f"record of a delivery to {trail.arn}"):
                self._on_call(call)
        return object_key

    def _notify(self, state: TrailState, trail: Trail, keys: list[str]) -> None:
        state.latest_notification_attempt = datetime.now(UTC)
        try:
            notify_topic(trail, keys, self.outbox.hand_on)
        except Exception as error:  # noqa: BLE001
            state.latest_notification_error = topic_error(trail, error)
            if not isinstance(error, CloudTrailError):
                self.faults.note(f"notification of {trail.sns_topic_arn}", error)
        else:
            state.latest_notification_time = state.latest_notification_attempt
            state.latest_notification_error = None
