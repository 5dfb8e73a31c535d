"""The results folder of a class: what is known of each student, and each one's files.

index.html      the page of the class
gradebook.csv, gradebook.json
journal.jsonl   a line for each student who was checked: nothing is lost if a check is killed
students/       NAME-ACCOUNT-REGION.json, .html and .zip: result, report and bundle
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from lab_steps.atomic_files import FOR_ALL, held, write_atomically
from lab_steps.classes.standing import StudentStanding, unknown
from lab_steps.documents import Document
from lab_steps.errors import CannotLookError, UsageError
from stacks.class_list import Student

FORMAT = 1
_LONGEST_NAME = 40
_NOT_SAFE = re.compile(r"[^a-z0-9]+")


class ClassRound(Document, frozen=True, kw_only=True, tag="round"):
    """A check of the class started; the students that follow were checked in it.

    `weights` are the points of steps and `due` when work is late, as the check was given them.
    """

    format: int = FORMAT
    started: datetime
    run_id: str
    source: str = ""
    weights: dict[int, float] = msgspec.field(default_factory=dict)
    due: datetime | None = None


class ClassRoundEnd(Document, frozen=True, kw_only=True, tag="end"):
    """The check reached everyone."""

    finished: datetime


_line = msgspec.json.Decoder(StudentStanding | ClassRound | ClassRoundEnd)


@dataclass
class Journal:
    """What checks of the class found so far: each student's last standing, by account and Region.

    `round` is the last check, None before the first; `done` are the students that it looked at,
    and `ended` is when it had looked at all.
    """

    standings: dict[tuple[str, str], StudentStanding] = field(default_factory=dict)
    round: ClassRound | None = None
    ended: datetime | None = None
    done: set[tuple[str, str]] = field(default_factory=set)

    def take(self, each: StudentStanding | ClassRound | ClassRoundEnd) -> None:
        """Take over what a line says."""
        if isinstance(each, ClassRound):
            self.round, self.ended, self.done = each, None, set()
        elif isinstance(each, ClassRoundEnd):
            self.ended = each.finished
        else:
            self.standings[each.key] = each
            self.done.add(each.key)

    def lines(self) -> Iterator[bytes]:
        """The journal in as few lines as possible."""
        told: list[StudentStanding | ClassRound | ClassRoundEnd] = []
        told += [each for key, each in self.standings.items() if key not in self.done]
        told += [self.round] if self.round else []
        told += [each for key, each in self.standings.items() if key in self.done]
        told += [ClassRoundEnd(finished=self.ended)] if self.ended else []
        for each in told:
            yield msgspec.json.encode(each) + b"\n"


@dataclass(frozen=True, slots=True)
class ResultsFolder:
    """The folder at `path`, which is made when something is written to it."""

    path: Path

    @property
    def page(self) -> Path:
        """The page of the class."""
        return self.path / "index.html"

    def gradebook(self, form: str) -> Path:
        """The gradebook as `csv` or `json`."""
        return self.path / f"gradebook.{form}"

    def file(self, stem: str, form: str) -> Path:
        """A student's `json`, `html` or `zip`."""
        return self.path / "students" / f"{stem}.{form}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from writing here; CannotLookError when one does."""
        self.path.mkdir(parents=True, exist_ok=True)
        with held(self._journal.with_suffix(".lock"), f"at work in {self.path}"):
            yield

    def journal(self) -> Journal:
        """What is known. A last line that was not written completely is ignored.

        Raises UsageError for a journal of another program, or a damaged one.
        """
        journal = Journal()
        try:
            lines = self._journal.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return journal
        except OSError as error:
            raise CannotLookError(f"{self._journal} cannot be read: {error.strerror}.") from error
        for number, line in enumerate(lines, 1):
            try:
                journal.take(_line.decode(line))
            except msgspec.MsgspecError as error:
                raise UsageError(
                    f"{self._journal}, line {number}: wanted a note of a class check, got "
                    f"{str(error)[:200]}.",
                    "Remove that line, or name another folder with --results.",
                ) from error
        if journal.round and journal.round.format != FORMAT:
            raise UsageError(
                f"{self._journal}: wanted format {FORMAT}, got {journal.round.format}, from "
                "another version.",
                "Name another folder with --results.",
            )
        return journal

    def keep(self, journal: Journal) -> None:
        """Rewrite the journal."""
        write_atomically(self._journal, b"".join(journal.lines()), FOR_ALL)

    def note(self, each: StudentStanding | ClassRoundEnd) -> None:
        """Add a line to the journal, and wait until it is on the disk."""
        with self._journal.open("ab") as file:
            file.write(msgspec.json.encode(each) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def _journal(self) -> Path:
        return self.path / "journal.jsonl"


def stem(student: Student) -> str:
    """What a student's files are called, on every system: `ada-lovelace-111122223333-us-east-1`.

    No two students of a class have the same: account and Region are theirs alone.
    """
    letters = unicodedata.normalize("NFKD", student.student).encode("ascii", "ignore").decode()
    name = _NOT_SAFE.sub("-", letters.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return f"{name or 'student'}-{student.account}-{student.region}"


def in_order(journal: Journal, students: Iterable[Student]) -> tuple[StudentStanding, ...]:
    """What is known of each student of the list, under the name that the list has now."""
    known = journal.standings
    return tuple(
        msgspec.structs.replace(known[key], student=each.student)
        if (key := (each.account, each.region)) in known
        else unknown(each, stem(each))
        for each in students
    )
