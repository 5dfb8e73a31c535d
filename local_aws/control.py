"""What can be asked of a running local AWS itself, beside AWS's APIs: `/_local-aws/...`.

GET  /_local-aws/status                                what runs here, and its time
POST /_local-aws/clock   {"advance_seconds": 3600}     let time pass, and what it brings
POST /_local-aws/deliver                               deliver all that is recorded, now
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

PREFIX = "/_local-aws/"
LONGEST_BODY = 1024
"""Bytes: more than any request here needs."""

Reply = tuple[int, dict[str, Any]]


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    advance_seconds: float


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


@dataclass(frozen=True, slots=True)
class Control:
    """The actions behind the control requests."""

    status: Callable[[], dict[str, Any]]
    advance: Callable[[timedelta], datetime]
    deliver_now: Callable[[], None]

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """The HTTP status and JSON answer of a control request."""
        action = {
            ("GET", "status"): self._status,
            ("POST", "clock"): self._advance,
            ("POST", "deliver"): self._deliver,
        }.get((method, path.removeprefix(PREFIX)))
        if action is None:
            return 404, {
                "message": f"{method} {path} is not known here; there are GET {PREFIX}status, "
                f"POST {PREFIX}clock and POST {PREFIX}deliver"
            }
        if len(body) > LONGEST_BODY:
            return 413, {"message": f"wanted at most {LONGEST_BODY} bytes, got {len(body)}"}
        return action(body)

    def _status(self, _body: bytes) -> Reply:
        return 200, self.status()

    def _advance(self, body: bytes) -> Reply:
        try:
            step = timedelta(seconds=msgspec.json.decode(body, type=_Step).advance_seconds)
            return 200, {"now": f"{self.advance(step):%Y-%m-%dT%H:%M:%SZ}"}
        except (ValueError, OverflowError) as error:
            return 400, {"message": f'wanted {{"advance_seconds": N}}: {error}'}

    def _deliver(self, body: bytes) -> Reply:
        try:
            msgspec.json.decode(body or b"{}", type=_Nothing)
        except ValueError as error:
            return 400, {"message": f"wanted no body, or {{}}: {error}"}
        self.deliver_now()
        return 200, {"delivered": True}
