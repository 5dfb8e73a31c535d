"""Credentials that expire while a lab is working: renewed if possible, otherwise reported at once.

botocore itself renews those of roles, SSO and processes. Session keys in a profile are read again,
because other tools put new ones there. A refused call is repeated with them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab_steps.errors import ExpiredError

EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
}
"""What services say of a session that is over (their APIs' common errors)."""


@dataclass
class Renewal:
    """The credentials of one session of botocore's, which all clients of it share.

    `read_again` gives what the same place has now, `advice` what the person is to do.
    """

    credentials: Any
    read_again: Callable[[], Any]
    advice: Callable[[], str]
    renewed: Callable[[], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, client: Any) -> None:
        """Look at all that `client` is answered."""
        client.meta.events.register("needs-retry", self._on_answer)

    def _on_answer(self, response: Any, request_dict: dict[str, Any], **_: Any) -> float | None:
        """0, the seconds after which botocore makes the call again, if it was made with old keys.

        Raises ExpiredError where no others are to be had.
        """
        error = response[1].get("Error", {}) if response else {}
        if error.get("Code") not in EXPIRED:
            return None
        context = request_dict["context"]
        with self._lock:
            used = context.setdefault("lab_renewals", 0)
            context["lab_renewals"] = used + 1
            fresh = self.read_again() if not used else None
            frozen = fresh.get_frozen_credentials() if fresh else None
            now = self.credentials.get_frozen_credentials()
            if frozen is None or frozen.token is None or frozen == now:
                raise ExpiredError(
                    f"The credentials have expired: {error.get('Message') or error['Code']}",
                    f"{self.advice()} Nothing is lost: repeat the command, and it continues where "
                    "it stopped.",
                )
            self.credentials.access_key = frozen.access_key
            self.credentials.secret_key = frozen.secret_key
            self.credentials.token = frozen.token
            self.renewed()
        return 0.0
