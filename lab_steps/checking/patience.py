"""How long a look waits for what CloudTrail delivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery may take (`due`), and how often to look (`poll` seconds)."""

    due: timedelta
    poll: float


LOCAL_PATIENCE = Patience(timedelta(seconds=30), 0.1)
AWS_PATIENCE = Patience(timedelta(minutes=20), 15.0)
"""CloudTrail delivers on average within 5 minutes, not guaranteed
(UG/get-and-view-cloudtrail-log-files); 20 covers what is seen in practice."""
