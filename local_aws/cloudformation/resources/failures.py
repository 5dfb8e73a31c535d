"""Why a resource could not be created, changed or deleted, and how its event says so.

Exception
├── CallFailed        a service refused a call
└── ResourceError     CloudFormation, or a custom resource's function, refused
    └── NotUpdatable  nothing was touched
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from moto.core.exceptions import ServiceException, _RESTError

from local_aws.cloudformation.exceptions import ValidationError

_NOT_FOUND = ("NotFound", "NoSuch", "NotExist", "NonExistent")


class ResourceError(Exception):
    """A resource failed without a call's error. The text is the event's reason.

    `code` is the HandlerErrorCode, if the reason should have one.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class NotUpdatable(ResourceError):
    """A resource can neither be changed nor replaced; nothing was touched."""


@dataclass(eq=False)
class CallFailed(Exception):
    """A service refused a call. `code` is the error's code in the API."""

    code: str
    message: str
    status: int
    request_id: str

    @property
    def is_not_found(self) -> bool:
        """Whether the error says that the thing does not exist."""
        return self.status == 404 or any(mark in self.code for mark in _NOT_FOUND)


def call_failed(error: Exception) -> CallFailed | None:
    """The error as a failed call, also if one of moto's models raised an API's error; else None."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, ServiceException):
        code = str(error.code)
    elif isinstance(error, _RESTError):
        code = str(error.error_type)
    else:
        return None
    message = str(getattr(error, "message", error))
    status = getattr(error, "code", 400)
    return CallFailed(code, message, status if isinstance(status, int) else 400, str(uuid.uuid4()))


def reason_of(error: Exception, resource_type: str) -> str:
    """The event's reason for an error, in CloudFormation's own form for API errors."""
    if isinstance(error, ResourceError):
        return _handler_message(str(error), error.code) if error.code else str(error)
    if isinstance(error, ValidationError):
        return str(error.message)
    if isinstance(error, KeyError):
        return f"Properties validation failed: required key [{error.args[0]}] not found"
    failed = call_failed(error)
    if failed is None:
        return f"Internal failure of the local AWS: {type(error).__name__}: {error}"
    kind = _handler_error_code(failed.code)
    detail = (
        f"{failed.message} (Service: {resource_type.split('::')[1]}, "
        f"Status Code: {failed.status}, Request ID: {failed.request_id})"
    )
    if kind == "InvalidRequest":
        detail = f"Invalid request provided: {detail}"
    return _handler_message(detail, kind)


def _handler_message(detail: str, code: str) -> str:
    """What CloudFormation's resource handlers return (aws/aws-cdk#27168)."""
    return (
        f'Resource handler returned message: "{detail}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})"
    )


def _handler_error_code(code: str) -> str:
    kinds = (
        ("AlreadyExists", ("AlreadyExist", "AlreadyOwned", "ResourceInUse")),
        ("NotFound", _NOT_FOUND),
        ("AccessDenied", ("AccessDenied", "Unauthorized")),
        ("Throttling", ("Throttl",)),
        ("ServiceLimitExceeded", ("LimitExceeded", "MaximumNumber")),
        ("InvalidRequest", ("Invalid", "Validation", "Malformed", "Insufficient")),
    )
    return next(
        (kind for kind, marks in kinds if any(mark in code for mark in marks)),
        "GeneralServiceException",
    )
