"""Refusals with AWS's wording and format, when moto enforces policies (`/moto-api/reset-auth`).

moto answers every service in XML, so clients of other protocols report an error `403` with the XML
as its message. It says neither what was refused nor why. And it checks the signature with the query
as the body, so every REST call without a body is refused. Sources: 122 real records of refused
calls, and the IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cloudtrail.partitions import arn_parts_if_any
from cloudtrail.policies.actions import NEEDING_NONE
from cloudtrail.policies.evaluation import Effect
from local_aws.moto_changes.access import control_policies

if TYPE_CHECKING:
    from moto.core.responses import BaseResponse

    from cloudtrail.policies.policy_from_records import Denial
    from cloudtrail.records.calls import Call

SHOWN_PREFIXES = {"sns": "SNS"}
"""Prefixes that messages write differently from policies (6 of 6)."""

WITHOUT_REASON = frozenset({"sts"})
"""Services whose messages give no reason (4 of 4)."""

WITHOUT_RESOURCE = frozenset({"ec2", "elasticloadbalancing", "route53", "ses", "secretsmanager"})
"""Services whose messages name no resource if the action has none (17 of 17)."""

IAM_RESOURCES = (
    ("RoleName", "role {}"),
    ("GroupName", "group {}"),
    ("UserName", "user {}"),
    ("InstanceProfileName", "instance profile {}"),
    ("PolicyArn", "policy {}"),
)
"""What IAM calls the resource of a refused action, by the parameter that names it (38 of 45)."""

NOT_ALLOWED = "because no {} policy allows the {} action"
DENIED = "with an explicit deny in {} policy"
KINDS = {
    "service control": "a service control",
    "resource control": "a resource control",
    "identity-based": "an identity-based",
    "session": "a session",
}

JSON_CODES = {
    "AccessDenied": "AccessDeniedException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
"""JSON services' codes for the refusals of XML services (their APIs' common errors)."""

EC2_CODES = {"AccessDenied": "UnauthorizedOperation"}
EC2_PREFACE = "You are not authorized to perform this operation. "


class RefusedCall(Exception):
    """A request that its caller may not make. moto writes it in the request's protocol."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def install(patches: ExitStack) -> None:
    """Refuse this way until `patches` is closed."""
    from moto.core import errors
    from moto.core.responses import BaseResponse
    from moto.iam import access_control
    from moto.iam.access_control import IAMRequest, IAMRequestBase, S3IAMRequest

    from local_aws.moto_changes.access import session_keys

    common = [*errors.COMMON_ERROR_CODES, *JSON_CODES.keys(), *JSON_CODES.values()]
    for owner, name, changed in (
        # moto warns of codes that are neither in the service's model nor in this list.
        (errors, "COMMON_ERROR_CODES", common),
        (access_control, "create_access_key", session_keys.key_of),
        (IAMRequestBase, "__init__", _begin(IAMRequestBase.__init__)),
        (IAMRequestBase, "_create_aws_request", _sign(IAMRequestBase._create_aws_request)),
        (IAMRequestBase, "check_action_permitted", _judge(IAMRequestBase.check_action_permitted)),
        (IAMRequest, "_raise_access_denied", _deny),
        (S3IAMRequest, "_raise_access_denied", _deny_in_s3(S3IAMRequest._raise_access_denied)),
        (BaseResponse, "_authenticate_and_authorize_normal_action", _authorize(BaseResponse)),
        (BaseResponse, "call_action", _answer(BaseResponse.call_action)),
    ):
        patches.enter_context(patch.object(owner, name, changed))


def _begin(ask_moto: Any) -> Any:
    def begin(self: Any, *positional: Any, **named: Any) -> None:
        ask_moto(self, *positional, **named)
        # moto adds the service's prefix to a name that already has it.
        self._action = self._action.partition(":")[2]

    return begin


