"""What a lab costs: how much it uses, and what AWS charges for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from trail_logs.prices import PRICES, Price

HOURS_IN_A_MONTH = 730
SESSION_HOURS = 2
"""How long a session is assumed to be."""


@dataclass(frozen=True, slots=True)
class Usage:
    """An amount of what PRICES has under `what`: in a session, and in a month of a forgotten lab.
    `because` says where the counts are from.
    """

    what: str
    session: float
    month: float
    because: str

    @property
    def price(self) -> Price:
        """AWS's price for it. Raises KeyError if PRICES has none."""
        return PRICES[self.what]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an estimate: units and dollars, of a session and of a forgotten month."""

    what: str
    price: str
    session_units: float
    session_dollars: float
    month_units: float
    month_dollars: float
    because: str


def costs(usage: Iterable[Usage]) -> Iterator[Cost]:
    """A line of the estimate for each usage."""
    for each in usage:
        yield Cost(
            what=each.what,
            price=each.price.text,
            session_units=each.session,
            session_dollars=round(each.price.of(each.session), 6),
            month_units=each.month,
            month_dollars=round(each.price.of(each.month), 6),
            because=each.because,
        )
