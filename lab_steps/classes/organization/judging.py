"""The steps of one student, judged by records alone; and which cannot be decided, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lab_steps.checking.commands import CommandContext
from lab_steps.checking.finding import (
    GOOD,
    Finding,
    LogObject,
    NextAction,
    Outcome,
    failed,
    passed,
    pending,
    undecidable,
)
from lab_steps.checking.rounds import blocked
from lab_steps.checking.step import ByRecords, Step
from lab_steps.checking.trails import log_files
from lab_steps.classes.organization.bucket import OrganizationBucket
from lab_steps.classes.organization.reading import ClassReading, name_in
from lab_steps.lab import Lab
from stacks.class_list import Student
from trail_logs.counting import counted
from trail_logs.expectations import Answer, Expectation


@dataclass(frozen=True, slots=True)
class Terms:
    """What all students of a look at `now` have in common.

    Records start at `since`, and arrive up to `due` late. Work ends at `deadline`, None for no
    limit.
    """

    lab: Lab
    bucket: OrganizationBucket
    reading: ClassReading
    since: datetime
    now: datetime
    due: timedelta
    deadline: datetime | None = None
    endpoint_url: str | None = None


@dataclass
class RecordsJudge:
    """Judges the steps of `student`: `findings` has the decided ones, `not_told` the reasons for
    the rest."""

    terms: Terms
    student: Student
    findings: dict[int, Finding] = field(default_factory=dict)
    not_told: dict[int, str] = field(default_factory=dict)

    def judge(self) -> None:
        """All steps of the lab, in order: each comes after those that it needs."""
        for step in self.terms.lab.steps:
            rule = step.by_records
            found = self._judged(step, rule) if rule else _decided_elsewhere(step)
            if isinstance(found, Finding):
                self.findings[step.number] = found
            else:
                self.not_told[step.number] = found

    def _judged(self, step: Step, rule: ByRecords) -> Finding | str:
        """The finding, or why there is none."""
        made, undone, unclear = map(self._answer, (rule.made, rule.undone, rule.unclear))
        expected = f"a record of {rule.made[0].name} in the organization's log files"
        if _is_later(unclear, made):
            return f"there are {rule.unclear[0].name} later than that"
        if made is None or made.last is None:
            return self._lacking(step, rule, expected, f"none since {self._since:%FT%TZ}", _NEVER)
        taken_away = undone.last if undone else None
        if taken_away and taken_away.event_time > made.last.event_time:
            actual = f"{taken_away.event_name} at {taken_away.event_time:%FT%TZ}, after the last"
            return self._lacking(step, rule, expected, actual, _TAKEN_AWAY)
        wrong = rule.wrong(log_files.record(made.last).record)
        if wrong:
            return self._lacking(step, rule, expected, wrong, _WRONG)
        stands_since = made.first if made.first and not taken_away else made.last
        told = f"{counted(made.count, 'record')}, the last of {made.last.event_time:%FT%TZ}"
        return passed(expected, told, log_files.record(stands_since))

    def _lacking(
        self, step: Step, rule: ByRecords, expected: str, actual: str, rationale: str
    ) -> Finding | str:
        """The finding if the wanted record is missing or was undone, or why that proves nothing."""
        if not rule.samples:
            return f"{actual}; there are other ways, of which no record tells"
        unproven = self.terms.bucket.lacks(rule.samples, self.student.account, self.student.region)
        if unproven:
            return unproven
        damaged = self.terms.reading.damaged_of(self.student.account)
        if damaged:
            return undecidable(
                expected,
                f"{actual}; a log file cannot be read",
                *self._objects(damaged),
                rationale="What is missing may be in what is damaged.",
            )
        blocked = self._blocked(step, expected)
        if blocked:
            return blocked
        since = self._waits_since()
        if since:
            return pending(expected, actual, since=since, until=since + self.terms.due)
        return failed(expected, actual, rationale=rationale, next_action=self._action(step.remedy))

    def _blocked(self, step: Step, expected: str) -> Finding | None:
        """The finding if a step that this one needs did not pass; None if records do not show
        that."""
        for need in step.needs:
            provider = self.terms.lab.provider(need)
            cause = self.findings.get(provider.number)
            if cause is None or cause.outcome in GOOD:
                continue
            if cause.outcome is Outcome.PENDING and cause.since and cause.until:
                waits = f"waiting for step {provider.number}"
                return pending(expected, waits, since=cause.since, until=cause.until)
            return blocked(need, provider.number, cause.outcome)
        return None

    def _waits_since(self) -> datetime | None:
        """Since when something may be on its way: the last work that is known, or the end of all
        work; None if all that was done is due."""
        known = (self._answer((each,)) for each in self._all())
        times = [each.last.event_time for each in known if each and each.last]
        if self.terms.deadline and self.terms.deadline <= self.terms.now:
            times.append(self.terms.deadline)
        last = max(times, default=None)
        return last if last and last + self.terms.due > self.terms.now else None

    def _all(self) -> Iterator[Expectation]:
        for step in self.terms.lab.steps:
            yield from step.by_records.expectations() if step.by_records else ()

    def _answer(self, one_of: tuple[Expectation, ...]) -> Answer | None:
        """One answer for all of them together; within one second, the last expectation counts as
        later."""
        region, account = self.student.region, self.student.account
        answers = (
            self.terms.reading.answers.get((name_in(region, each), account)) for each in one_of
        )
        found = [(each.first, each.last, each) for each in answers if each and each.last]
        if not found:
            return None
        _, _, latest = max(reversed(found), key=lambda each: each[1].event_time)
        firsts = [first for first, _, _ in found if first]
        first = min(firsts, key=lambda each: each.event_time, default=None)
        return replace(latest, first=first, count=sum(each.count for _, _, each in found))

    @property
    def _since(self) -> datetime:
        return max(self.terms.since, self.terms.bucket.since or self.terms.since)

    def _objects(self, keys: list[str]) -> list[LogObject]:
        bucket, notes = self.terms.bucket.location.bucket, self.terms.reading.damaged
        return [LogObject(bucket=bucket, key=each, note=notes[each]) for each in keys]

    def _action(self, action: NextAction) -> NextAction:
        """What the student does, with the student's own credentials."""
        place = CommandContext(self.student.region, self.student.account, self.terms.endpoint_url)
        return NextAction(console=place.text(action.console), command=place.command(action.command))


_NEVER = (
    "No such call was made, or it was refused: the organization's trail would have recorded it."
)
_TAKEN_AWAY = "What was made was taken away again."
_WRONG = "What was made is not what the step asks for."


def _decided_elsewhere(step: Step) -> str:
    asked = " and ".join(step.api) or "other calls"
    return f"what {asked} would answer in the student's account decides it; no record has that"


def _is_later(one: Answer | None, other: Answer | None) -> bool:
    """Whether `one` has a record, and `other` has no later one.

    Within one second, their order is unknown.
    """
    if one is None or one.last is None:
        return False
    return other is None or other.last is None or one.last.event_time >= other.last.event_time
