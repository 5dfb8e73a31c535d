"""Changing a class's accounts: first what would happen in each, then the change; the plan, and
`up`.

Each account is guarded as by `up` and `down`; the class's list names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from lab_steps.classes.entering import Entrance
from lab_steps.classes.standing import AccountProblem
from lab_steps.errors import ExitCode
from lab_steps.preflight import changes
from lab_steps.preflight.changes import PlannedChange
from lab_steps.preflight.planning import plan_for
from lab_steps.session import LabSession
from lab_steps.targets.consent import Consent
from stacks.class_list import Student


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """One student's account: `things` would be created, changed or removed there, or were;
    `left` is what still exists of the lab, `others` what has names like the lab's and is not its
    own. `consent` is how much people must confirm before. Dollars are for a session and for a
    forgotten month. With a `problem`, nothing was done, or not everything."""

    student: str
    account: str
    region: str
    consent: Consent | None = None
    things: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    session_dollars: float = 0.0
    month_dollars: float = 0.0
    problem: AccountProblem | None = None
    exit_code: int = ExitCode.PASSED


@dataclass(frozen=True, slots=True)
class ClassTask:
    """A task in each account, by one Entrance: first what it would do, then the task itself.

    `always`: also in accounts where nothing seems left to do, because a stack may be half made.
    `is_typed`: only the person's word proves that it is allowed, so --yes is not enough.
    """

    verb: str
    happens: str
    intends: Callable[[LabSession, Student], AccountChange]
    does: Callable[[LabSession, AccountChange], AccountChange]
    always: bool = False
    is_typed: bool = False

    def intended(self, entrance: Entrance, student: Student) -> AccountChange:
        """What would be done; it changes nothing."""
        return _attempted(entrance, student, self.intends)

    def done(self, entrance: Entrance, asked: tuple[Student, AccountChange]) -> AccountChange:
        """Do what was intended for a student, and return what was done."""
        student, intended = asked
        done = _attempted(entrance, student, lambda session, _: self.does(session, intended))
        return msgspec.structs.replace(done, things=intended.things) if done.problem else done


def _attempted(
    entrance: Entrance, student: Student, work: Callable[[LabSession, Student], AccountChange]
) -> AccountChange:
    def works(session: LabSession) -> AccountChange:
        if student.role_arn:  # whoever is told what to do is the trainer
            session.target.enters = entrance.role(student).enters
        return work(session, student)

    found = entrance.attempt(student, works)
    if not isinstance(found, AccountProblem):
        return found
    return of(student, problem=found, exit_code=found.exit_code)


def of(student: Student | AccountChange, **told: object) -> AccountChange:
    """An AccountChange of the student's account."""
    return AccountChange(
        student=student.student,
        account=student.account,
        region=student.region,
        **told,  # type: ignore[arg-type]
    )


def plan() -> ClassTask:
    """The task `plan`: what `run` would do or be refused, and what it costs; read-only."""

    def look(session: LabSession, student: Student) -> AccountChange:
        return _planned(session, student, of_work=True, athena=False)

    return ClassTask("plan", "would change", look, lambda _, planned: planned)


def deployment(*, athena: bool, lifetime: timedelta | None) -> ClassTask:
    """The task `up`: deploy the lab's stacks, and nothing else."""

    def intends(session: LabSession, student: Student) -> AccountChange:
        consent = session.guard().permit("class up", student.account)
        planned = _planned(session, student, of_work=False, athena=athena)
        return msgspec.structs.replace(planned, consent=consent)

    def does(session: LabSession, planned: AccountChange) -> AccountChange:
        with session.changing("class up", planned.account):
            templates, _ = session.deployment.templates(athena=athena)
            session.deploy(templates, lifetime)
        return of(planned, things=tuple(f"stack {each.stack}" for each in templates))

    return ClassTask("up", "changes", intends, does, always=True)


def _planned(
    session: LabSession, student: Student, *, of_work: bool, athena: bool
) -> AccountChange:
    templates, _ = session.deployment.templates(athena=athena)
    subject = session.subject(templates, of_work=of_work, verb="up")  # the work is the student's
    found = plan_for(subject, session.lab.usage, named=of_work)  # `up` may ask for less
    happens = [each for each in found.planned if each.change is not PlannedChange.KEEP]
    problem = None
    if found.refused:
        what = "; ".join(f"{each.topic}: {each.found}" for each in found.refused)
        do = "\n".join(each.do for each in found.refused)
        problem = AccountProblem(what=what, do=do, exit_code=ExitCode.REFUSED)
    return of(
        student,
        things=tuple(map(changes.sentence, happens)),
        counts={str(each): count for each, count in Counter(p.change for p in happens).items()},
        session_dollars=found.session_dollars,
        month_dollars=found.month_dollars,
        problem=problem,
        exit_code=problem.exit_code if problem else ExitCode.PASSED,
    )


def exit_code(found: Iterable[AccountChange]) -> int:
    """The exit code for all accounts: a failure comes before a refusal, and that before an
    error."""
    codes = {each.exit_code for each in found}
    order = (ExitCode.FAILED, ExitCode.REFUSED, ExitCode.CANNOT_LOOK, ExitCode.USAGE)
    return next((each for each in order if each in codes), ExitCode.PASSED)


def asked_for(intended: Sequence[AccountChange], *, is_typed: bool) -> list[AccountChange]:
    """The changes to which someone must say yes; all of them if `is_typed`."""
    return [
        each for each in intended if each.things and (is_typed or each.consent is Consent.NAMED)
    ]
