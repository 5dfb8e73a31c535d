"""Looks that are shared by all who read."""

from __future__ import annotations

import contextlib
import time

import pytest

from lab_steps.checking.user_agents import OWN_CALLS
from lab_steps.checking.view import READING, View
from lab_steps.checking.watching import interval
from lab_steps.errors import CannotLookError
from lab_steps.session import LabSession
from lab_steps.targets.control import OthersCalls
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.guide.conftest import Guide, guiding, stream
from tests.lab_steps.step_numbers import ALL
from tests.waiting import until


@pytest.fixture
def rarely(guide: Guide) -> Guide:
    """A guide that looks again when a call was made, and by itself not while a test runs."""
    guide.looks._watch.seconds = 3600
    return guide


def test_a_step_turns_once_the_work_is_noticed(rarely: Guide, by_hand: ByHand) -> None:
    with stream(rarely.url, after=rarely.looks.revisions.number) as told:
        until(lambda: rarely.looks.count == 2)  # the one for who has just come
        by_hand.management_trail()
        assert any('class="step PASS"' in parts.get("step-6", (0, ""))[1] for parts in told)


def test_log_files_are_seen_as_they_come(guide: Guide, by_hand: ByHand, aws: LocalAws) -> None:
    by_hand.management_trail()
    by_hand.table()
    guide.until(lambda: guide.outcome(33) == "PASS")
    observed = guide.looks.result.observed
    assert observed
    assert "CreateTable" in {each.event_name for each in observed.trails[0].events}
    assert "CreateTable" in guide.looks.page()


def test_nobody_reads_and_nothing_is_asked(guide: Guide, by_hand: ByHand) -> None:
    before = guide.looks.count
    by_hand.management_trail()
    time.sleep(1)  # there is no condition for what is never done
    assert guide.looks.count == before == 1
    guide.until(lambda: guide.outcome(6) == "PASS")


def test_ten_readers_cost_the_looks_of_one(rarely: Guide, by_hand: ByHand, aws: LocalAws) -> None:
    with contextlib.ExitStack() as readers:
        streams = [readers.enter_context(stream(rarely.url)) for _ in range(10)]
        aws.forget_records()
        by_hand.management_trail()
        found = [next(p for p in each if "PASS" in p.get("step-6", (0, ""))[1]) for each in streams]
    assert len({each["step-6"][0] for each in found}) == 1
    calls = [each for each in aws.records() if OWN_CALLS not in each["userAgent"]]
    assert rarely.looks.count <= 2 + len(calls)


def test_a_browser_that_left_is_read_for_no_more(guide: Guide) -> None:
    with stream(guide.url) as told:
        next(told)
        assert guide.looks._readers == 1
    until(lambda: not guide.looks._readers)


def test_looks_get_rare_while_nobody_calls(guide: Guide) -> None:
    watch, waited = guide.looks._watch, list[float]()
    wait = watch.wait

    def at_once(seconds: float) -> bool:
        waited.append(seconds)
        return wait(0.0 if len(waited) < 5 else seconds)

    watch.wait = at_once
    guide.until(lambda: len(waited) == 5)
    assert [each / watch.seconds for each in waited] == [1, 3, 9, 27, 30]


def test_a_place_that_tells_of_no_calls_is_looked_at_as_by_watch(
    lab: LabSession, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OthersCalls, "came", lambda _: None)
    with guiding(lab) as guide:
        assert guide.looks._watch.seconds == interval(lab.target.patience, None) == 2
        by_hand.management_trail()
        guide.until(lambda: guide.outcome(6) == "PASS")


def test_it_makes_reading_calls_alone(guide: Guide, by_hand: ByHand, aws: LocalAws) -> None:
    by_hand.lab()
    guide.until(lambda: guide.outcome(37) == "PASS")
    own = [each for each in aws.records() if OWN_CALLS in each["userAgent"]]
    assert len(own) > 20
    assert [each["eventName"] for each in own if not each["eventName"].startswith(READING)] == []


def test_what_is_undone_after_all_passed_is_told(
    guide: Guide, by_hand: ByHand, aws: LocalAws
) -> None:
    by_hand.lab()
    by_hand.cloudtrail.list_trails()
    guide.until(lambda: guide.looks.result.counts["PASS"] == ALL)
    by_hand.cloudtrail.stop_logging(Name="student-data-events")
    guide.until(lambda: guide.outcome(16) == "FAIL")
    assert "Step 16" in guide.looks.page()


def test_a_look_in_vain_is_told_and_the_next_one_tried(
    guide: Guide, lab: LabSession, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = guide.looks._watch.look

    def in_vain() -> View:
        raise CannotLookError("The keys have ended.", "Sign in again.")

    guide.looks._watch.look = in_vain
    by_hand.management_trail()
    guide.until(lambda: "The keys have ended. Sign in again." in guide.looks.page())
    guide.looks._watch.look = look
    guide.until(lambda: guide.outcome(6) == "PASS")
    assert "The keys have ended" not in guide.looks.page()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_is_told_on_the_page(guide: Guide) -> None:
    def broken() -> View:
        raise RuntimeError("nobody foresaw it")

    guide.looks._watch.look = broken
    guide.until(lambda: "RuntimeError: nobody foresaw it" in guide.looks.page())
    assert "Start the guide again" in guide.looks.page()


def test_a_local_aws_that_starts_anew_is_seen(guide: Guide, by_hand: ByHand, aws: LocalAws) -> None:
    by_hand.management_trail()
    guide.until(lambda: guide.outcome(6) == "PASS")
    aws.reset()
    guide.until(lambda: guide.outcome(6) == "BLOCKED")
