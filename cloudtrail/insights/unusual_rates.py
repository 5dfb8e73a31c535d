"""When a minute's rate is unusual: part 2 of the rule."""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct

LEAST_UNUSUAL_COUNT = 4
"""Calls in the quietest single minute of AWS's sample events."""

UNUSUAL_ONCE_IN = 1e8
RECURRENT_HOURS = 3
LEAST_SURPRISE = math.log(UNUSUAL_ONCE_IN)


class Baseline(Struct, frozen=True):
    """The usual activity of a subject: `total` events in `minutes`, and the recurring extremes.

    `RECURRENT_HOURS` hours had a minute with `recurrent_peak` events or more, and as many a minute
    with `recurrent_trough` or fewer; if fewer hours are known, they are 0 and infinity.
    """

    total: int
    minutes: int
    recurrent_peak: float = 0
    recurrent_trough: float = math.inf


Direction = Literal["above", "below"]


def unusual(count: int, baseline: Baseline) -> Direction | None:
    """On which side of `baseline` a minute with `count` events is unusual: the rule's part 2."""
    direction = surprising(count, baseline.total, baseline.minutes)
    if direction == "above" and count <= baseline.recurrent_peak:
        return None
    if direction == "below" and count >= baseline.recurrent_trough:
        return None
    return direction


def surprising(count: int, total: int, minutes: int) -> Direction | None:
    rate = max(total, 1) / minutes
    if count < rate:
        return "below" if _surprise(count, rate) >= LEAST_SURPRISE else None
    if count < LEAST_UNUSUAL_COUNT or _surprise(count, rate) < LEAST_SURPRISE:
        return None
    return "above"


def _surprise(count: int, rate: float) -> float:
    """-ln of Chernoff's bound on the chance that a Poisson count is as far from `rate`."""
    return rate - count + (count * math.log(count / rate) if count else 0)
