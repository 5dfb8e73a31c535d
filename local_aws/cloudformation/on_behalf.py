"""CloudTrail's records of what CloudFormation does for the caller of a stack operation.

Each resource that is created, updated or deleted leaves the records of the API calls that
`api_calls` has for its type, made by the caller (or the stack's role), invoked by
`cloudformation.amazonaws.com`.
Source: AWS CloudFormation User Guide, "Logging AWS CloudFormation API calls with CloudTrail".
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.serialize import create_serializer
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

from cloudtrail.records.calls import Call, CallError
from cloudtrail.records.identity import AwsAccount, AwsService, IamUser, Identity, OnBehalfOf
from cloudtrail.records.identity import WebIdentityUser as WebIdentity
from cloudtrail.records.service_models import error_shape, operation_model
from local_aws.cloudformation.api_calls import calls_of
from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Change,
    Kind,
    api_call,
    declares,
)
from local_aws.cloudformation.handlers import (
    FoundByCloudFormation,
    ResourceError,
    error_code,
    error_status,
)
from local_aws.cloudformation.stacks import Resource
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.recording.callers import Credential, caller_of
from local_aws.recording.requests import new_extended_request_id, new_request_id

CLOUDFORMATION = "cloudformation.amazonaws.com"
ROLE_SESSION_NAME = "AWSCloudFormation"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """What records the calls of one stack operation; without an identity, nothing is."""

    account_id: str
    region: str
    identity: Identity | None
    service: CloudTrailService

    @contextmanager
    def recording(
        self, kind: Kind, resource: Resource, current: Resource | None = None
    ) -> Iterator[None]:
        """Record the calls of what the block does to `resource`, also where it fails.

        `current` is the resource as it was, for updates. The calls bear the time at which
        the block began, and go to the trails in force at that moment.
        """
        started, trails = datetime.now(UTC), self.service.trails.in_force(self.account_id)
        error: Exception | None = None
        try:
            yield
        except Exception as raised:
            error = raised
            raise
        finally:
            if self.identity is not None:
                for call, failure in self._calls(kind, resource, current, error):
                    made = self._call(call, failure, started, self.identity)
                    self.service.record(made, trails)

    def _calls(
        self, kind: Kind, resource: Resource, current: Resource | None, error: Exception | None
    ) -> list[tuple[ApiCall, CallError | None]]:
        left = error.model if isinstance(error, ResourceError) else None
        made = replace(resource, model=resource.model or left)
        change = change_of(made, current, self.account_id, self.region)
        try:
            return made_calls(kind, change, error)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Properties that no API would take: the stack says what is wrong with them.
            logger.warning("no records of %s %s", resource.type, kind, exc_info=True)
            return []

    def _call(
        self, made: ApiCall, error: CallError | None, time: datetime, identity: Identity
    ) -> Call:
        call = Call(
            time=time,
            service=made.service,
            operation=made.operation,
            region=self.region,
            account_id=self.account_id,
            identity=identity,
            source_ip_address=CLOUDFORMATION,
            user_agent=CLOUDFORMATION,
            request_id=new_request_id(made.service),
            event_id=str(uuid.uuid4()),
            parameters=made.parameters,
            output=made.output if error is None else None,
            error=error,
        )
        return _over_http(call) if made.service == "s3" else call


def made_calls(
    kind: Kind, change: Change, error: Exception | None
) -> list[tuple[ApiCall, CallError | None]]:
    """The calls of a change, each with the error that it ended in.

    A change fails at the first call that declares the error in its API, else at the first
    of all. An error that is no API's was found before any call.
    """
    planned = calls_of(change.type)
    if planned is None:
        return []
    calls = list(planned.of(kind)(change))
    failure = None if error is None else _failure(error)
    if error is None or (failure is None and planned.answers_at_once and _is_outcome(error)):
        return [(call, None) for call in calls]
    if failure is None or not calls:
        return []
    failed = next((place for place, call in enumerate(calls) if declares(call, failure.code)), 0)
    done: list[tuple[ApiCall, CallError | None]] = [(call, None) for call in calls[:failed]]
    done.append((calls[failed], replace(failure, shape=_shape(calls[failed], failure))))
    if failed and kind == "created" and planned.undone_when_failed:
        done += [(call, None) for call in planned.deleted(change)]
    return done


def change_of(resource: Resource, current: Resource | None, account_id: str, region: str) -> Change:
    """What is done to a resource of a stack; `current` is how an updated one was before."""
    return Change(
        type=resource.type,
        name=resource.name,
        physical_id=resource.physical_id,
        properties=resource.properties,
        before=current.properties if current is not None else {},
        model=resource.model,
        account_id=account_id,
        region=region,
    )


def _failure(error: Exception) -> CallError | None:
    """The API's error behind an error of a resource; None where there is none."""
    if isinstance(error, FoundByCloudFormation):
        return None
    found = error.__cause__ if isinstance(error, ResourceError) else error
    code = error_code(found).rpartition("#")[2] if found is not None else ""
    if found is None or not code:
        return None
    return CallError(code, str(getattr(found, "message", found)), error_status(found))


