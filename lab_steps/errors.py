"""Why a verb stops, each with its exit code.

LabError
+-- UsageError        2  the command line asks for something that does not exist
+-- CannotLookError   3  the target, or what is needed to reach it, does not answer
+-- ExpiredError      3  the credentials have expired, and there are no others
+-- DeployError       1  CloudFormation did not do what was asked
+-- WorkloadError     1  a call of the workload failed, or the account holds something in its way
+-- RefusedError      5  not the named account, or something that does not belong to the lab
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    CANNOT_LOOK = 3
    PENDING = 4
    REFUSED = 5
    INTERRUPTED = 130


class LabError(Exception):
    """What was wanted and what was found; `advice` is what to do now."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class UsageError(LabError):
    """The command line asks for something that does not exist, or not together."""

    exit_code = ExitCode.USAGE


class CannotLookError(LabError):
    """The target, or a tool the lab needs, does not answer."""

    exit_code = ExitCode.CANNOT_LOOK


class ExpiredError(LabError):
    """The credentials have expired: every further call would fail the same way."""

    exit_code = ExitCode.CANNOT_LOOK


class DeployError(LabError):
    """CloudFormation did not create, change or delete what was asked."""


class WorkloadError(LabError):
    """A call of the workload failed, or something that is not ours is in its way."""


class RefusedError(LabError):
    """The account is not the named one, or a thing is not the lab's: nothing was changed."""

    exit_code = ExitCode.REFUSED
