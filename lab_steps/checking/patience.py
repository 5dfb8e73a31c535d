"""How long a check waits for CloudTrail's delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery may take (`due`) and usually takes (`usual`), how often to look (every
    `poll` seconds), and how long to wait until a new trail records reliably (`settle`)."""

    due: timedelta
    poll: float
    usual: timedelta = timedelta()
    settle: timedelta = timedelta()


LOCAL_PATIENCE = Patience(timedelta(seconds=30), 0.1)
AWS_PATIENCE = Patience(
    timedelta(minutes=20), 15.0, usual=timedelta(minutes=5), settle=timedelta(minutes=1)
)
"""CloudTrail delivers on average within 5 minutes, not guaranteed
(UG/get-and-view-cloudtrail-log-files); 20 covers what is seen in practice. How soon the selectors
of a new trail take effect is not documented: a minute is little compared with the wait for log
files."""
