"""Entering a student's account by a role or a profile, and verifying that it is the named one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lab_steps.call_errors import explained
from lab_steps.classes.standing import AccountProblem
from lab_steps.credential_redaction import forget_secret, redacted
from lab_steps.errors import CannotLookError, ExpiredError, LabError, RefusedError, UsageError
from lab_steps.lab import Lab
from lab_steps.session import LabSession, open_session
from lab_steps.targets.choosing import choose_target
from lab_steps.targets.regions import check_region
from lab_steps.targets.renewing import renew
from lab_steps.targets.roles import Role
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Silent
from stacks import class_list
from stacks.class_list import ClassListError, Student

Done = TypeVar("Done")


def students_of(path: Path, region: str, *, with_way_in: bool = True) -> tuple[Student, ...]:
    """The class in a file; UsageError for one that cannot be used, with all that is wrong.

    `region` is for students without one of their own. `with_way_in`: each must have a profile or a
    role.
    """
    try:
        students = class_list.read(path, region, with_way_in=with_way_in)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except ClassListError as error:
        raise UsageError(str(error), "docs/class.md has an example with every column.") from error
    for each in {student.region: student for student in students}.values():
        try:
            check_region(each.region)
        except UsageError as error:
            raise UsageError(f"{path}, line {each.line}: {error}", error.advice) from error
    return students


@dataclass(slots=True)
class Entrance:
    """How the trainer gets into the accounts of a class, which all have the same lab.

    `profile` and `endpoint_url` are the trainer's own, whose credentials assume the students'
    roles; `parameters` are the lab's. `run_id` is in the user agent of every call. `marks_all`
    is the command that puts all accounts on the trainer's own list.
    """

    lab: Lab
    run_id: str
    endpoint_url: str | None = None
    profile: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    marks_all: str = ""
    _own: Target | None = None

    @property
    def own(self) -> Target:
        """The place as the trainer's own credentials reach it.

        Raises UsageError if there are none.
        """
        if self._own is None:
            self._own = choose_target(
                profile=self.profile, endpoint_url=self.endpoint_url, region=None, ambient=True
            )
            if self._own is None:
                raise UsageError(
                    "To assume the students' roles, you need your own credentials, and there are "
                    "none.",
                    "Give --profile NAME, or sign in as for any AWS tool.",
                )
            self._own.run_id = self.run_id
        return self._own

    @contextmanager
    def entered(self, student: Student) -> Iterator[LabSession]:
        """The student's lab.

        Raises LabError; RefusedError for an account other than the named one.
        """
        target = self._target(student)
        credentials = target.session()
        try:
            session = open_session(
                self.lab,
                target,
                Silent(),
                given=self.parameters,
                expected_account=student.account,
            )
            if session.account != student.account:
                raise RefusedError(
                    f"Wanted account {student.account}, but {target.title} belongs to account "
                    f"{session.account}.",
                    f"Correct line {student.line} of the class's list, or the profile.",
                )
            session.name, session.marks_all = student.student, self.marks_all
            yield session
        finally:
            if student.role_arn:
                forget_secret(credentials)
            target.close()

    def attempt(
        self, student: Student, work: Callable[[LabSession], Done]
    ) -> Done | AccountProblem:
        """The result of `work` on the student's lab, or what is wrong with this account.

        Raises ExpiredError if the trainer's own credentials have ended, OSError if nothing
        can be written.
        """
        try:
            with self.entered(student) as session:
                return work(session)
        except ExpiredError as error:
            if student.role_arn:
                raise
            return problem_of(error)
        except Exception as error:
            if isinstance(error, OSError) and not isinstance(error, ConnectionError):
                raise
            return problem_of(error)

    def _target(self, student: Student) -> Target:
        target = self._by_role(student) if student.role_arn else self._by_profile(student)
        target.region_from = "the class's list"
        return target

    def role(self, student: Student) -> Role:
        """The student's role, which the trainer's own credentials assume."""
        name = f"cloudtrail-lab-{self.run_id}"
        return Role(student.role_arn, self.own, name, student.external_id)

    def _by_role(self, student: Student) -> Target:
        own = self.own
        target = Target(
            kind=own.kind,
            region=student.region,
            patience=own.patience,
            endpoint_url=own.endpoint_url,
            origin=f"role {student.role_arn}",
            role_session=self.role(student).session,
            run_id=self.run_id,
        )
        renew(target)
        return target

    def _by_profile(self, student: Student) -> Target:
        target = choose_target(
            profile=student.profile, endpoint_url=self.endpoint_url, region=student.region
        )
        if target is None:
            raise CannotLookError(f"The profile {student.profile} names no account.")
        target.run_id = self.run_id
        return target


def problem_of(error: Exception) -> AccountProblem:
    """What went wrong with one account, in one line, and what to do about it."""
    told = error if isinstance(error, LabError) else explained(error)
    if told is None:
        told = CannotLookError(
            f"{type(error).__name__}: {error}",
            "This is a bug in the lab's own program. Please report it.",
        )
    return AccountProblem(
        what=redacted(" ".join(str(told).split())),
        do=redacted(told.advice),
        exit_code=told.exit_code,
    )
