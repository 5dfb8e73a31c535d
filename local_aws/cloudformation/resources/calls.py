"""The API calls that CloudFormation makes for the caller of a stack operation.

They go through the recorder, like any client's calls: signed with the caller's own key (or that of
a session of the stack's role). So the service checks, answers or refuses them, and CloudTrail
records them, invoked by `cloudformation.amazonaws.com`. Source: AWS CloudFormation User Guide,
"Logging AWS CloudFormation API calls with CloudTrail".
"""

from __future__ import annotations

import functools
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.credentials import Credentials
from botocore.exceptions import ParamValidationError
from botocore.serialize import create_serializer
from botocore.validate import ParamValidationDecorator, ParamValidator
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from msgspec import Struct
from msgspec.structs import replace
from werkzeug.test import create_environ, run_wsgi_app

from cloudtrail.partitions import arn_parts, partition_of
from cloudtrail.records import calls
from cloudtrail.records.identity import AwsAccount, AwsService, IamUser, Identity, OnBehalfOf
from cloudtrail.records.identity import SamlUser as Saml
from cloudtrail.records.identity import WebIdentityUser as WebIdentity
from cloudtrail.records.service_models import error_shape, operation_model
from local_aws.cloudformation.resources.failures import CallFailed, ResourceError
from local_aws.cloudformation.resources.resource_types import Answer, ApiCall
from local_aws.moto_changes.access.refusals import refused
from local_aws.recording.callers import Credential, caller_of
from local_aws.recording.receive import ON_BEHALF_OF
from local_aws.recording.recorder import Recorder
from local_aws.recording.requests import Asked, answered, new_request_id
from local_aws.role_rights import session_of

CLOUDFORMATION = "cloudformation.amazonaws.com"
ROLE_SESSION_NAME = "AWSCloudFormation"
_PAUSES = (0.25, 0.5, 1.0, 2.0)
"""Seconds after which a throttled call is retried, as every AWS client does."""
_UNKNOWN_KEY = "AKIAIOSFODNN7EXAMPLE"


class Services(Struct, frozen=True):
    """The services of this server, behind their recorder."""

    recorder: Recorder
    endpoint_url: str


class OnBehalf(Struct, frozen=True):
    """Makes the calls of one stack operation.

    `identity` is the caller in its records; `credentials` sign its requests.
    """

    account_id: str
    region: str
    identity: Identity
    credentials: Credentials
    services: Services

    def send(self, call: ApiCall) -> Answer:
        """Make a call and return its output; retry it if it is throttled.

        Raises CallFailed, and ResourceError for parameters that no client would send.
        """
        for pause in _PAUSES:
            try:
                return self._send(call)
            except CallFailed as error:
                if "Throttl" not in error.code:
                    raise
            time.sleep(pause)
        return self._send(call)

    def _send(self, call: ApiCall) -> Answer:
        model = operation_model(call.service, call.operation)
        assert model is not None, f"{call.service} has no {call.operation}"
        service = model.service_model
        protocol = service.resolved_protocol
        # As every AWS client does, so that the call can be retried.
        tokens = {name: str(uuid.uuid4()) for name in model.idempotent_members}
        parameters = {**tokens, **call.parameters}
        try:
            request = _serializer(protocol).serialize_to_request(parameters, model)
        except ParamValidationError as error:
            report = error.kwargs["report"]
            raise ResourceError(f"Properties validation failed: {report}") from error
        environ = self._environ(request, service.signing_name)
        environ[ON_BEHALF_OF] = self.identity if call.recorded else None
        asked = Asked(call.service, call.operation, {}, protocol)
        return _answer(self.services.recorder, environ, asked)

    def _environ(self, request: dict[str, Any], signing_name: str) -> dict[str, Any]:
        """The signed request, as a WSGI environment."""
        endpoint = self.services.endpoint_url
        prepare_request_dict(request, endpoint)
        signed = create_request_object(request)
        signer = S3SigV4Auth if signing_name == "s3" else SigV4Auth
        signer(self.credentials, signing_name, self.region).add_auth(signed)
        prepared = signed.prepare()
        target = prepared.url.removeprefix(endpoint)
        path, _, query = target.partition("?")
        return create_environ(
            path,
            endpoint,
            query,
            method=prepared.method,
            headers={**prepared.headers, "X-Moto-Account-Id": self.account_id},
            data=prepared.body,
            environ_overrides={"RAW_URI": target},
        )

    def announce(
        self, call: ApiCall, output: Answer | None = None, error: CallFailed | None = None
    ) -> None:
        """Record a call that the local AWS carries out itself, without sending it."""
        self._record(call, self.identity, output, error)

    def require(self, call: ApiCall) -> None:
        """Raise CallFailed for a call that is not sent and not allowed; the refusal is recorded."""
        asked = self._asked(call, self.identity)
        key, partition = self.credentials, partition_of(self.region)
        refusal = refused(asked, partition, key.access_key, key.token)
        if refusal is None:
            return
        denial, message = refusal
        self.services.recorder.service.denials.append(denial)
        error = CallFailed("AccessDeniedException", message, 403, asked.request_id)
        self._record(call, self.identity, error=error)
        raise error

    def _record(
        self,
        call: ApiCall,
        identity: Identity,
        output: Answer | None = None,
        error: CallFailed | None = None,
        shared_event_id: str | None = None,
    ) -> None:
        asked = self._asked(call, identity)
        failed = None if error is None else _call_error(call.service, error)
        self.services.recorder.service.record(
            replace(asked, output=output, error=failed, shared_event_id=shared_event_id)
        )

    def _asked(self, call: ApiCall, identity: Identity) -> calls.Call:
        return calls.Call(
            time=datetime.now(UTC),
            service=call.service,
            operation=call.operation,
            region=self.region,
            account_id=self.account_id,
            identity=identity,
            source_ip_address=CLOUDFORMATION,
            user_agent=CLOUDFORMATION,
            request_id=new_request_id(call.service),
            event_id=str(uuid.uuid4()),
            parameters=call.parameters,
        )

    def as_role(
        self,
        role_arn: str,
        session_name: str = ROLE_SESSION_NAME,
        service: str = CLOUDFORMATION,
    ) -> OnBehalf:
        """Calls in a session of the role, which CloudFormation itself assumes."""
        session = session_of(role_arn, session_name, self.account_id, self.region)
        asked = {
            "RoleArn": session.role_arn,
            "RoleSessionName": session.session_name,
            "DurationSeconds": 3600,
        }
        answer = {
            "Credentials": {
                "AccessKeyId": session.access_key_id,
                "SessionToken": session.session_token,
                "Expiration": session.expiration,
            },
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }
        assume = ApiCall("sts", "AssumeRole", asked)
        self._record(assume, AwsService(service), answer, shared_event_id=str(uuid.uuid4()))
        credential = Credential(session.access_key_id, self.region)
        return on_behalf_of(credential, self.account_id, self.region, self.services)

    def in_account(self, role_arn: str, session_name: str, region: str) -> OnBehalf:
        """Calls in a Region of the role's account, in a session that the caller assumes.

        Raises CallFailed if STS refuses it.
        """
        asked = {"RoleArn": role_arn, "RoleSessionName": session_name}
        answer = self.send(ApiCall("sts", "AssumeRole", asked))
        credential = Credential(answer["Credentials"]["AccessKeyId"], region)
        return on_behalf_of(credential, arn_parts(role_arn).account_id, region, self.services)


