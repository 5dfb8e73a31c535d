"""A class graded from its organization's log files: one look, then each student's result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from lab_steps.classes.folder import ResultsFolder, stem
from lab_steps.classes.grader import write_result
from lab_steps.classes.organization.bucket import (
    LogLocation,
    OrganizationBucket,
    organization_bucket,
)
from lab_steps.classes.organization.judging import RecordsJudge, Terms
from lab_steps.classes.organization.reading import ClassQuestion, Engine, reading_of
from lab_steps.classes.standing import AccountProblem, StudentStanding, broken, standing
from lab_steps.results import result
from lab_steps.results.result import Result, StepNotTold, without_secrets
from lab_steps.targets.caller import Caller
from lab_steps.targets.target import Target
from stacks.class_list import Student


@dataclass
class LogsGrader:
    """Grades students by what `engine` reads of `location`, with the trainer's credentials.

    No call is made to a student's account. Work ends at `deadline`, None for no limit.
    """

    target: Target
    caller: Caller
    location: LogLocation
    engine: Engine
    question: ClassQuestion
    folder: ResultsFolder
    deadline: datetime | None = None
    _terms: Terms | None = None

    @property
    def run_id(self) -> str:
        """What the user agents of all calls contain."""
        return self.target.run_id

    @property
    def source(self) -> str:
        """The log files, which all have in common."""
        return str(self.location)

    @property
    def terms(self) -> Terms:
        """What the last look found; there must have been one."""
        assert self._terms
        return self._terms

    @property
    def bucket(self) -> OrganizationBucket:
        """What the last look found of the bucket."""
        return self.terms.bucket

    def look(self) -> None:
        """Read the log files once for all students. Raises CannotLookError."""
        bucket = organization_bucket(self.target, self.location)
        reading = reading_of(self.engine, bucket, self.question)
        self._terms = Terms(
            lab=self.question.lab,
            bucket=bucket,
            reading=reading,
            since=self.question.since,
            now=self.caller.now(),
            due=self.target.patience.due,
            deadline=self.deadline,
            endpoint_url=self.target.endpoint_url,
        )

    def grade(self, student: Student, before: StudentStanding | None) -> StudentStanding:
        """What is known of the student now; `before` is what was known until then."""
        files, begun = stem(student), self.caller.now()
        judge = RecordsJudge(self.terms, student)
        judge.judge()
        if not self.terms.reading.records.get(student.account):
            found = broken(student, self._without_records(student), files, begun, 0.0, before)
            return msgspec.structs.replace(found, not_told=tuple(self._without_rule()))
        found_now = self._result(student, judge, begun)
        write_result(self.folder, files, found_now)
        return standing(student, found_now, files, before)

    def not_told(self) -> Iterator[tuple[str, list[int]]]:
        """Reasons and numbers of steps that are decided for no student; each student's result
        says more."""
        yield (
            "what the student's account would answer decides them, and no record has that",
            self._without_rule(),
        )
        some, reasons = self.question.students[0], dict[str, list[int]]()
        for step in self.question.lab.steps:
            why = step.by_records and self.bucket.lacks(
                step.by_records.samples, some.account, some.region
            )
            if why:
                reasons.setdefault(why, []).append(step.number)
        for why, numbers in reasons.items():
            yield (
                f"{why}; there, a record proves that it was done, and none proves nothing",
                numbers,
            )

    def _without_rule(self) -> list[int]:
        return [each.number for each in self.question.lab.steps if each.by_records is None]

    def _without_records(self, student: Student) -> AccountProblem:
        where = f"{self.location} since {self.question.since:%F}"
        if student.account in self.bucket.accounts:
            do = "Has anything been done in the account? --since DAY reads older days."
        else:
            do = (
                f"Is account {student.account} in the organization, and right in line "
                f"{student.line} of the list? A new member's first log files come within minutes."
            )
        return AccountProblem(what=f"no record of account {student.account} in {where}", do=do)

    def _result(self, student: Student, judge: RecordsJudge, begun: datetime) -> Result:
        found = Result(
            verb="class check",
            place=result.Place(
                title=f"the organization's log files, {self.location}",
                kind=self.target.kind,
                account=student.account,
                region=student.region,
                region_from="the class's list",
                endpoint_url=self.target.endpoint_url,
            ),
            settings={},
            started=self.terms.now,
            finished=begun,
            exit_code=result.exit_code(judge.findings),
            counts=result.count(judge.findings),
            steps=result.step_results(self.question.lab, judge.findings),
            name=student.student,
            not_told=tuple(
                StepNotTold(number=number, why=why) for number, why in judge.not_told.items()
            ),
        )
        return without_secrets(found)
