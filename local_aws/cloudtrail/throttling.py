"""CloudTrail's request quotas, enforced on request, to test how clients handle them.

Source: UG/WhatIsCloudTrail-Limits. Each quota is per account and Region.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from local_aws.cloudtrail.exceptions import CloudTrailError

LOOKUPS_PER_SECOND = 2
READS_PER_SECOND = 10
CHANGES_PER_SECOND = 1
_READS = ("Get", "Describe", "List")


def quota_of(operation: str) -> tuple[str, int]:
    """The quota that an operation counts against, and its requests per second."""
    if operation == "LookupEvents":
        return operation, LOOKUPS_PER_SECOND
    if operation.startswith(_READS):
        return "reads", READS_PER_SECOND
    return operation, CHANGES_PER_SECOND


class Throttle:
    """Counts requests of the last second, where `enforced`."""

    def __init__(self, enforced: bool) -> None:
        self.enforced = enforced
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, str], deque[float]] = {}

    def admit(self, account_id: str, region: str, operation: str) -> None:
        """Count a request. Raises ThrottlingException over the quota."""
        if not self.enforced:
            return
        group, limit = quota_of(operation)
        now = time.monotonic()
        with self._lock:
            recent = self._requests.setdefault((account_id, region, group), deque())
            while recent and now - recent[0] >= 1:
                recent.popleft()
            if len(recent) >= limit:
                raise CloudTrailError("ThrottlingException", "Rate exceeded")
            recent.append(now)
