"""Event history of every account and Region of the local AWS."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudtrail.calls import Record
from cloudtrail.event_history import (
    RETENTION,
    HistoryEvent,
    history_event,
    lookup,
    parse_lookup,
)
from cloudtrail.trails import CloudTrailException
from local_aws.exceptions import CloudTrailError


class EventHistories:
    """Event history per account and Region: management and Insights events, 90 days of them."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], deque[HistoryEvent]] = {}
        self._lock = threading.Lock()

    def append(self, record: Record, record_json: bytes) -> None:
        """Keep a record, unless it is of a kind that Event history never holds."""
        if record["eventCategory"] == "Data":
            return
        event = history_event(record, record_json)
        with self._lock:
            events = self._events.setdefault(
                (record["recipientAccountId"], record["awsRegion"]), deque()
            )
            events.append(event)
            while event.event_time - events[0].event_time > RETENTION:
                events.popleft()

    def lookup(self, account_id: str, region: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer LookupEvents. Raises CloudTrailError by the API's own names."""
        with self._lock:
            newest_first = list(reversed(self._events.get((account_id, region), ())))
        try:
            return lookup(newest_first, parse_lookup(request), now=datetime.now(UTC)).to_api()
        except CloudTrailException as error:
            raise CloudTrailError(error.code, str(error)) from error

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._events.clear()


event_histories = EventHistories()
