"""The plot of recorded events as text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from lab_steps.results import plain_text
from lab_steps.results.delivered import EventCount, Observed, ObservedTrail
from lab_steps.results.text_timeline import lines, own_calls
from tests.lab_steps.documents import LEGIBLE, NASTY, event, made, observed

WIDTH = 60


def told(*trails: ObservedTrail, width: int = WIDTH) -> list[str]:
    found = lines(Observed(trails=trails), width)
    return [" " * indent + text.rstrip() for indent, text in found]


def test_each_name_has_its_marks_over_time_and_what_the_lab_looks_for_comes_first() -> None:
    trail = ObservedTrail(
        trail="data",
        expected=("PutItem", "GetItem"),
        events=(
            event("Scan", 0, read_only=True),
            event("PutItem", 30),
            event("Query", 60, error_code="AccessDenied"),
        ),
    )
    assert told(trail)[2:] == [
        "  data",
        "    * PutItem                         1  .........w.........",
        "    * GetItem                         0  ...................",
        "      Scan                            1  r..................",
        "      Query                           1  ..................x",
        "                                         12:00:00   12:01:00",
    ]


def test_calls_of_checks_are_one_line_apart_and_what_is_left_out_is_told() -> None:
    calls = {"LookupEvents": 204, "ListTrails": 20, "Scan": 5, "GetObject": 1, "HeadBucket": 1}
    trail = ObservedTrail(trail="t", events=(event("A", 1),), more_events=1234, own_calls=calls)
    assert told(trail)[-2:] == [
        "    1,234 earlier events are only counted",
        (
            "    not drawn: 231 calls of checks and of CloudTrail's deliveries: 204 LookupEvents, "
            "20 ListTrails, 5 Scan and 2 more names"
        ),
    ]
    assert own_calls({"Scan": 1}) == ("1 call of checks and of CloudTrail's deliveries: 1 Scan")


def test_where_nothing_was_recorded_that_is_said() -> None:
    trail = ObservedTrail(trail="t", problem="There is no trail t.")
    assert told(trail) == [
        "  No events were found in the log files of any trail.",
        "  t",
        "    There is no trail t.",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_50_000_events_fit_the_terminal(width: int) -> None:
    counts = tuple(
        EventCount(
            event_time=f"2026-03-{1 + span // 24:02}T{span % 24:02}:00:00Z",
            event_name=f"ANameThatIsLongerThanItsColumn{number}",
            kind="failed" if number == 13 else "read",
            count=3 + span // 6 * number,
        )
        for span in range(240)
        for number in range(15)
    )
    shown = told(ObservedTrail(trail="t", counts=counts), width=width)
    assert sum(each.count for each in counts) > 50_000
    rows = [each for each in shown if "~" in each]
    assert len(rows) == 8
    assert max(map(len, shown)) <= max(width, 76)
    assert "x" in rows[1].split()[-1]
    assert "9" in rows[0].split()[-1]
    assert len({*rows[0].split()[-1]}) > 5


def test_the_report_for_people_has_it_and_no_name_leaves_its_line() -> None:
    out = io.StringIO()
    plain_text.show(made(seen=observed()), Console(file=out, width=100))
    text = out.getvalue()
    assert "\nRecorded events\n" in text
    assert text.index("Recorded events") < text.index(" passed")
    assert f"refused {LEGIBLE}" in text
    assert NASTY not in text
