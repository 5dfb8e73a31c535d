"""Errors of the CloudFormation API, as moto serializes them.

ServiceException (moto)
├── ValidationError
├── AlreadyExistsException
├── ChangeSetNotFoundException
├── InsufficientCapabilities
├── InvalidChangeSetStatus
└── TokenAlreadyExists
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
