"""A lab as a value: what the runner is passed, and all it knows of the lab that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from lab_steps.checking.step import Need, Step
from lab_steps.checking.trails import LabTrail
from lab_steps.errors import UsageError


@dataclass(frozen=True, slots=True)
class Part:
    """Steps that belong together, under the title that lists and reports give them."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Lab:
    """One lab: its steps in order, in parts, and the trails whose log files are looked at.

    Raises ValueError for two steps of one number, and for a need that no step provides, or two.
    """

    title: str
    parts: tuple[Part, ...]
    trails: tuple[LabTrail, ...] = ()

    def __post_init__(self) -> None:
        numbers = [each.number for each in self.steps]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"{self.title}: two steps have the same number: {sorted(numbers)}")
        provided = [need for each in self.steps for need in each.provides]
        needed = [need.root for each in self.steps for need in each.needs]
        for need in {*needed, *provided}:
            if provided.count(need) != 1:
                raise ValueError(
                    f"{self.title}: wanted one step that provides {need.what!r}, "
                    f"got {provided.count(need)}"
                )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for part in self.parts for step in part.steps)

    @cached_property
    def _providers(self) -> Mapping[Need, Step]:
        return {need: step for step in self.steps for need in step.provides}

    def provider(self, need: Need) -> Step:
        """The step that provides what `need` asks for."""
        return self._providers[need.root]

    def part_of(self, step: Step) -> Part:
        """The part that `step` belongs to."""
        return next(part for part in self.parts if step in part.steps)

    def step(self, number: int) -> Step:
        """The step with `number`, or UsageError."""
        for each in self.steps:
            if each.number == number:
                return each
        raise UsageError(
            f"There is no step {number}: {self.title} has steps {self.steps[0].number} to "
            f"{self.steps[-1].number}.",
            "See them all with: python -m lab_steps explain",
        )

    def choose(self, numbers: Iterable[int] | None) -> tuple[Step, ...]:
        """The steps with `numbers`, in the lab's order; all of them for None."""
        if not numbers:
            return self.steps
        wanted = {self.step(number) for number in numbers}
        return tuple(step for step in self.steps if step in wanted)
