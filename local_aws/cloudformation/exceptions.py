"""Errors of the CloudFormation API, as moto serializes them.

ServiceException (moto)
├── ValidationError
├── AlreadyExistsException
├── ChangeSetNotFoundException
├── InsufficientCapabilitiesException
├── InvalidChangeSetStatusException
├── InvalidOperationException
├── NameAlreadyExistsException
├── OperationIdAlreadyExistsException
├── OperationInProgressException
├── OperationNotFoundException
├── StackInstanceNotFoundException
├── StackSetNotEmptyException
└── StackSetNotFoundException
"""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class _ErrorByName(ServiceException):
    """An error whose code in the API is the name of its class."""

    def __init_subclass__(cls) -> None:
        cls.code = cls.__name__


class ValidationError(_ErrorByName):
    """The request, or the template in it, is not valid."""


class AlreadyExistsException(_ErrorByName):
    """The stack or change set name is taken."""


class ChangeSetNotFoundException(_ErrorByName):
    """No such change set."""


class InsufficientCapabilitiesException(_ErrorByName):
    """The template needs a capability that the request does not grant."""


class InvalidChangeSetStatusException(_ErrorByName):
    """The change set's status does not allow the request."""


class NameAlreadyExistsException(_ErrorByName):
    """There is a stack set with the name already."""


class StackSetNotFoundException(_ErrorByName):
    """No such stack set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"StackSet {name} not found")


class StackSetNotEmptyException(_ErrorByName):
    """The stack set has instances."""


class StackInstanceNotFoundException(_ErrorByName):
    """The stack set has no such instance."""

    def __init__(self, name: str, account: str, region: str) -> None:
        super().__init__(
            f"Stack instance not found for StackSet {name}, account {account} and region {region}"
        )


class OperationNotFoundException(_ErrorByName):
    """The stack set had no such operation."""


class OperationInProgressException(_ErrorByName):
    """An operation on the stack set is not over."""


class OperationIdAlreadyExistsException(_ErrorByName):
    """The stack set had an operation with that id."""


class InvalidOperationException(_ErrorByName):
    """The operation is not valid here, or now."""
