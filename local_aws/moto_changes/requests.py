"""What a request asks, and who sent it: the recorder decides that once, and moto follows.

By itself, moto takes an operation's name from a form, the query, the body or a header, in any
protocol, and accepts any method of its classes as an operation. So it would do something that is
recorded differently, or not at all. If the recorder found no operation, or another service (moto
serves ELB and ELBv2 as one), it is told what moto chose.
"""

from __future__ import annotations

import re
from typing import Any

from local_aws.moto_changes.patching import MotoChange
from local_aws.recording.deserializing import Refused
from local_aws.recording.receive import RECEIVED, Received
from local_aws.recording.requests import ASKED, Asked, request_protocol, service_name

_KEYS = re.compile(r"AWS.*(?<![A-Z0-9])([A-Z0-9]{20}|[0-9]{12})(?![A-Z0-9])[:/]")


def _operation(ask_moto: Any) -> Any:
    def get_action(self: Any) -> str:
        environ = self.normalized_request.environ
        service = self.boto3_service_name
        asked: Asked | None = environ.get(ASKED)
        if asked and asked.service == service:
            if asked.protocol.startswith("rest"):
                # This call also keeps what the path names, for the operation to read.
                self._get_action_from_method_and_request_uri(self.normalized_request)
            return asked.operation
        action: str = ask_moto(self)
        protocol = request_protocol(service, environ) if service_name(service) else "rest"
        # Not for REST: there moto's action can be something else, such as S3's IAM action.
        if action and not protocol.startswith("rest"):
            _check_known(service, action, protocol)
            environ[ASKED] = Asked(service, action, {}, protocol)
        return action

    return get_action


def _check_known(service: str, action: str, protocol: str) -> None:
    from moto.core.utils import get_service_model

    if action in get_service_model(service).operation_names:
        return
    if protocol in ("query", "ec2"):
        raise Refused("InvalidAction", "The action is not valid for this web service.")
    raise Refused("UnknownOperationException")


def _parameters(parse_in_moto: Any) -> Any:
    def parse_parameters(self: Any, request: Any) -> None:
        asked: Asked | None = request.environ.get(ASKED)
        if asked and asked.is_parsed_for(self.boto3_service_name, self.PROTOCOL_PARSER_MAP_TYPE):
            # A copy: moto changes its parameters, and the record must show what was asked.
            self.params = _copied(asked.parameters)
            return
        try:
            parse_in_moto(self, request)
        except Exception as error:
            # moto's parsers trust their input: whatever it makes them raise is about the input.
            protocol = request_protocol(self.boto3_service_name, request.environ)
            code = "SerializationException" if "json" in protocol else "MalformedInput"
            raise Refused(code) from error

    return parse_parameters


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if type(value) is list else value


def _account(ask_moto: Any) -> Any:
    def get_current_account(self: Any) -> str:
        received: Received | None = self.normalized_request.environ.get(RECEIVED)
        return str(ask_moto(self)) if received is None else received.account_id

    return get_current_account


def _key(ask_moto: Any) -> Any:
    def get_access_key(self: Any) -> str:
        scope = self.querystring.get("X-Amz-Credential")
        if scope and "Authorization" not in self.headers:
            return str(scope[0]).partition("/")[0]
        return str(ask_moto(self))

    return get_access_key


_OWNER = "moto.core.responses:BaseResponse"
CHANGES = (
    MotoChange(_OWNER, "_get_action", _operation, "moto may do another operation than recorded."),
    MotoChange(
        _OWNER,
        "parse_parameters",
        _parameters,
        "moto may act on other parameters than the recorded ones, and returns 500 for bad ones.",
    ),
    MotoChange(_OWNER, "get_current_account", _account, "moto searches all accounts at each call."),
    MotoChange(
        _OWNER,
        "get_access_key",
        _key,
        "A presigned request is its signer's; moto only reads the key of Signature Version 2.",
    ),
    MotoChange(
        _OWNER,
        "access_key_regex",
        lambda _: _KEYS,
        "moto does not know an account id as its root user's key (see access/callers.py).",
    ),
    MotoChange(
        "moto.moto_api:recorder",
        "_record_request",
        lambda _: lambda *_arguments: None,
        "moto's recorder writes requests whole, secrets included, to a file in the current folder.",
    ),
    MotoChange(
        "moto.moto_server.werkzeug_app",
        "DISABLE_GLOBAL_CORS",
        lambda _: True,
        "moto lets any web page call and read the answers; here `recording.door` decides.",
    ),
)
