"""Calls to subscribers: in order, apart, bounded; and faults, counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from local_aws.cloudtrail import faults as faults_module
from local_aws.cloudtrail.delivery import outbox as outbox_module
from local_aws.cloudtrail.delivery.outbox import Outbox
from local_aws.cloudtrail.faults import Faults
from tests.waiting import LONG


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def outbox(faults: Faults) -> Outbox:
    return Outbox(faults)


@pytest.fixture
def hanging(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A call to `a` that lasts until the event is set; it has begun."""
    monkeypatch.setattr(outbox_module, "PATIENCE", 0.05)
    begun, end = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        end.wait(LONG)

    outbox.hand_on("a", hang)
    assert begun.wait(LONG)
    yield end
    end.set()


def test_calls_of_a_destination_are_made_in_order(outbox: Outbox) -> None:
    made: list[int] = []
    for number in range(200):
        outbox.hand_on("a", lambda number=number: made.append(number))  # type: ignore[misc]
    outbox.wait()
    assert made == list(range(200))
    assert outbox.waiting == 0


def test_a_destination_that_hangs_keeps_no_other_waiting(
    outbox: Outbox, hanging: threading.Event
) -> None:
    made = threading.Event()
    outbox.hand_on("b", made.set)
    assert made.wait(LONG)
    assert not hanging.is_set()


def test_nobody_waits_twice_for_a_late_destination(
    outbox: Outbox, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []
    wait = outbox._changed.wait

    def counted(timeout: float | None = None) -> bool:
        waits.append(timeout)
        return wait(timeout)

    monkeypatch.setattr(outbox._changed, "wait", counted)
    outbox.wait()
    once = len(waits)
    outbox.wait()
    assert len(waits) == once > 0
    assert not hanging.is_set()


def test_a_late_destination_is_waited_for_again_once_it_answers(
    outbox: Outbox, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    outbox.hand_on("a", lambda: made.append(1))
    outbox.wait()
    assert made == []
    hanging.set()
    monkeypatch.setattr(outbox_module, "PATIENCE", 30)
    outbox.hand_on("a", lambda: made.append(2))
    outbox.wait()
    assert made == [1, 2]


def test_a_late_destination_keeps_its_latest_calls_only(
    outbox: Outbox, faults: Faults, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "MOST_WAITING", 3)
    outbox.wait()
    made: list[int] = []
    for number in range(5):
        outbox.hand_on("a", lambda number=number: made.append(number))  # type: ignore[misc]
    [fault] = faults.to_json()
    assert (fault["where"], fault["count"]) == ("a", 2)
    hanging.set()
    monkeypatch.setattr(outbox_module, "PATIENCE", 30)
    outbox.wait()
    assert made == [2, 3, 4]


def test_what_waits_can_be_forgotten(outbox: Outbox, hanging: threading.Event) -> None:
    made: list[str] = []
    outbox.hand_on("a", lambda: made.append("old"))
    outbox.clear()
    done = threading.Event()
    outbox.hand_on("a", done.set)
    # The destination's new calls do not wait for the old one that hangs.
    assert done.wait(LONG)
    assert not hanging.is_set()
    assert made == []


def test_a_call_that_fails_is_a_fault_and_the_next_is_made(outbox: Outbox, faults: Faults) -> None:
    made: list[int] = []
    for _ in range(2):
        outbox.hand_on("a", lambda: 1 / 0)
    outbox.hand_on("a", lambda: made.append(1))
    outbox.wait()
    assert made == [1]
    [fault] = faults.to_json()
    assert fault["where"] == "a"
    assert fault["reason"] == "ZeroDivisionError: division by zero"
    assert fault["count"] == 2


def test_only_the_latest_different_faults_are_kept(
    faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(faults_module.KEPT + 5):
        faults.note(f"place {number}", ValueError("first"))
    faults.note("place 10", ValueError("again"))
    found = faults.to_json()
    assert len(found) == faults_module.KEPT
    assert found[-1] | {"last": ""} == {
        "where": "place 10", "reason": "ValueError: again", "count": 2, "last": "",
    }  # fmt: skip
    # Each is logged once: a fault that comes every second must not fill the log.
    assert len(caplog.records) == faults_module.KEPT + 5


def test_a_destination_for_which_there_is_no_thread_is_a_fault(
    outbox: Outbox, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    made: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        outbox.hand_on("a", lambda: made.append(1))
    assert faults.to_json()[0]["reason"] == "RuntimeError: can't start new thread"
    outbox.hand_on("a", lambda: made.append(2))
    outbox.wait()
    assert made == [2]
