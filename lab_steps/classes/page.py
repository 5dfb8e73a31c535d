"""One page for the class: how far everyone is, what fails most and why. It works without a
network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lab_steps.checking.finding import GOOD, WORST_FIRST, Outcome
from lab_steps.classes.grades import Grade
from lab_steps.classes.standing import StudentStanding
from lab_steps.lab import Lab
from lab_steps.results.html import SYMBOLS, page
from lab_steps.terminal.legible import legible

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """When the page is made; `running` says what is at work, an empty text for nothing."""

    now: datetime
    running: str = ""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepOfClass:
    """A step, how many students have each outcome there, and why it failed, with counts."""

    number: int
    title: str
    counts: Mapping[Outcome, int]
    reasons: tuple[tuple[str, int], ...]

    @property
    def failed(self) -> int:
        """How many students did it wrong; steps that are blocked by another do not count."""
        return self.counts.get(Outcome.FAIL, 0)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A student: what is known, the grade, and the cells of the heat map."""

    found: StudentStanding
    grade: Grade
    cells: Markup

    @property
    def order(self) -> int:
        """The sort key by status: students who need something come first."""
        status = self.found.status
        if status in WORST_FIRST:
            return WORST_FIRST.index(status)
        return len(WORST_FIRST) + (status is None)


def class_page(
    lab: Lab,
    title: str,
    found: Sequence[StudentStanding],
    grades: Sequence[Grade],
    moment: Moment,
) -> str:
    """The page of the standings `found` and their `grades`, in the same order."""
    steps = steps_of_class(lab, found)
    counts = Counter(each.status for each in found)
    titles = {step.number: step.title for step in lab.steps}
    return page(
        "class",
        title=title,
        moment=moment,
        verdict=verdict(found),
        counts={each: counts[each] for each in (*Outcome, None) if counts[each]},
        symbols=SYMBOLS,
        failing=sorted(
            (each for each in steps if each.failed), key=lambda each: (-each.failed, each.number)
        ),
        titles=titles,
        rows=[ClassRow(*each) for each in zip(found, grades, _cells(lab, found), strict=True)],
        problems=[each for each in found if each.problem],
        outcomes=list(Outcome),
        several_marks=any(each.late or each.undated for each in grades),
    )


def verdict(found: Sequence[StudentStanding]) -> str:
    """`All 30 students passed all steps`, or how many did."""
    done = sum(each.status is Outcome.PASS for each in found)
    students = "student" if len(found) == 1 else "students"
    steps = "all steps that the log files tell of" if any(map(_untold, found)) else "all steps"
    if done == len(found):
        return f"All {done:,} {students} passed {steps}"
    return f"{done:,} of {len(found):,} {students} passed {steps}"


def _untold(each: StudentStanding) -> bool:
    return bool(each.not_told)


def steps_of_class(lab: Lab, found: Iterable[StudentStanding]) -> list[StepOfClass]:
    """All steps, each with the students' outcomes."""
    counts: dict[int, Counter[Outcome]] = {step.number: Counter() for step in lab.steps}
    reasons: dict[int, Counter[str]] = {step.number: Counter() for step in lab.steps}
    for student in found:
        for each in student.steps:
            if each.number not in counts:
                continue  # of an earlier version of the lab
            counts[each.number][each.outcome] += 1
            if each.outcome is Outcome.FAIL:
                reasons[each.number][each.reason or each.why] += 1
    return [
        StepOfClass(
            step.number,
            step.title,
            counts[step.number],
            tuple(reasons[step.number].most_common(MOST_REASONS)),
        )
        for step in lab.steps
    ]


def _cells(lab: Lab, found: Iterable[StudentStanding]) -> Iterator[Markup]:
    """The heat map's cells of each student: there are tens of thousands, so no template's loop."""
    from markupsafe import Markup, escape

    good = {each: f'<td class="{each}">{SYMBOLS[each]}</td>' for each in GOOD}
    none = '<td class="none"></td>'
    not_told = '<td class="none" title="Not decided by the log files"></td>'
    for student in found:
        known = {each.number: each for each in student.steps}
        report = escape(f"students/{student.files}.html#step-")
        cells = []
        for step in lab.steps:
            each = known.get(step.number)
            if each is None:
                cells.append(not_told if step.number in student.not_told else none)
            elif each.outcome in good:
                cells.append(good[each.outcome])
            else:
                told = escape(legible(f"Step {each.number}, {each.outcome}: {each.why}"))
                cells.append(
                    f'<td class="{each.outcome}"><a href="{report}{each.number}" title="{told}">'
                    f"{SYMBOLS[each.outcome]}</a></td>"
                )
        yield Markup("".join(cells))  # noqa: S704 (all of it is ours, or escaped)
