"""Event history of every account and Region of a server."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudtrail.event_history import history_event, parse_lookup
from cloudtrail.event_store import EventHistory
from cloudtrail.records.calls import Record
from cloudtrail.trails import CloudTrailException
from local_aws.cloudtrail.exceptions import CloudTrailError


class EventHistories:
    """An Event history per account and Region: management and Insights events of 90 days."""

    def __init__(self) -> None:
        self._histories: dict[tuple[str, str], EventHistory] = defaultdict(EventHistory)
        self._lock = threading.Lock()

    def append(self, record: Record, record_json: bytes) -> None:
        """Keep a record, unless it is of a data event: Event history never has those."""
        if record["eventCategory"] == "Data":
            return
        event = history_event(record, record_json)
        with self._lock:
            history = self._histories[record["recipientAccountId"], record["awsRegion"]]
            history.append(event)
            history.prune(event.event_time)

    def lookup(self, account_id: str, region: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer LookupEvents. Raises CloudTrailError with the API's own codes."""
        try:
            query = parse_lookup(request)
            with self._lock:
                events = self._histories[account_id, region].events()
            page = events.lookup(query, now=datetime.now(UTC))
        except CloudTrailException as error:
            raise CloudTrailError(error.code, str(error)) from error
        return page.to_api()

    def clear(self) -> None:
        with self._lock:
            self._histories.clear()
