"""Delivery under everything at once, for some seconds; `python -m tests.fuzz` does it for long."""

from __future__ import annotations

from collections import Counter

import pytest

from local_aws import LocalAws
from tests.fuzz.delivery import Asked, Change, History, attack, judge
from tests.fuzz.figures import Figures
from tests.profiles import IS_LONG

CALL = Asked("id", 5, 6)


def test_each_call_is_in_the_right_files_exactly_once(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_aws.cloudtrail.delivery.outbox.PATIENCE", 0.3)
    calls = 2_000 if IS_LONG else 1_024  # 16 callers share them
    figures = attack(aws, calls, seed=1)
    assert figures.tried == calls
    assert figures.is_clean, figures


def test_a_call_is_certain_but_for_changes_under_way_meanwhile() -> None:
    stopped = Change(1, 2, logging=False)
    assert History().may_record(CALL) == {True}
    assert History([stopped]).may_record(CALL) == {False}
    assert History([stopped, Change(3, 5.5, logging=True)]).may_record(CALL) == {True, False}
    assert History([stopped, Change(7, 8, logging=True)]).may_record(CALL) == {False}


def test_what_is_wrong_is_seen() -> None:
    never = History([Change(1, 2, logging=False)])

    def judged(history: History, found: Counter[str]) -> Figures:
        return judge(Figures("delivery"), "steady", [CALL], history, found)

    assert judged(History(), Counter(id=1)).is_clean
    assert judged(never, Counter()).is_clean
    assert judged(History(), Counter()).lost == 1
    assert judged(History(), Counter(id=2)).doubled == 1
    assert judged(never, Counter(id=1)).misplaced == 1
    assert judged(History(), Counter(id=1, other=1)).misplaced == 1
