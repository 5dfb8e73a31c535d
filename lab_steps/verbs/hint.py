"""`hint`: one hint more about a step each time it is asked, from a nudge to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from lab_steps.checking.step import Step
from lab_steps.errors import CannotLookError
from lab_steps.place.notes import remove, write_atomically
from lab_steps.place.state import state_directory

FORMAT = 1


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """How many hints were given, by step number."""

    format: int = FORMAT
    hints: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class HintBook:
    """Which hints were given: a file next to the lab's state."""

    path: Path

    def next(self, step: Step) -> list[tuple[int, str]]:
        """The next hint of `step` with its number; the last one again when all were given."""
        given = self._load()
        number = min(given.hints.get(step.number, 0) + 1, len(step.hints))
        self._save(given, step, number)
        return [(number, step.hints[number - 1])]

    def all(self, step: Step) -> list[tuple[int, str]]:
        """Every hint of `step`, which are all given then."""
        self._save(self._load(), step, len(step.hints))
        return list(enumerate(step.hints, 1))

    def reset(self, step: Step | None) -> None:
        """Begin again with `step`, or with all steps for None."""
        if step is None:
            remove(self.path)
        else:
            self._save(self._load(), step, 0)

    def _load(self) -> Given:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Given)
        except FileNotFoundError:
            return Given()
        except msgspec.DecodeError as error:
            raise CannotLookError(
                f"{self.path}, where given hints are noted, cannot be read: {error}",
                "Begin again with: python -m lab_steps hint --reset",
            ) from error

    def _save(self, given: Given, step: Step, number: int) -> None:
        hints = {**given.hints, step.number: number}
        write_atomically(self.path, msgspec.json.encode(Given(hints=hints)))


def hint_book() -> HintBook:
    """The hints given in this state folder."""
    return HintBook(state_directory() / "hints.json")


def lines(step: Step, hints: list[tuple[int, str]]) -> list[str]:
    """The hints as people read them, and where to go on."""
    told = [f"Step {step.number}: {step.title}"]
    told += [f"  hint {number} of {len(step.hints)}: {text}" for number, text in hints]
    if hints[-1][0] < len(step.hints):
        told.append(f"One more: python -m lab_steps hint {step.number}")
    else:
        told.append(f"That was the last; all of it: python -m lab_steps explain {step.number}")
    return told
