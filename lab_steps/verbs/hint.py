"""`hint`: one more hint about a step each time, from a small one to the answer."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from lab_steps.atomic_files import remove, write_atomically
from lab_steps.checking.step import Step
from lab_steps.command_line import options
from lab_steps.command_line.options import Given, one_step
from lab_steps.documents import DocumentError, read
from lab_steps.errors import CannotLookError, ExitCode, UsageError
from lab_steps.lab import Lab
from lab_steps.place.state import state_directory
from lab_steps.terminal.legible import json_text
from lab_steps.verbs.explain import here

FORMAT = 1


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    parser.add_argument("step", nargs="?", metavar="STEP", help=lab.numbers)
    options.text_or_json(parser, "the hints given so far")
    parser.add_argument("--all", action="store_true", help="all hints of the step at once")
    parser.add_argument(
        "--reset", action="store_true", help="start over, for STEP or for all steps"
    )


def run(given: Given) -> int:
    """Print one more hint."""
    lab: Lab = given.lab
    step, book = one_step(given), hint_book(lab)
    if given.reset:
        book.reset(step)
        print(f"Hints start over{f' for step {step.number}' if step else ''}.")
    elif step is None:
        raise UsageError("`hint` needs a step.", f"The list of steps: {lab.command('explain')}")
    elif not step.hints:
        more = lab.command(f"explain {step.number}")
        raise UsageError(f"Step {step.number} has no hints.", f"The whole step: {more}")
    elif given.format == "json":
        told = [
            {"number": number, "of": len(step.hints), "text": text}
            for number, text in (book.all(step) if given.all else book.next(step))
        ]
        print(json_text({"step": step.number, "hints": told}))
    else:
        print(*lines(lab, step, book.all(step) if given.all else book.next(step)), sep="\n")
    return ExitCode.PASSED


class HintsGiven(msgspec.Struct, frozen=True, kw_only=True):
    """How many hints were given, by step number."""

    format: int = FORMAT
    hints: dict[int, Annotated[int, msgspec.Meta(ge=0)]] = {}


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
        """Every hint of `step`; all count as given then."""
        self._save(self._load(), step, len(step.hints))
        return list(enumerate(step.hints, 1))

    def reset(self, step: Step | None) -> None:
        """Start over with `step`, or with all steps for None."""
        if step is None:
            remove(self.path)
        else:
            self._save(self._load(), step, 0)

    def _load(self) -> HintsGiven:
        try:
            return read(self.path, HintsGiven, "format")
        except FileNotFoundError:
            return HintsGiven()
        except DocumentError as error:
            raise CannotLookError(
                f"{self.path} cannot be read: {error}. It notes which hints were given.",
                error.advice or "Start over with the option --reset, for all steps.",
            ) from error

    def _save(self, given: HintsGiven, step: Step, number: int) -> None:
        hints = {**given.hints, step.number: number}
        write_atomically(self.path, msgspec.json.encode(HintsGiven(hints=hints)))


def hint_book(lab: Lab) -> HintBook:
    """The hints of `lab` that were given in this state folder."""
    return HintBook(state_directory() / f"{'-'.join(filter(None, ['hints', lab.name]))}.json")


def lines(lab: Lab, step: Step, hints: list[tuple[int, str]]) -> list[str]:
    """The hints as people read them, and how to continue."""
    told = [f"Step {step.number}: {step.title}"]
    number_of, place = len(step.hints), here()
    told += [f"  hint {number} of {number_of}: {place.command(text)}" for number, text in hints]
    if hints[-1][0] < len(step.hints):
        told.append(f"One more: {lab.command(f'hint {step.number}')}")
    else:
        told.append(
            f"That was the last hint. The whole step: {lab.command(f'explain {step.number}')}"
        )
    return told
