"""`errorCode` and `errorMessage` of a failed call's record, and when it lacks the parameters."""

from __future__ import annotations

from cloudtrail.records.by_service import s3
from cloudtrail.records.calls import Call, CallError
from cloudtrail.records.operations import S3_SERVICES, Operation

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedOperation",
        "Client.UnauthorizedOperation",
    }
)
"""Codes on the wire for "not authorized". Records say `AccessDenied` instead, except EC2's."""

THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})
_INVALID_STACK = ("cloudformation", "ValidationError")
"""Recorded as ValidationException, without parameters
(aws-cloudformation/cloudformation-coverage-roadmap#1900)."""


def is_denied(call: Call) -> bool:
    """Whether the caller was not authorized."""
    return call.error is not None and call.error.code in DENIED


def is_rejected(call: Call) -> bool:
    """Whether the service refused the call before it read the parameters."""
    code = call.error.code if call.error else ""
    return code in DENIED or code in THROTTLED or (call.service, code) == _INVALID_STACK


def error_fields(call: Call, error: CallError, facts: Operation) -> dict[str, str]:
    """`errorCode` and `errorMessage`, uncut; the message if the service's records have one."""
    code, message = _error_code(call.service, error), error.message
    if call.service in S3_SERVICES:
        code, message = s3.error(call)
    has_message = message and not facts.is_behind_gateway
    return {"errorCode": code} | ({"errorMessage": message} if has_message else {})


def _error_code(service: str, error: CallError) -> str:
    """The exception's shape name; for EC2, `Client.` or `Server.` and the code on the wire."""
    if service == "ec2":
        side = "Server" if error.status >= 500 else "Client"
        return error.code if error.code.startswith(f"{side}.") else f"{side}.{error.code}"
    if (service, error.code) == _INVALID_STACK:
        return "ValidationException"
    return "AccessDenied" if error.code in DENIED else error.shape or error.code
