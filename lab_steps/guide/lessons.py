"""What a step asks for, with the account, Region and names of its place filled in."""

from __future__ import annotations

from dataclasses import dataclass

from lab_steps.checking.commands import CommandContext
from lab_steps.checking.step import Step


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to do in the console, the same as a command, what is checked, and hints from a small one
    to the answer."""

    console: str
    command: str
    looks_at: str
    hints: tuple[str, ...]


def lesson_of(step: Step, place: CommandContext) -> Lesson:
    """The lesson of `step`, with everything known about the place filled in."""
    return Lesson(
        place.text(step.console),
        place.command(step.command),
        place.text(step.looks_at),
        tuple(place.command(each) for each in step.hints),
    )
