"""What a fuzz campaign found, in figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of `tried` inputs; `first` describes the first one that went wrong.

    `lost` left no trace where there must be one, `doubled` left two, `crashed` was answered
    by an exception that nobody foresaw, `hung` got no answer in time.
    """

    name: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    crashed: int = 0
    hung: int = 0
    first: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.crashed or self.hung)

    def plus(self, first: str = "", **counts: int) -> Figures:
        """These figures with some of the counts raised: `plus(tried=1)`."""
        raised = {name: getattr(self, name) + count for name, count in counts.items()}
        return replace(self, **raised, first=self.first or first)

    def __str__(self) -> str:
        """One line."""
        counts = (
            f"{self.name}: {self.tried:,} tried, {self.lost} lost, {self.doubled} doubled, "
            f"{self.crashed} crashed, {self.hung} hung"
        )
        return f"{counts}; first: {self.first}" if self.first else counts


Campaign = Callable[[int, int], Figures]
"""`run(count, seed)`: tries about `count` random inputs, the same ones for the same seed."""
