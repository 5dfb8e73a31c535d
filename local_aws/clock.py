"""A clock that can be moved: days of CloudTrail in seconds, for tests and teaching."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import time_machine

LONGEST_STEP = timedelta(days=366)
HORIZON = datetime(2100, 1, 1, tzinfo=UTC)
"""The latest time: well before the limits of dates, certificates and moto."""


class Clock:
    """This process's time: the machine's, until it is moved forward.

    Everything in this process uses it: records, log files, digests, Insights, and moto's own time
    stamps.
    """

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def advance(self, step: timedelta) -> datetime:
        """Move time forward by `step`, more than nothing and at most a year, and return it.

        Raises ValueError for any other step, and for one past `HORIZON`: time does not go back.
        """
        if not timedelta(0) < step <= LONGEST_STEP:
            raise ValueError(
                f"wanted more than 0 and at most {LONGEST_STEP.total_seconds():.0f} seconds, "
                f"got {step.total_seconds():g} (time goes forward only)"
            )
        with self._lock:
            if self.now() + step > HORIZON:
                raise ValueError(
                    f"wanted a step that ends before {HORIZON:%Y-%m-%d}, got one from "
                    f"{self.now():%Y-%m-%d} past it; POST /moto-api/reset returns to today, and "
                    "deletes everything"
                )
            if self._traveller is None:
                # Imported when first needed: it also loads pytest.
                import time_machine

                self._travel = time_machine.travel(self.now(), tick=True)
                self._traveller = self._travel.start()
            self._traveller.shift(step)
            return self.now()

    def release(self) -> None:
        """Return to the machine's time. Idempotent."""
        with self._lock:
            if self._travel is not None:
                self._travel.stop()
            self._travel = self._traveller = None