def _sign(ask_moto: Any) -> Any:
    def create_aws_request(self: Any) -> Any:
        """The request as it was signed: without a body if none was sent."""
        if self._headers.get("Content-Length", "0") not in ("", "0"):
            return ask_moto(self)
        given, self._data = self._data, b""
        try:
            return ask_moto(self)
        finally:
            self._data = given

    return create_aws_request


def _judge(ask_moto: Any) -> Any:
    from local_aws.moto_changes.access import session_keys

    def check_action_permitted(self: Any, resource: str) -> None:
        self._local_aws_resource = resource
        service, _, action = self._action.partition(":")
        if session_keys.is_invalid_for(self._access_key, service):
            self._raise_invalid_access_key("InvalidId")
        if session_keys.is_barred_from(self._access_key, service, action):
            raise _denied(self, f"Cannot call {action} with session credentials")
        if self._action in NEEDING_NONE:
            return
        ask_moto(self, resource)
        if _reason(self):
            self._raise_access_denied()

    return check_action_permitted


def _deny(self: Any) -> None:
    """Raise moto's error with AWS's message."""
    raise _denied(self, " ".join(_sentence(self)))


def _deny_in_s3(ask_moto: Any) -> Any:
    """S3 quotes the resource (S3 User Guide, "Troubleshoot access denied errors")."""
    from moto.s3.exceptions import S3AccessDeniedError

    def raise_access_denied(self: Any) -> None:
        try:
            ask_moto(self)
        except S3AccessDeniedError as error:
            resource = self._local_aws_resource
            if resource != "*":
                error.message = " ".join(_sentence(self)).replace(resource, f'"{resource}"')
            raise

    return raise_access_denied


def _denied(request: Any, message: str) -> Exception:
    from moto.core.exceptions import AccessDeniedError

    error = AccessDeniedError(user_arn=request._access_key.arn, action=request._action)
    error.message = message
    return error


def _sentence(request: Any) -> Iterator[str]:
    service, _, action = request._action.partition(":")
    shown = f"{SHOWN_PREFIXES.get(service, service)}:{action}"
    yield f"User: {request._access_key.arn} is not authorized to perform: {shown}"
    resource = request._local_aws_resource
    if service == "iam":
        resource = _iam_resource(request._data) or resource
    if resource != "*" or service not in WITHOUT_RESOURCE:
        yield f"on resource: {resource}"
    denying, kind = _reason(request) or (False, "identity-based")
    if denying or service not in WITHOUT_REASON:
        yield _why(denying, kind, shown)


def _why(denying: bool, kind: str, action: str) -> str:
    return DENIED.format(KINDS[kind]) if denying else NOT_ALLOWED.format(kind, action)


def _iam_resource(parameters: dict[str, Any]) -> str:
    for member, form in IAM_RESOURCES:
        if member in parameters:
            value = parameters[member]
            return form.format(value[0] if isinstance(value, list) else value)
    return ""


def _reason(request: Any) -> tuple[bool, str] | None:
    """The kind of policy that denies (True), or that does not allow (False); None if allowed."""
    return _said(request._access_key, request._action, request._local_aws_resource, request._region)


def _said(key: Any, action: str, resource: str, region: str) -> tuple[bool, str] | None:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    from local_aws.moto_changes.access.session_keys import session_policies

    kinds = {"identity-based": key.collect_policies(), "session": session_policies(key)}
    found = {
        kind: {IAMPolicy(each).is_action_permitted(action, resource) for each in policies}
        for kind, policies in kinds.items()
        if policies is not None
    }
    found = {**_by_organization(key, action, resource, region), **found}
    denying = (kind for kind, said in found.items() if PermissionResult.DENIED in said)
    silent = (kind for kind, said in found.items() if PermissionResult.PERMITTED not in said)
    for is_denial, those in ((True, denying), (False, silent)):
        for kind in those:
            return is_denial, kind
    return None


