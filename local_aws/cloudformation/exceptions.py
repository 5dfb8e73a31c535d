"""Errors of the CloudFormation API, as moto serializes them.

ServiceException (moto)
├── ValidationError
├── AlreadyExistsException
├── ChangeSetNotFoundException
├── InsufficientCapabilities
├── InvalidChangeSetStatus
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


class ValidationError(ServiceException):
    """The request, or the template in it, is not valid."""

    code = "ValidationError"


class AlreadyExistsException(ServiceException):
    """The stack or change set name is taken."""

    code = "AlreadyExistsException"


class ChangeSetNotFoundException(ServiceException):
    """No such change set."""

    code = "ChangeSetNotFoundException"


class InsufficientCapabilities(ServiceException):
    """The template needs a capability that the request does not grant."""

    code = "InsufficientCapabilitiesException"


class InvalidChangeSetStatus(ServiceException):
    """The change set's status does not allow the request."""

    code = "InvalidChangeSetStatusException"


class NameAlreadyExistsException(ServiceException):
    """There is a stack set of the name."""

    code = "NameAlreadyExistsException"


class StackSetNotFoundException(ServiceException):
    """No such stack set."""

    code = "StackSetNotFoundException"

    def __init__(self, name: str) -> None:
        super().__init__(f"StackSet {name} not found")


class StackSetNotEmptyException(ServiceException):
    """The stack set has instances."""

    code = "StackSetNotEmptyException"


class StackInstanceNotFoundException(ServiceException):
    """The stack set has no such instance."""

    code = "StackInstanceNotFoundException"


class OperationNotFoundException(ServiceException):
    """The stack set had no such operation."""

    code = "OperationNotFoundException"


class OperationInProgressException(ServiceException):
    """An operation on the stack set is not over."""

    code = "OperationInProgressException"


class OperationIdAlreadyExistsException(ServiceException):
    """The stack set had an operation of that id."""

    code = "OperationIdAlreadyExistsException"


class InvalidOperationException(ServiceException):
    """The operation is not valid here, or now."""

    code = "InvalidOperationException"
