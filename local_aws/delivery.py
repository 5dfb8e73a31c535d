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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudtrail.calls import Record
from cloudtrail.log_files import file_stamp, log_file, log_file_key, split_by_size, unique_string
from cloudtrail.selectors import compile_selectors
from local_aws import destinations
from local_aws.exceptions import CloudTrailError
from local_aws.trails import InForce, TrailState

REAL_DELAY = timedelta(minutes=5)
"""How long real CloudTrail keeps a buffer open after its first event (3,588 real deliveries)."""

_TICK = 1.0
_RETRY = timedelta(seconds=2)
_LOG = logging.getLogger("local_aws")

_DELIVERY_ERRORS = {
    "S3BucketDoesNotExistException": "NoSuchBucket",
    "InsufficientS3BucketPolicyException": "AccessDenied",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record, its JSON, and the trails that were in force when its request arrived."""

    record: Record
    json: bytes
    time: datetime
    trails: tuple[InForce, ...]


@dataclass(frozen=True, slots=True)
class BufferKey:
    """Events of one account and Region folder, on their way to one trail."""

    trail_arn: str
    account_id: str
    region: str


@dataclass
class Buffer:
    """Events waiting for their file. `due` is when it closes, or is tried again."""

    state: TrailState
    due: datetime
    newest: datetime
    records: list[bytes] = field(default_factory=list)


class Delivery:
    """Selects events for trails and delivers them in the background."""

    def __init__(self, delay: timedelta, source: random.Random | None = None) -> None:
        self.delay = delay
        self._random = source or random.Random()
        self._arrived: deque[Recorded] = deque()
        self._buffers: dict[BufferKey, Buffer] = {}
        self._undelivered: list[tuple[BufferKey, Buffer]] = []
        self._wake = threading.Condition()
        self._working = threading.Lock()
        self._dormant = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="local-aws-delivery", daemon=True)

    def start(self) -> None:
        """Deliver in the background until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop delivering. Idempotent."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def reset(self) -> None:
        """Forget what is under way, as moto's reset forgets the buckets."""
        with self._working:
            self._arrived.clear()
            self._buffers.clear()
            self._undelivered.clear()

    def take(self, recorded: Recorded) -> None:
        """Accept an event; returns at once."""
        if not recorded.trails:
            return
        self._arrived.append(recorded)
        if self._dormant:
            with self._wake:
                self._wake.notify()

    def deliver_now(self) -> None:
        """Deliver all that has been recorded so far, without waiting for it to be due."""
        self._work(datetime.max.replace(tzinfo=UTC))

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
            if pause is not None:
                self._work(datetime.now(UTC))

    def _pause(self) -> float | None:
        """Seconds until there is something to do, None for until an event arrives."""
        if self._arrived:
            return min(_TICK, self.delay.total_seconds())
        waiting = [buffer.due for buffer in self._buffers.values()]
        waiting += [buffer.due for _, buffer in self._undelivered]
        if not waiting:
            return None
        return min(max((min(waiting) - datetime.now(UTC)).total_seconds(), 0.0), _TICK)

    def _work(self, now: datetime) -> None:
        with self._working:
            self._select()
            due = [(key, buffer) for key, buffer in self._buffers.items() if buffer.due <= now]
            for key, _ in due:
                del self._buffers[key]
            retried = [each for each in self._undelivered if each[1].due <= now]
            self._undelivered = [each for each in self._undelivered if each[1].due > now]
            for key, buffer in retried + due:
                self._deliver(key, buffer)

    def _select(self) -> None:
        for _ in range(len(self._arrived)):
            recorded = self._arrived.popleft()
            for in_force in recorded.trails:
                if compile_selectors(in_force.trail)(recorded.record):
                    self._buffer(in_force, recorded)

    def _buffer(self, in_force: InForce, recorded: Recorded) -> None:
        record, trail = recorded.record, in_force.trail
        region = record["awsRegion"] if trail.is_multi_region else trail.home_region
        key = BufferKey(trail.arn, record["recipientAccountId"], region)
        buffer = self._buffers.get(key)
        if buffer is None:
            due = recorded.time + self.delay
            buffer = self._buffers[key] = Buffer(in_force.state, due, recorded.time)
        buffer.records.append(recorded.json)
        buffer.newest = max(buffer.newest, recorded.time)

    def _deliver(self, key: BufferKey, buffer: Buffer) -> None:
        state = buffer.state
        try:
            s3 = destinations.check_bucket(state.trail)
        except CloudTrailError as error:
            state.latest_delivery_error = _DELIVERY_ERRORS[error.code]
            buffer.due = datetime.now(UTC) + max(_RETRY, self.delay)
            self._undelivered.append((key, buffer))
            return
        for records in split_by_size(buffer.records):
            self._put(s3, state, key, buffer.newest, log_file(records))
        state.latest_delivery_time, state.latest_delivery_error = datetime.now(UTC), None

    def _put(
        self, s3: Any, state: TrailState, key: BufferKey, newest: datetime, content: bytes
    ) -> str:
        trail = state.trail
        object_key = log_file_key(
            trail.prefix,
            key.account_id,
            key.region,
            file_stamp(newest.replace(microsecond=0)),
            unique_string(self._random),
            organization_id=trail.organization_id,
        )
        stored = s3.put_object(
            trail.bucket,
            object_key,
            content,
            encryption="aws:kms" if trail.kms_key_id else None,
            kms_key_id=trail.kms_key_id,
        )
        stored.set_metadata(
            {"content-type": "application/json", "content-encoding": "gzip"}, replace=True
        )
        return object_key


Sink = Callable[[Recorded], None]
