"""Delivery: recorded events reach each trail that records them, as log files in its bucket.

There is a buffer for each trail, account and Region. It closes a fixed time after its first event,
as in real CloudTrail after five minutes, and becomes one log file. What cannot be delivered is kept
and retried. Source: UG/get-and-view-cloudtrail-log-files and 3,929 real files.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import Call
from cloudtrail.selectors.matching import compile_selectors
from cloudtrail.trails import Trail
from local_aws.cloudtrail.delivery.digests import DigestFiles
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from local_aws.cloudtrail.delivery.insights import FoundInsight, InsightEvents
from local_aws.cloudtrail.delivery.log_bucket import GIVE_UP
from local_aws.cloudtrail.delivery.log_files import LogFiles, Recorded
from local_aws.cloudtrail.delivery.notifications import (
    log_group_error,
    send_to_event_bus,
    send_to_log_group,
)
from local_aws.cloudtrail.delivery.outbox import Outbox
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.signing_keys import SigningKeys
from local_aws.cloudtrail.trails_in_force import InForce, TrailState, TrailStates

_TICK = 1.0
_IN_FLIGHT = timedelta(seconds=1)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class _LogEvents(Struct, frozen=True):
    """Events for the log group that a trail had when they arrived."""

    state: TrailState
    trail: Trail
    events: list[tuple[datetime, bytes]] = field(default_factory=list)

    def send(self) -> None:
        """Put the events into the log group, and note the outcome in the trail's status."""
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

    A change of any of `trails` wakes it. `keys` sign its digests. `on_call` gets each call that
    CloudTrail makes itself, `on_insight` each Insights event: both have records of their own.
    `faults` counts what went wrong.
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
        disturbance: Disturbance | None,
    ) -> None:
        self._delay = delay
        self._on_insight = on_insight
        self._insights = insights
        self.faults = Faults()
        self.outbox = Outbox(self.faults)
        self._digests = DigestFiles(trails, keys, self.faults, self.outbox.hand_on)
        self._files = LogFiles(
            delay, self._digests, self.faults, self.outbox.hand_on, on_call, disturbance
        )
        self._arrived: deque[Recorded] = deque()
        self._for_log_groups: dict[tuple[int, str], _LogEvents] = {}
        self._working = threading.RLock()
        """Guards everything that waits, except `_arrived`."""
        self._wake = threading.Event()
        self._dormant = False
        self._stopping = False
        self._restarts = 0
        self._thread = self._new_thread()
        self._trails_changed = False
        trails.on_change = self._note_change

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

    def _note_change(self) -> None:
        self._trails_changed = True
        self.wake()

    def wake(self) -> None:
        """Look again at what is due."""
        self._wake.set()

    def reset(self) -> None:
        """Forget everything that is not delivered yet: moto's reset deletes the buckets, too."""
        with self._working:
            self._arrived.clear()
            self._files.clear()
            self._for_log_groups.clear()
            self._digests.clear()
            self._insights.clear()
            self.outbox.clear()
            self.faults.clear()

    def status(self) -> dict[str, Any]:
        """The state of delivery, as a JSON object.

        `waiting` counts the events that are in no file yet, `notifications` the calls to
        subscribers that are not done, `restarts` how often the thread ended and was replaced.
        `faults` are unexpected errors. A bucket that refuses a file does not count: GetTrailStatus
        shows it.
        """
        with self._working:
            buffered = sum(len(buffer.records) for buffer in self._files.buffers)
            waiting = len(self._arrived) + buffered
        return {
            "running": self._thread.is_alive(),
            "restarts": self._restarts,
            "waiting": waiting,
            "notifications": self.outbox.waiting,
            "faults": self.faults.to_json(),
        }

    def take(self, recorded: Recorded) -> None:
        """Accept an event; returns at once."""
        if not recorded.trails:
            return
        self._arrived.append(recorded)
        if self._dormant:
            self.wake()

    def deliver_now(self) -> None:
        """Deliver all that has been recorded so far, without waiting for it to be due.

        Then wait until subscribers have been called, for at most `outbox.PATIENCE`.
        """
        self._work(everything=True, patience=timedelta(0))
        self.outbox.wait()

    def catch_up(self) -> None:
        """Deliver all that is due now. Called before and after the clock is moved."""
        self._work(patience=timedelta(0))
        self.outbox.wait()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="local-aws-delivery", daemon=True)

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._turn()
        except BaseException as error:  # noqa: BLE001
            # What waits is not lost: a new thread goes on with it.
            self.faults.note("the thread of delivery", error)
            self._wake.wait(_TICK)
            self._restarts += 1
            self._thread = self._new_thread()
            self._thread.start()

    def _turn(self) -> None:
        try:
            # Before looking: what arrives or changes in between must wake us.
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
            if self._trails_changed:
                return 0.0
            if self._arrived:
                return min(_TICK, self._delay.total_seconds())
            if self._insights.counting:
                return _TICK
            waiting = [buffer.due for buffer in self._files.buffers]
            digest = self._digests.next_due()
        if digest is not None:
            waiting.append(digest)
        if not waiting:
            return None
        return min(max((min(waiting) - datetime.now(UTC)).total_seconds(), 0.0), _TICK)

    def _work(self, *, patience: timedelta, everything: bool = False) -> None:
        with self._working:
            # Before looking at the trails: one that changes meanwhile is looked at again.
            self._trails_changed = False
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
            self._files.close(due, {id(state) for state in ended})
            self._files.deliver(due)
            with self.faults.kept_from("digests"):
                self._digests.end(ended, now)
                self._digests.deliver_due(now)

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
        # Like `faults.kept_from`, which would take a tenth of a delivery's time here.
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
        """Buffer an event for the trails that record it; return them, and those that failed to
        judge it."""
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
        self._files.add(in_force, recorded)
        trail = in_force.trail
        if trail.log_group_arn:
            waiting = self._for_log_groups.setdefault(
                (id(in_force.state), trail.log_group_arn), _LogEvents(in_force.state, trail)
            )
            waiting.events.append((recorded.time, recorded.json))

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
        time = datetime.fromisoformat(record["eventTime"])
        self._files.add_insight(found, Recorded(record, content, time, ()))
        if not is_new:
            return
        with self.faults.kept_from("Event history"):
            self._on_insight(found, content)
        with self.faults.kept_from("EventBridge"):
            send_to_event_bus(record, len(content), self.outbox.hand_on)
