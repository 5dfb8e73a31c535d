"""The key pairs that sign a Region's digest files, and ListPublicKeys."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudtrail.digests import SigningKey, new_signing_key, public_keys_between
from local_aws.cloudtrail.exceptions import CloudTrailError, refuse_token

_BACKDATED = timedelta(days=1)


class SigningKeys:
    """Each Region's keys, made when they are first needed."""

    def __init__(self) -> None:
        self._keys: dict[str, list[SigningKey]] = defaultdict(list)
        self._lock = threading.Lock()

    def valid(self, region: str, time: datetime) -> SigningKey:
        """The Region's key that is valid at `time`."""
        with self._lock:
            keys = self._keys[region]
            for key in keys:
                if key.valid_from <= time <= key.valid_until:
                    return key
            keys.append(new_signing_key(time - _BACKDATED))
            return keys[-1]

    def list_public_keys(self, region: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListPublicKeys: keys valid in a time range, by default now."""
        refuse_token(request)
        now = datetime.now(UTC)
        start, end = request.get("StartTime") or now, request.get("EndTime") or now
        if start > end:
            raise CloudTrailError(
                "InvalidTimeRangeException",
                f"StartTime {start:%Y-%m-%dT%H:%M:%SZ} is after EndTime {end:%Y-%m-%dT%H:%M:%SZ}.",
            )
        self.valid(region, now)
        return {"PublicKeyList": public_keys_between(self._keys[region], start, end)}
