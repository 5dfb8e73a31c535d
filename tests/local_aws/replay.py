"""Real records asked again: the operation of a record as a boto3 request to the local AWS.

What must exist for the call to succeed, or to fail as the real one did, is made first. What
a record hides (passwords, code, attribute values) is made up.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from cloudtrail.records.calls import Call, Record
from cloudtrail.records.data_events import resource_type
from cloudtrail.records.errors import DENIED
from cloudtrail.records.identity import AssumedRole, IamUser, Identity, OnBehalfOf, Root
from cloudtrail.records.operations import operation_facts
from cloudtrail.records.service_models import endpoint, operation_model
from local_aws import LocalAws
from local_aws.recording.callers import DEFAULT_REGION
from local_aws.recording.requests import asked
from tests.cloudtrail.reference import call_of
from tests.local_aws.delivered import ACCOUNT, client, records, trail
from tests.local_aws.preconditions import ABSENT, ALLOW_ALL, MADE_UP, prepare
from tests.local_aws.wire import Wire, send

REGIONS = frozenset(boto3.Session().get_available_regions("s3"))
CONFIG = Config(
    parameter_validation=False,
    request_checksum_calculation="when_required",
    retries={"total_max_attempts": 1},
)
UNSERVED = (404, 405, 500, 501)
ALWAYS = frozenset({"ZipFile", "Variables"})
HIDDEN_MAPS = {"Variables": {"NAME": "value"}, "Parameters": {"commands": ["true"]}}
"""Maps of which a record shows nothing, or one placeholder."""
Keys = tuple[str, str, str | None]
BY_TYPE = {"blob": b"blob", "boolean": True, "integer": 1, "timestamp": "2023-07-10T12:00:00Z"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


CLAIMS = {"iss": "https://oidc.example.org", "aud": "sts.amazonaws.com", "sub": "replaying"}
TOKEN = ".".join(
    base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in ({}, CLAIMS, {})
)
CALLER = "replaying"
"""The name of the user or role that asks again."""


@dataclass(frozen=True)
class Replayed:
    """A real record in this account, and the local AWS's of the same call or why there is none."""

    real: Record
    ours: Record | None = None
    excluded: str | None = None


def replay(aws: LocalAws, real: Record) -> Replayed:
    """Make a record's call on an empty local AWS and return what was recorded of it."""
    real = _in_this_account(real)
    call = call_of(real)
    if call is None:
        return Replayed(real, excluded="no public API has such an operation")
    if real.get("errorCode") in ABSENT:
        return Replayed(real, excluded=ABSENT[real["errorCode"]])
    aws.reset()
    with _managed_policies(":aws:policy/" in str(call.parameters.get("PolicyArn"))):
        return _replay(aws, real, call)


def _in_this_account(real: Record) -> Record:
    text = json.dumps(real).replace(real["recipientAccountId"], ACCOUNT)
    moved: Record = json.loads(text)
    return moved


def _replay(aws: LocalAws, real: Record, call: Call) -> Replayed:
    region = call.region if call.region in REGIONS else DEFAULT_REGION
    is_data = operation_facts(call.service, call.operation).is_data
    if is_data:
        trail(aws, "replay", advanced=_all_of_its_type(call), region=region)
    operation, parameters = _request(call)
    parameters |= prepare(aws, call, parameters, region)
    asking = ASKER.client(aws.endpoint_url, call.service, region, _keys(aws, call.identity))
    with _authorizing(aws, real.get("errorCode") in DENIED):
        status, request_id = _ask(asking, operation, parameters)
    if status in UNSERVED and "errorCode" not in real:
        return Replayed(real, excluded="moto does not serve the operation")
    recorded = operation_facts(call.service, operation)
    recorded_in = endpoint(call.service, region)[1]
    found = records(aws, "replay-logs") if is_data else _history(aws, recorded_in)
    ours = [each for each in found if each.get("requestID") == request_id]
    assert [each["eventName"] for each in ours] == [recorded.event_name]
    return Replayed(real, ours[0])


def _all_of_its_type(call: Call) -> list[dict[str, Any]]:
    """Return the selector of all data events on resources like the call's."""
    wanted = {
        "eventCategory": "Data",
        "resources.type": resource_type(call.service, call.operation),
        # What brings the log files to their bucket is in none of them.
        **({} if call.service != "s3" else {"eventName": call.operation}),
    }
    return [{"FieldSelectors": [{"Field": k, "Equals": [v]} for k, v in wanted.items()]}]


def _history(aws: LocalAws, region: str) -> list[Record]:
    pages = client(aws, "cloudtrail", region).get_paginator("lookup_events").paginate()
    return [json.loads(each["CloudTrailEvent"]) for page in pages for each in page["Events"]]


class Asker:
    """Clients made once, which sign with the keys of whoever asks just now."""

    def __init__(self) -> None:
        self._session = boto3.Session("key", "secret", "token")
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(self, endpoint_url: str, service: str, region: str, keys: Keys) -> Any:
        """Return a client of the service that signs with these keys until another is asked for."""
        signing = self._session.get_credentials()
        assert signing is not None
        signing.access_key, signing.secret_key, signing.token = keys
        at = endpoint_url, service, region
        if at not in self._clients:
            self._clients[at] = self._session.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                endpoint_url=endpoint_url,
                config=CONFIG,
            )
            if service == "s3control":
                self._clients[at].meta.events.register("before-send.s3-control", _to_loopback)
        return self._clients[at]


def _to_loopback(request: AWSPreparedRequest, **_context: Any) -> None:
    """Take back the account that boto3 puts before the endpoint's host, which is an address."""
    request.url = request.url.replace(f"//{ACCOUNT}.", "//")


ASKER = Asker()


