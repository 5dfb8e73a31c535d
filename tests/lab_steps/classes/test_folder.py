"""The results folder: a journal that a kill harms not, and file names for every system."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lab_steps.classes.folder import (
    ClassRound,
    ClassRoundEnd,
    Journal,
    ResultsFolder,
    in_order,
    stem,
)
from lab_steps.errors import CannotLookError, UsageError
from stacks.class_list import Student
from tests.lab_steps.classes.found import HOUR, NOON, standing

ROUND = ClassRound(started=NOON, run_id="0123456789ab")
ADA, BOB = standing("Ada", 1), standing("Bob", 2)


def test_what_is_noted_is_known_again(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    folder.keep(Journal())
    journal = Journal()
    for each in (ROUND, ADA):
        journal.take(each)
    folder.keep(journal)
    folder.note(BOB)
    known = folder.journal()
    assert known.standings == {ADA.key: ADA, BOB.key: BOB}
    assert (known.done, known.ended) == ({ADA.key, BOB.key}, None)
    folder.note(ClassRoundEnd(finished=NOON + HOUR))
    assert folder.journal().ended == NOON + HOUR


def test_a_new_check_keeps_what_the_last_one_found(tmp_path: Path) -> None:
    journal = Journal()
    later = msgspec.structs.replace(ROUND, started=NOON + HOUR)
    for each in (ROUND, ADA, BOB, ClassRoundEnd(finished=NOON), later, ADA):
        journal.take(each)
    ResultsFolder(tmp_path).keep(journal)
    known = ResultsFolder(tmp_path).journal()
    assert (known.done, set(known.standings)) == ({ADA.key}, {ADA.key, BOB.key})
    assert known.round == later


def test_a_last_line_that_was_not_written_whole_is_none(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    folder.keep(Journal())
    folder.note(ADA)
    whole = (tmp_path / "journal.jsonl").read_bytes()
    for end in range(len(whole)):
        (tmp_path / "journal.jsonl").write_bytes(whole + whole[:end])
        assert list(folder.journal().standings) == [ADA.key]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}\n", "line 1: wanted a note of a class check"),
        ('{"type":"round","started":"2026-03-20T12:00:00Z","run_id":"x","format":9}\n', "got 9"),
    ],
)
def test_a_journal_that_is_not_ours(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "journal.jsonl").write_text(text)
    with pytest.raises(UsageError, match=told):
        ResultsFolder(tmp_path).journal()


def test_two_commands_do_not_write_at_once(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path / "new")
    with folder.locked(), pytest.raises(CannotLookError, match="at work in"), folder.locked():
        pass


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("../../etc/passwd", "etc-passwd"),
        ("Zoë Müller", "zoe-muller"),
        ("\N{OWL}", "student"),
        ("CON", "con"),
        ("a" * 200, "a" * 40),
        ("<b>x</b>\x00", "b-x-b"),
    ],
)
def test_files_have_names_for_every_system(name: str, first: str) -> None:
    assert stem(Student(name, "111122223333")) == f"{first}-111122223333-us-east-1"


def test_students_are_in_the_lists_order_under_its_names() -> None:
    journal = Journal()
    journal.take(ADA)
    students = [Student("Eve", "3" * 12), Student("Ada King", ADA.account)]
    eve, ada = in_order(journal, students)
    assert (eve.student, eve.status, ada.student, ada.steps) == ("Eve", None, "Ada King", ADA.steps)
