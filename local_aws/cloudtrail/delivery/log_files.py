"""Log files: events wait in buffers, which close and become files in the trails' buckets."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from cloudtrail.log_files import file_stamp, log_file, log_file_key, split_by_size, unique_string
from cloudtrail.records.calls import Call, Record
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery.digests import ChainKey, DigestFiles
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from local_aws.cloudtrail.delivery.insights import FoundInsight
from local_aws.cloudtrail.delivery.log_bucket import GIVE_UP, put_file, s3_error
from local_aws.cloudtrail.delivery.notifications import notify_topic, topic_error
from local_aws.cloudtrail.delivery.outbox import HandOn
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.trails_in_force import InForce, TrailState

_RETRY = timedelta(seconds=2)
_LOG = logging.getLogger("local_aws")


class Recorded(Struct, frozen=True):
    """A record, its JSON, and the trails that were in force when its request arrived.

    `by_delivery` marks CloudTrail's own calls, which must not keep deliveries going forever.
    """

    record: Record
    json: bytes
    time: datetime
    trails: tuple[InForce, ...]
    by_delivery: bool = False


class BufferKey(Struct, frozen=True):
    """Which events wait together: those of one account and Region for one folder of one trail.

    `trail_id` is the identity of its state: a new trail with an old name has another. `late` and
    `copy` keep disturbed deliveries apart from the ordinary ones.
    """

    trail_id: int
    account_id: str
    region: str
    folder: str = "CloudTrail"
    late: bool = False
    copy: bool = False


class Buffer(Struct):
    """Events waiting for their file. `due` is when the buffer closes, or when it is retried.

    `feeds` says that an event is not CloudTrail's own, so the delivery is recorded. `unique` is the
    end of the next file's name; a failed try keeps it, so its retry overwrites what it left.
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


class LogFiles:
    """The buffers of all trails, and their delivery. Not for several threads at once.

    `on_call` gets the calls that CloudTrail makes for a file.
    """

    def __init__(
        self,
        delay: timedelta,
        digests: DigestFiles,
        faults: Faults,
        hand_on: HandOn,
        on_call: Callable[[Call], None],
        disturbance: Disturbance | None,
    ) -> None:
        self._delay = delay
        self._digests = digests
        self._faults = faults
        self._hand_on = hand_on
        self._on_call = on_call
        self._disturbance = disturbance
        self._names = random.Random()
        self._dice = self._seeded()
        self._open: dict[BufferKey, Buffer] = {}
        self._closed: list[tuple[BufferKey, Buffer]] = []

    def _seeded(self) -> random.Random:
        return random.Random(self._disturbance.seed if self._disturbance else None)

    def clear(self) -> None:
        self._open.clear()
        self._closed.clear()
        self._dice = self._seeded()

    @property
    def buffers(self) -> list[Buffer]:
        """All waiting buffers, open or closed."""
        return [*self._open.values(), *(buffer for _, buffer in self._closed)]

    def add(self, in_force: InForce, recorded: Recorded) -> None:
        """Buffer an event for a trail that records it."""
        record, trail = recorded.record, in_force.trail
        region = record["awsRegion"] if trail.is_multi_region else trail.home_region
        key = BufferKey(id(in_force.state), record["recipientAccountId"], region)
        for disturbed in self._disturbed(key):
            late = self._delay * self._dice.uniform(1, 3) if disturbed.late else timedelta()
            self._add(disturbed, in_force.state, recorded, self._delay + late)

    def add_insight(self, found: FoundInsight, recorded: Recorded) -> None:
        """Buffer an Insights event for the trail that it was found for."""
        key = BufferKey(id(found.state), found.account_id, found.region, "CloudTrail-Insight")
        self._add(key, found.state, recorded, self._delay)

    def _add(self, key: BufferKey, state: TrailState, recorded: Recorded, delay: timedelta) -> None:
        buffer = self._open.get(key)
        if buffer is None:
            time = recorded.time
            buffer = self._open[key] = Buffer(state, time + delay, time, time)
        buffer.add(recorded)

    def _disturbed(self, key: BufferKey) -> Iterable[BufferKey]:
        """The buffers that an event goes to: one, if nothing is disturbed."""
        wanted = self._disturbance
        if wanted is None:
            return (key,)
        late = self._dice.random() < wanted.late
        first = BufferKey(key.trail_id, key.account_id, key.region, late=late)
        if self._dice.random() >= wanted.duplicates:
            return (first,)
        return (first, BufferKey(key.trail_id, key.account_id, key.region, copy=True))

    def close(self, due: datetime, ending: set[int]) -> None:
        """Close the buffers that are due, and those of the trails in `ending` (ids of their
        states)."""
        for key, buffer in list(self._open.items()):
            if buffer.due <= due or id(buffer.state) in ending:
                buffer.due = min(buffer.due, due)
                self._closed.append((key, buffer))
                del self._open[key]

    def deliver(self, due: datetime) -> None:
        """Deliver the closed buffers that are due, or retry them."""
        refused: set[int] = set()
        for key, buffer in self._closed:
            if buffer.due > due:
                continue
            if id(buffer.state) in refused:
                # Refused a moment ago: each trail is tried once a turn, however much waits.
                buffer.due = self._next_try()
            elif not self._deliver(key, buffer):
                refused.add(id(buffer.state))
        self._closed = [each for each in self._closed if each[1].records]

    def _next_try(self) -> datetime:
        return datetime.now(UTC) + max(_RETRY, self._delay)

    def _deliver(self, key: BufferKey, buffer: Buffer) -> bool:
        """Deliver a buffer in as many files as it needs. What is not delivered stays in it.

        False: the trail was refused, as its other buffers would be.
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
            self._faults.note(f"delivery to {state.trail.arn}", error)
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
        calls = put_file(trail, object_key, content, self._hand_on)
        # Before anything else: what is delivered is not retried, whatever fails after it.
        del buffer.records[: len(records)]
        buffer.unique = ""
        with self._faults.kept_from(f"digest of {trail.arn}"):
            self._digests.log_file(
                buffer.state,
                ChainKey(key.account_id, key.region),
                object_key,
                content,
                [buffer.oldest, buffer.newest],
            )
        for call in calls if buffer.feeds else ():
            with self._faults.kept_from(f"record of a delivery to {trail.arn}"):
                self._on_call(call)
        return object_key

    def _notify(self, state: TrailState, trail: Trail, keys: list[str]) -> None:
        state.latest_notification_attempt = datetime.now(UTC)
        try:
            notify_topic(trail, keys, self._hand_on)
        except Exception as error:  # noqa: BLE001
            state.latest_notification_error = topic_error(trail, error)
            if not isinstance(error, CloudTrailError):
                self._faults.note(f"notification of {trail.sns_topic_arn}", error)
        else:
            state.latest_notification_time = state.latest_notification_attempt
            state.latest_notification_error = None
