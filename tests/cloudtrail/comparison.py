"""Two records compared: the JSON paths that both have, with the type of the value at each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloudtrail.records.calls import Record

Path = tuple[str, str]
"""A path, list items sharing one, and the JSON type there."""

Excuse = Callable[[str, Record], str | None]
"""Returns why a difference at a path is not one of behaviour, or None if it is."""


ADDED_SINCE = {"kms.amazonaws.com": "2025-06", "sts.amazonaws.com": "2025-10"}
"""Since which month a service's records have additionalEventData, as all real ones show."""


@dataclass
class Comparison:
    """Paths that agree, that only the real record has, and that only ours has."""

    agreeing: int = 0
    missing: Counter[tuple[str, Path]] = field(default_factory=Counter)
    added: Counter[tuple[str, Path]] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)

    def add(self, real: Record, ours: Record, excuse: Excuse | None = None) -> None:
        """Compare a real record with ours of the same call."""
        theirs, mine = set(paths(real)), set(paths(ours))
        self.agreeing += len(theirs & mine)
        for found, counts in ((theirs - mine, self.missing), (mine - theirs, self.added)):
            for path in found:
                reason = excuse(path[0], real) if excuse else None
                if reason is None:
                    counts[real["eventName"], path] += 1
                else:
                    self.excused[reason] += 1

    @property
    def share(self) -> float:
        """The share of all paths, ours and the real ones, that agree."""
        return self.agreeing / (self.agreeing + self.missing.total() + self.added.total())

    def report(self) -> str:
        """Return the numbers and every difference, commonest first."""
        lines = [f"{self.agreeing} paths agree: {self.share:.4f}"]
        for title, counts in (("missing", self.missing), ("added", self.added)):
            lines += [f"{title} {n}: {name} {path}" for (name, path), n in counts.most_common()]
        return "\n".join([*lines, f"excused: {dict(self.excused)}"])


def paths(value: Any, at: str = "") -> Iterator[Path]:
    """Yield (path, JSON type) of a value and all within it; list items share one path."""
    if isinstance(value, dict):
        yield at, "object"
        for key, inner in value.items():
            yield from paths(inner, f"{at}.{key}")
    elif isinstance(value, list):
        yield at, "array"
        for inner in value:
            yield from paths(inner, f"{at}[]")
    else:
        yield at, type(value).__name__


def of_time_or_place(path: str, real: Record) -> str | None:
    """Excuse what depends on when and from where a call was made."""
    if path.startswith(".tlsDetails") and "tlsDetails" not in real:
        return "tlsDetails: AWS added it service by service in event version 1.08"
    is_older = real["eventTime"] < ADDED_SINCE.get(real["eventSource"], "")
    if path.startswith(".additionalEventData") and is_older:
        return "additionalEventData of KMS and STS, which AWS added after the record was made"
    if path.startswith(".vpcEndpoint"):
        return "vpcEndpointId: there are no VPC endpoints here"
    if path.endswith(".ec2RoleDelivery"):
        return "ec2RoleDelivery: no client here is an EC2 instance"
    return None
