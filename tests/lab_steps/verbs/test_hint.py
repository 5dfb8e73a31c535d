"""Hints: one more each time, until there are no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.__main__ import main
from lab_steps.checking.step import Step
from lab_steps.errors import CannotLookError
from lab_steps.verbs.hint import HintBook
from lab_steps.walkthrough.lab import WALKTHROUGH

STEP = WALKTHROUGH.step(15)


@pytest.fixture
def book(tmp_path: Path) -> HintBook:
    return HintBook(tmp_path / "deep" / "hints.json")


@pytest.mark.parametrize("step", WALKTHROUGH.steps, ids=lambda step: str(step.number))
def test_every_step_has_two_hints_or_more_and_none_twice(step: Step) -> None:
    assert len(step.hints) >= 2
    assert len(set(step.hints)) == len(step.hints)


def test_each_call_gives_the_next_hint_and_in_the_end_the_last(book: HintBook) -> None:
    given = [hint for _ in range(5) for hint in book.next(STEP)]
    assert given == [*enumerate(STEP.hints, 1), *[(3, STEP.hints[2])] * 2]


def test_hints_of_one_step_are_not_those_of_another(book: HintBook) -> None:
    book.next(STEP)
    assert book.next(WALKTHROUGH.step(10)) == [(1, WALKTHROUGH.step(10).hints[0])]


def test_what_was_given_is_known_to_the_next_run(book: HintBook) -> None:
    book.next(STEP)
    assert HintBook(book.path).next(STEP) == [(2, STEP.hints[1])]


def test_all_hints_are_given_at_once(book: HintBook) -> None:
    assert book.all(STEP) == list(enumerate(STEP.hints, 1))
    assert book.next(STEP) == [(3, STEP.hints[2])]


def test_hints_begin_again_for_one_step_or_for_all(book: HintBook) -> None:
    for number in (15, 10):
        book.all(WALKTHROUGH.step(number))
    book.reset(STEP)
    assert book.next(STEP)[0][0] == 1
    assert book.next(WALKTHROUGH.step(10))[0][0] == len(WALKTHROUGH.step(10).hints)
    book.reset(None)
    assert book.next(WALKTHROUGH.step(10))[0][0] == 1


def test_a_file_that_cannot_be_read_is_told(book: HintBook) -> None:
    book.path.parent.mkdir()
    book.path.write_text("{")
    with pytest.raises(CannotLookError, match=r"hints\.json.* cannot be read"):
        book.next(STEP)


def test_the_command_line_gives_a_hint_and_says_how_to_get_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path))
    assert main(["hint", "15"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Step 15: Log all DynamoDB data events",
        f"  hint 1 of 3: {STEP.hints[0]}",
        "One more: python -m lab_steps hint 15",
    ]
    assert main(["hint", "15", "--all"]) == 0
    assert (
        "That was the last hint. The whole step: python -m lab_steps explain 15"
        in capsys.readouterr().out
    )
    assert main(["hint", "--reset"]) == 0
    assert main(["hint"]) == 2


def test_a_file_of_a_later_version_is_left_to_its_program(book: HintBook) -> None:
    book.path.parent.mkdir(exist_ok=True)
    book.path.write_bytes(b'{"format": 99}')
    with pytest.raises(
        CannotLookError, match="a newer version of this program wrote it"
    ) as refused:
        book.next(WALKTHROUGH.step(7))
    assert refused.value.advice == "Use that version."


def test_a_region_that_is_none_is_filled_into_no_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1; reboot")
    assert main(["explain", "6"]) == 2
    assert "CloudTrail is not available in Region" in capsys.readouterr().err
