"""How much of what real records hold ours hold, by service: `make fidelity` prints it.

`python -m tests.fidelity facts` renews the facts from the real records, where they stand beside the
checkout; `python -m tests.fidelity write` writes the figures to hold, and docs/fidelity.md's table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import Call, Record
from cloudtrail.records.identity import user_identity
from cloudtrail.records.record import record_of
from tests.cloudtrail.comparison import Comparison, of_time_or_place
from tests.cloudtrail.facts import FILE as FACTS
from tests.cloudtrail.facts import facts, real_lines
from tests.cloudtrail.reference import FOLDER, call_of

SETS = ("older", "newer")
"""The records that the first rules were learned from, and those that came later."""

HELD = Path(__file__).with_name("shares.json")
DOCS = Path(__file__).parents[1] / "docs" / "fidelity.md"
BEGIN, END = "<!-- shares: make fidelity -->\n", "<!-- end of shares -->\n"

Shares = dict[str, dict[str, Comparison]]
"""Comparisons by set and service."""


def ours_of(real: Record, call: Call) -> Record:
    """Return our record of a real one's call, its caller as the real one's event version has it."""
    ours: Record = msgspec.json.decode(to_json(record_of(call)))
    # DynamoDB's sessions lack the empty objects of event version 1.08 (9 of 9).
    version = "1.09" if call.service == "dynamodb" else real["eventVersion"]
    ours["userIdentity"] = user_identity(call.identity, version)
    return ours


def measured() -> Shares:
    """Make the call of each fact again and compare our record with it."""
    shares: Shares = {name: {} for name in SETS}
    for name, fact in facts():
        call = call_of(fact)
        if call is not None:
            source = fact["eventSource"].removesuffix(".amazonaws.com")
            comparison = shares[name].setdefault(source, Comparison())
            comparison.add(fact, ours_of(fact, call), of_time_or_place)
    return shares


def total(shares: dict[str, Comparison]) -> Comparison:
    """Return the comparison of all services."""
    found = Comparison()
    for each in shares.values():
        found.agreeing += each.agreeing
        found.missing += each.missing
        found.added += each.added
        found.excused += each.excused
    return found


def held() -> dict[str, dict[str, float]]:
    """Return the shares that may not fall, by set and service."""
    shares: dict[str, dict[str, float]] = json.loads(HELD.read_text())
    return shares


def table(shares: Shares) -> Iterator[str]:
    """Yield the lines of a table of the shares by service, the worst of each first."""
    yield "| service | paths | older records | newer records |"
    yield "|---|---|---|---|"
    yield _row("**all**", [total(shares[name]) for name in SETS])
    rows = {
        service: [shares[name].get(service) for name in SETS]
        for service in {service for name in SETS for service in shares[name]}
    }
    for service in sorted(rows, key=lambda name: (_worst(rows[name]), name)):
        yield _row(service, rows[service])


def _worst(row: list[Comparison | None]) -> float:
    return min(each.share for each in row if each)


def _row(service: str, row: list[Comparison | None]) -> str:
    paths = sum(each.agreeing + each.missing.total() + each.added.total() for each in row if each)
    cells = (f"{each.share:.3f}" if each else "" for each in row)
    return f"| {service} | {paths:,} | {' | '.join(cells)} |"


def write(shares: Shares) -> None:
    """Write the shares to hold, and the table into the documentation."""
    figures = {
        name: {service: _floor(each.share) for service, each in sorted(shares[name].items())}
        | {"all": _floor(total(shares[name]).share)}
        for name in SETS
    }
    HELD.write_text(json.dumps(figures, indent=1) + "\n")
    before, rest = DOCS.read_text().split(BEGIN)
    after = rest.split(END)[1]
    DOCS.write_text(f"{before}{BEGIN}\n" + "\n".join(table(shares)) + f"\n\n{END}{after}")


def _floor(share: float) -> float:
    return int(share * 10_000) / 10_000


def main(arguments: list[str]) -> int:
    """Do what the command line says; return its exit code."""
    match arguments:
        case ["facts"] if FOLDER.is_dir():
            FACTS.write_text("\n".join(real_lines()) + "\n")
        case ["write"]:
            write(measured())
        case []:
            shares = measured()
            print("\n".join(table(shares)))
            for name in SETS:
                print(f"\n{name} records: {total(shares[name]).report()}")
        case _:
            print(f"wanted nothing, `write`, or `facts` beside {FOLDER}; got {arguments}")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
