"""A student's account, entered: by a role or a profile, and proved to be the one that is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab_steps.errors import CannotLookError, RefusedError, UsageError
from lab_steps.lab import Lab
from lab_steps.place.roles import Role
from lab_steps.place.target import Target, check_region, choose_target
from lab_steps.redaction import forget_secret
from lab_steps.session import LabSession, open_session
from lab_steps.terminal.progress import Silent
from stacks import class_list
from stacks.class_list import ClassListError, Student


def students_of(path: Path, region: str) -> tuple[Student, ...]:
    """The class in a file; UsageError for one that cannot be used, with all that is wrong.

    `region` is that of students who have none of their own.
    """
    try:
        students = class_list.read(path, region)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except ClassListError as error:
        raise UsageError(
            str(error), "docs/trainers.md, A class, has an example with every column."
        ) from error
    for each in {student.region: student for student in students}.values():
        try:
            check_region(each.region)
        except UsageError as error:
            raise UsageError(f"{path}, line {each.line}: {error}", error.next_step) from error
    return students


@dataclass(slots=True)
class Entrance:
    """How the trainer gets into the accounts of a class, which all have the same lab.

    `profile` and `endpoint_url` are the trainer's own, whose credentials assume the students'
    roles; `parameters` are the lab's. `run_id` is in the user agent of every call.
    """

    lab: Lab
    run_id: str
    endpoint_url: str | None = None
    profile: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    _own: Target | None = None

    @property
    def own(self) -> Target:
        """The place as the trainer's own credentials reach it. UsageError where there are none."""
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
        """The student's lab. Raises LabError; RefusedError for another account than is named."""
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
            session.name = student.student
            yield session
        finally:
            if target.role:
                forget_secret(credentials)
            target.close()

    def _target(self, student: Student) -> Target:
        target = self._by_role(student) if student.role_arn else self._by_profile(student)
        target.region_from = "the class's list"
        return target

    def _by_role(self, student: Student) -> Target:
        own = self.own
        return Target(
            kind=own.kind,
            region=student.region,
            patience=own.patience,
            endpoint_url=own.endpoint_url,
            origin=f"role {student.role_arn}",
            role=Role(student.role_arn, own, f"cloudtrail-lab-{self.run_id}", student.external_id),
            run_id=self.run_id,
        )

    def _by_profile(self, student: Student) -> Target:
        target = choose_target(
            profile=student.profile, endpoint_url=self.endpoint_url, region=student.region
        )
        if target is None:
            raise CannotLookError(f"The profile {student.profile} names no account.")
        target.run_id = self.run_id
        return target
