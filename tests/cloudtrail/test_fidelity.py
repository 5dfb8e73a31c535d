"""How much of what real records hold our records hold: JSON paths and value types.

Reported by `pytest -rP`: the share of paths that agree, as recorded and without the known
differences of time and place, each of which is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from cloudtrail.calls import Record
from cloudtrail.identity import user_identity
from cloudtrail.records import record_of, to_json
from tests.cloudtrail.reference import FOLDER, call_of, records

WANTED_SHARE = 0.97

Path = tuple[str, str]

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the real records are not here: {FOLDER}"
)


@dataclass
class Comparison:
    """Paths that agree, that only the real record has, and that only ours has."""

    agreeing: int = 0
    missing: Counter[tuple[str, Path]] = field(default_factory=Counter)
    added: Counter[tuple[str, Path]] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)

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


def excuse(path: str, real: Record) -> str | None:
    """Return why a difference is not one of behaviour, or None if it is."""
    if path.startswith(".tlsDetails") and "tlsDetails" not in real:
        return "tlsDetails: AWS added it service by service in event version 1.08"
    if path.startswith((".vpcEndpoint", ".sessionCredentialFromConsole")):
        return "the caller's network or console session: no client here has one"
    if path.endswith(".ec2RoleDelivery"):
        return "ec2RoleDelivery: no client here is an EC2 instance"
    return None


def compare(excusing: bool) -> Comparison:
    """Compare every real record with ours of the same call."""
    comparison = Comparison()
    for real in records():
        call = call_of(real)
        if call is None:
            continue
        ours = msgspec.json.decode(to_json(record_of(call)))
        if excusing:
            # What an identity looks like depends on the event version; ours is the newest.
            ours["userIdentity"] = user_identity(call.identity, real["eventVersion"])
        _add(comparison, real, ours, excusing)
    return comparison


def _add(comparison: Comparison, real: Record, ours: Record, excusing: bool) -> None:
    theirs, mine = set(paths(real)), set(paths(ours))
    comparison.agreeing += len(theirs & mine)
    differences = ((theirs - mine, comparison.missing), (mine - theirs, comparison.added))
    for found, counts in differences:
        for path in found:
            reason = excuse(path[0], real) if excusing else None
            if reason is None:
                counts[real["eventName"], path] += 1
            else:
                comparison.excused[reason] += 1


def test_paths_and_types_agree_with_real_records() -> None:
    comparison = compare(excusing=False)
    print(comparison.report())
    assert comparison.share >= WANTED_SHARE


def test_almost_all_paths_agree_but_for_time_and_place() -> None:
    comparison = compare(excusing=True)
    print(comparison.report())
    assert comparison.share >= 0.99


@pytest.mark.parametrize(
    "key",
    [
        "eventSource",
        "eventName",
        "readOnly",
        "managementEvent",
        "eventCategory",
        "eventType",
        "apiVersion",
        "errorCode",
        "awsRegion",
    ],
)
def test_the_value_agrees_with_every_real_record(key: str) -> None:
    differing = {
        (real["eventName"], real.get(key), ours.get(key))
        for real in records()
        if (call := call_of(real)) is not None
        and (ours := record_of(call)).get(key) != real.get(key)
    }
    assert differing == set()


def test_few_real_events_have_no_operation_in_the_public_apis() -> None:
    unknown = {real["eventName"] for real in records() if call_of(real) is None}
    assert unknown == {
        "GetStorageLensDashboardDataInternal",
        "ListInstanceAssociations",
        "UpdateInstanceAssociationStatus",
        "UpdateInstanceInformation",
    }