def _by_organization(key: Any, action: str, resource: str, region: str) -> dict[str, set[Any]]:
    """What the organization's policies say, by their kind, as moto's results."""
    from moto.iam.access_control import PermissionResult

    from local_aws.moto_changes.access.session_keys import identity_of
    from local_aws.recording.clients import client_of

    owner = _owner(resource) or key.account_id
    if not any(map(control_policies.is_limited, {owner, key.account_id})):
        return {}
    client = client_of(identity_of(key, region))
    request = client.asks(action, resource, {"aws:requestedregion": region})
    said = {
        "service control": control_policies.of_caller(key.account_id, request),
        "resource control": control_policies.of_resource(owner, request),
    }
    answers = {Effect.DENY: PermissionResult.DENIED, Effect.ALLOW: PermissionResult.PERMITTED}
    return {
        kind: {answers[each] if each else PermissionResult.NEUTRAL} for kind, each in said.items()
    }


def _owner(resource: str) -> str:
    """The account that a resource belongs to; empty if its ARN does not tell."""
    parts = arn_parts_if_any(resource)
    if parts is None or parts.service != "s3":
        return parts.account_id if parts else ""
    from moto.s3.models import s3_backends

    _, account = s3_backends.bucket_accounts.get(parts.resource.partition("/")[0], ("", ""))
    return account


def may(response: BaseResponse, action: str) -> bool:
    """Whether the caller may also do `action` (`iam:GetRole`); true if policies are not
    enforced."""
    from local_aws.moto_changes.access.iam_actions import is_judging
    from local_aws.moto_changes.access.session_keys import key_of

    if not is_judging():
        return True
    account, key_id = response.current_account, response.get_access_key()
    key = key_of(account, response.partition, key_id, response.headers)
    return _said(key, action, "*", response.region) is None


def refused(
    call: Call, partition: str, access_key_id: str, token: str | None
) -> tuple[Denial, str] | None:
    """What the owner of a key lacks for a call that the local AWS carries out itself.

    The answer has the denial and its message; None if nothing is missing, or policies are not
    enforced.
    """
    from local_aws.moto_changes.access.iam_actions import as_named, is_judging, lacking
    from local_aws.moto_changes.access.session_keys import key_of

    if not is_judging():
        return None
    headers = {"X-Amz-Security-Token": token} if token else {}
    key = key_of(call.account_id, partition, access_key_id, headers)

    def said(action: str, arn: str) -> tuple[bool, str] | None:
        return _said(key, action, arn, call.region)

    denial = lacking(call, lambda action, arn: said(action, arn) is None)
    if denial is None:
        return None
    resource = denial.resources[0]
    why = said(denial.action, as_named(resource)) or (False, "identity-based")
    return denial, (
        f"User: {key.arn} is not authorized to perform: {denial.action} on resource: {resource} "
        f"{_why(*why, denial.action)}"
    )


def _authorize(response: type[BaseResponse]) -> Any:
    from moto.core.exceptions import _RESTError

    ask_moto = response._authenticate_and_authorize_normal_action

    def authorize(self: BaseResponse, resource: str = "*") -> None:
        try:
            ask_moto(self, resource)
        except _RESTError as error:
            code, message = _in_words_of(self, error.error_type, error.message)
            raise RefusedCall(code, message, error.code) from error

    return authorize


def _in_words_of(response: BaseResponse, code: str, message: str) -> tuple[str, str]:
    """The code and message of a refusal, as the called service writes them."""
    from moto.core.utils import get_service_model

    service = response.boto3_service_name
    if service == "ec2":
        preface = EC2_PREFACE if code in EC2_CODES else ""
        return EC2_CODES.get(code, code), preface + message
    protocols = get_service_model(service).metadata.get("protocols", [])
    return JSON_CODES.get(code, code) if "json" in " ".join(protocols) else code, message


def _answer(ask_moto: Any) -> Any:
    from moto.core.responses import ActionResult

    def call_action(self: BaseResponse) -> Any:
        try:
            return ask_moto(self)
        except RefusedCall as refusal:
            _, headers, body = self.serialized(ActionResult(refusal))
            headers, body = self._enrich_response(headers, body)
            return refusal.status, headers, body

    return call_action