def _is_outcome(error: Exception) -> bool:
    """Whether the error says what became of a request that was answered at once."""
    return isinstance(error, ResourceError)


def _shape(call: ApiCall, failure: CallError) -> str | None:
    return error_shape(call.service, failure.code)


def _over_http(call: Call) -> Call:
    """The call with what S3's records are made of: headers, query and body of its request."""
    model = operation_model(call.service, call.operation)
    assert model is not None
    serializer = create_serializer("rest-xml", include_validation=False)
    request = serializer.serialize_to_request(dict(call.parameters), model)
    body: Any = request["body"]
    return replace(
        call,
        headers={name.lower(): str(value) for name, value in request["headers"].items()},
        query=dict(parse_qsl(urlsplit(request["url_path"]).query, keep_blank_values=True)),
        body=body if isinstance(body, bytes) else str(body).encode(),
        response_headers={"x-amz-id-2": new_extended_request_id()},
    )


def principal(
    account_id: str,
    region: str,
    caller: Identity,
    role_arn: str | None,
    service: CloudTrailService,
) -> Identity:
    """Who CloudFormation's calls are made by: the caller, or a session of the stack's role.

    CloudFormation assumes the role itself, which is recorded too.
    """
    if role_arn is None:
        return _on_behalf_of(caller)
    trails = service.trails.in_force(account_id)
    session = _session(account_id, region, role_arn)
    itself = OnBehalf(account_id, region, AwsService(CLOUDFORMATION), service)
    assumed = itself._call(
        _assume_role(session), None, datetime.now(UTC), AwsService(CLOUDFORMATION)
    )
    service.record(replace(assumed, shared_event_id=str(uuid.uuid4())), trails)
    return _on_behalf_of(caller_of(account_id, Credential(session.access_key_id, region)))


def _on_behalf_of(caller: Identity) -> Identity:
    """The caller through CloudFormation, which acts with a session of an IAM user.

    Nobody signed an anonymous request: what comes of it is CloudFormation's own.
    """
    if isinstance(caller, AwsService | AwsAccount | WebIdentity | OnBehalfOf):
        return AwsService(CLOUDFORMATION)
    if isinstance(caller, IamUser) and caller.session_created is None:
        caller = replace(caller, session_created=datetime.now(UTC))
    return OnBehalfOf(caller, CLOUDFORMATION)


def _session(account_id: str, region: str, role_arn: str) -> AssumedRole:
    session: AssumedRole = sts_backends[account_id][get_partition(region)].assume_role(
        region_name=region,
        role_session_name=ROLE_SESSION_NAME,
        role_arn=role_arn,
        policy="",
        duration=3600,
        external_id="",
    )
    return session


def _assume_role(session: AssumedRole) -> ApiCall:
    asked: Mapping[str, Any] = {
        "RoleArn": session.role_arn,
        "RoleSessionName": session.session_name,
        "DurationSeconds": 3600,
    }
    answered = {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SessionToken": session.session_token,
            "Expiration": session.expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    return api_call("sts", "AssumeRole", asked, answered)
