"""The CloudTrail of one server: everything recorded, kept or delivered there, in one place."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cloudtrail.compact_json import to_json
from cloudtrail.policies.policy_from_records import Denial
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.other_event_types.service_events import Happening, record_of_happening
from local_aws.clock import Clock
from local_aws.cloudtrail.delivery.delivery_loop import Delivery
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from local_aws.cloudtrail.delivery.insights import FoundInsight, InsightEvents
from local_aws.cloudtrail.delivery.log_files import Recorded
from local_aws.cloudtrail.event_histories import EventHistories
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.kept_records import KeptRecords
from local_aws.cloudtrail.signing_keys import SigningKeys
from local_aws.cloudtrail.throttling import Throttle
from local_aws.cloudtrail.trails import TrailOperations
from local_aws.cloudtrail.trails_in_force import InForce, TrailStates
from local_aws.recording.record import made

MOST_DENIALS = 10_000


class CloudTrailService:
    """The trails, Event histories, keys and deliveries of all accounts and Regions.

    Everything that a server remembers of CloudTrail is here, so the next server of the process
    starts with nothing. The options are those of `LocalAws`.
    """

    def __init__(
        self,
        clock: Clock,
        delivery_delay: timedelta,
        insights_warm_up: timedelta,
        *,
        disturbance: Disturbance | None = None,
        throttling: bool = False,
    ) -> None:
        self._clock = clock
        self.trails = TrailStates()
        self.history = EventHistories()
        self.kept_records = KeptRecords()
        self.keys = SigningKeys()
        self.throttle = Throttle(throttling)
        self.incomplete_records = Faults()
        self.denials: deque[Denial] = deque(maxlen=MOST_DENIALS)
        """The permissions that callers lacked while policies were enforced, in order."""
        self.delivery = Delivery(
            delivery_delay,
            self.trails,
            self.keys,
            on_call=self._record_own_call,
            on_insight=self._take_insight,
            insights=InsightEvents(self.trails, insights_warm_up),
            disturbance=disturbance,
        )

    def operations(self, account_id: str, region: str) -> TrailOperations:
        """The operations on trails, as they are called from an account in a Region."""
        return TrailOperations(self.trails, account_id, region)

    def record(
        self, call: Call, trails: tuple[InForce, ...] | None = None, *, by_delivery: bool = False
    ) -> Record:
        """Make the record of a call, and give it to Event history and to the trails.

        `trails` are those that were in force when the call was made, by default those of now.
        """
        if trails is None:
            trails = self.trails.in_force(call.account_id, call.region)
        record, content = made(call, self.incomplete_records)
        self._take(Recorded(record, content, call.time, trails, by_delivery))
        return record

    def record_happening(self, happening: Happening) -> None:
        """Record what a service did by itself."""
        self.record_event(record_of_happening(happening), happening.time)

    def record_event(self, record: Record, time: datetime) -> None:
        """Take the record of something that was not an API call."""
        trails = self.trails.in_force(record["recipientAccountId"], record["awsRegion"])
        self._take(Recorded(record, to_json(record), time, trails))

    def _take(self, recorded: Recorded) -> None:
        self.kept_records.append(recorded.json)
        with self.delivery.faults.kept_from("Event history"):
            self.history.append(recorded.record, recorded.json)
        self.delivery.take(recorded)

    def _take_insight(self, found: FoundInsight, content: bytes) -> None:
        self.kept_records.append(content)
        if found.event_category == "Management":
            # Insights on data events are in no Event history (API/LookupEvents).
            self.history.append(found.record, content)

    def _record_own_call(self, call: Call) -> None:
        self.record(call, by_delivery=True)

    def advance(self, step: timedelta, bring: Callable[[datetime], None]) -> datetime:
        """Move the clock, deliver all that became due, and return the new time.

        `bring` is called with the new time, to do everything else that is due. Raises ValueError
        for a step that is not forward.
        """
        self.delivery.catch_up()
        now = self._clock.advance(step)
        bring(now)
        self.delivery.catch_up()
        return now

    def reset(self) -> None:
        """Forget everything except the keys: each takes a tenth of a second to make."""
        self._clock.release()
        self.trails.clear()
        self.delivery.reset()
        self.history.clear()
        self.kept_records.clear()
        self.incomplete_records.clear()
        self.denials.clear()

    def status(self) -> dict[str, Any]:
        """What went wrong, and what waits, as members of a JSON object."""
        return {
            "delivery": self.delivery.status(),
            "incomplete_records": self.incomplete_records.to_json(),
        }