def on_behalf_of(
    credential: Credential | None, account_id: str, region: str, services: Services
) -> OnBehalf:
    """Calls for the signer of a request, given its credential; None if it was not signed."""
    identity = _through_cloudformation(caller_of(account_id, credential))
    credentials = _credentials(account_id, region, credential)
    return OnBehalf(account_id, region, identity, credentials, services)


def _through_cloudformation(caller: Identity) -> Identity:
    """The caller through CloudFormation, which acts in a session of an IAM user.

    Calls of an anonymous request are CloudFormation's own: nobody signed it.
    """
    if isinstance(caller, AwsService | AwsAccount | WebIdentity | Saml | OnBehalfOf):
        return AwsService(CLOUDFORMATION)
    if isinstance(caller, IamUser) and caller.session_created is None:
        caller = replace(caller, session_created=datetime.now(UTC))
    return OnBehalfOf(caller, CLOUDFORMATION)


def _credentials(account_id: str, region: str, credential: Credential | None) -> Credentials:
    """The key with the id in a request; an unknown one has no secret."""
    if credential is None:
        return Credentials(_UNKNOWN_KEY, "none")
    partition, key_id = partition_of(region), credential.access_key_id
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(key_id)
    if session is not None:
        return Credentials(key_id, session.secret_access_key, session.session_token)
    key = iam_backends[account_id][partition].access_keys.get(key_id)
    return Credentials(key_id, key.secret_access_key if key else "none")


@functools.cache
def _serializer(protocol: str) -> Any:
    checked: Any = create_serializer(protocol, include_validation=False)
    return ParamValidationDecorator(_Types(), checked)


class _Types(ParamValidator):
    """A client's check of parameters, without lengths of strings: services check those."""

    def _validate_string(self, param: Any, shape: Any, errors: Any, name: str) -> None:
        if not isinstance(param, str) or not param:
            vars(ParamValidator)["_validate_string"](self, param, shape, errors, name)


def _call_error(service: str, error: CallFailed) -> calls.CallError:
    shape = error_shape(service, error.code)
    return calls.CallError(error.code, error.message, error.status, shape)


def _answer(recorder: Recorder, environ: dict[str, Any], asked: Asked) -> Answer:
    body, line, found = run_wsgi_app(recorder, environ)
    headers = {name.lower(): value for name, value in found}
    status = int(line[:3])
    parsed = answered(asked, status, headers, b"".join(body), want_output=True)
    if parsed.error_code is not None:
        request_id = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", "")
        raise CallFailed(parsed.error_code, parsed.error_message, status, request_id)
    return parsed.output or {}