def _ask(asking: Any, operation: str, parameters: Mapping[str, Any]) -> tuple[int, str]:
    """Send the call; return the answer's status and request id, whether it succeeded or failed."""
    try:
        answer = getattr(asking, xform_name(operation))(**parameters)
    except ClientError as error:
        answer = error.response
    metadata = answer["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    request_id = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", "")
    return metadata["HTTPStatusCode"], request_id


@contextlib.contextmanager
def _managed_policies(wanted: bool) -> Iterator[None]:
    """Let moto have AWS's own policies, of which it loads a thousand, where a call names one."""
    setting = {"MOTO_IAM_LOAD_MANAGED_POLICIES": str(wanted).lower()}
    with patch.dict(os.environ, setting):
        yield


@contextlib.contextmanager
def _authorizing(aws: LocalAws, enforced: bool) -> Iterator[None]:
    """Let moto judge the requests of the block by the caller's policies, of which there is none."""
    if not enforced:
        yield
        return
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    try:
        yield
    finally:
        send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def _keys(aws: LocalAws, identity: Identity) -> Keys:
    """Return the keys of a new principal of the same kind; of a user where there is none."""
    if isinstance(identity, OnBehalfOf):
        return _keys(aws, identity.principal)
    keys = _lasting_keys(aws, identity)
    if not isinstance(identity, Root | IamUser | AssumedRole):
        return keys
    if identity.from_console:
        return _console_keys(aws, identity, keys)
    if isinstance(identity, AssumedRole) or identity.session_created is None:
        return keys
    return _given(client(aws, "sts", key=keys[0], secret=keys[1]).get_session_token())


def _lasting_keys(aws: LocalAws, identity: Identity) -> Keys:
    if isinstance(identity, AssumedRole):
        return _role_keys(aws, identity)
    return ("test", "test", None) if isinstance(identity, Root) else _user_keys(aws)


def _console_keys(aws: LocalAws, identity: Identity, keys: Keys) -> Keys:
    """Sign in to the console as whoever has the keys."""
    if isinstance(identity, Root):
        return _signed_in(aws, {"as": "root"})
    if isinstance(identity, IamUser):
        client(aws, "iam").create_login_profile(UserName=CALLER, Password=MADE_UP["Password"])
        return _signed_in(aws, {"as": "user", "name": CALLER, "password": MADE_UP["Password"]})
    session = dict(zip(("sessionId", "sessionKey", "sessionToken"), keys, strict=True))
    token = _control(aws, "sign-in/token", session)["SigninToken"]
    return _signed_in(aws, {"as": "session", "token": token})


def _signed_in(aws: LocalAws, who: dict[str, Any]) -> Keys:
    return _given({"Credentials": _control(aws, "sign-in", who)})


def _control(aws: LocalAws, action: str, body: dict[str, Any]) -> Any:
    wire = Wire("POST", f"/_local-aws/{action}", body=json.dumps(body).encode())
    return json.loads(send(aws.endpoint_url, wire).body)


def _user_keys(aws: LocalAws) -> Keys:
    iam = client(aws, "iam")
    iam.create_user(UserName=CALLER)
    key = iam.create_access_key(UserName=CALLER)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"], None


def _role_keys(aws: LocalAws, identity: AssumedRole) -> Keys:
    role = client(aws, "iam").create_role(RoleName=CALLER, AssumeRolePolicyDocument=TRUST)["Role"]
    asked = {"RoleArn": role["Arn"], "RoleSessionName": CALLER}
    sts = client(aws, "sts")
    if identity.federated_provider is None:
        return _given(sts.assume_role(**asked))
    return _given(sts.assume_role_with_web_identity(**asked, WebIdentityToken=TOKEN))


def _given(answer: Any) -> Keys:
    given = answer["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def _request(call: Call) -> tuple[str, dict[str, Any]]:
    """Return operation and parameters, with what the API requires and the record does not show."""
    operation, given = call.operation, call.parameters
    if call.service == "s3":
        operation, given = _s3_request(call)
    model = operation_model(call.service, operation)
    assert model is not None
    return operation, _completed(model.input_shape, given) if model.input_shape else {}


def _s3_request(call: Call) -> tuple[str, Mapping[str, Any]]:
    """Return the operation and parameters that recorded query, headers and body stand for."""
    model = operation_model("s3", call.operation)
    assert model is not None
    body = call.body
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": text for name, text in call.headers.items()
    }
    environ = {
        "REQUEST_METHOD": model.http["method"],
        "PATH_INFO": f"/{call.parameters.get('Bucket', '')}",
        "QUERY_STRING": urlencode(call.query),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        **headers,
    }
    found = asked("s3", environ)
    assert found is not None
    return found.operation, found.parameters


def _completed(shape: StructureShape, given: Any) -> dict[str, Any]:
    """Return the members of a structure, those that must be there made up where they are not."""
    return {
        name: _value(name, inner, given.get(name))
        for name, inner in shape.members.items()
        if given.get(name) is not None or name in shape.required_members or name in ALWAYS
    }


def _value(name: str, shape: Shape, given: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _completed(shape, given if isinstance(given, dict) else {})
    if isinstance(shape, ListShape):
        return [_value(name, shape.member, each) for each in given or ()]
    if isinstance(shape, MapShape) and not isinstance(given, dict):
        return HIDDEN_MAPS.get(name, {"name": "value"})
    if name == "PolicyDocument" and not _is_policy(given):
        return ALLOW_ALL
    if given is not None:
        return given
    return MADE_UP.get(name) or BY_TYPE.get(shape.type_name, "text")


def _is_policy(document: Any) -> bool:
    """Return whether a document is more than the braces that its publisher left of it."""
    try:
        return document is not None and bool(json.loads(document))
    except ValueError:
        return False
