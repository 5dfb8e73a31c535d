"""What a request asked for and what it was answered: from HTTP to AWS's own terms.

moto ships what turns a request into operation and parameters, botocore what parses an answer.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import random
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import OperationNotFoundError
from botocore.parsers import ResponseParser, ResponseParserError, create_parser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

_REQUEST_ID_ALPHABET = string.ascii_uppercase + string.digits
# Not the module's own source: whoever seeds that, or watches it, is left alone.
_RANDOM = random.Random()
_MALFORMED = (RequestParserError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Asked:
    """The operation a request named, with its parameters by botocore's member names.

    `protocol` is what the request spoke, and its answer will: some services speak several.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A parsed answer: the output by botocore's member names, or the error's code and message."""

    output: Mapping[str, Any] | None
    error_code: str | None = None
    error_message: str = ""


@functools.cache
def _botocore_names() -> dict[str, str]:
    available = botocore.session.get_session().get_available_services()
    names = {name.replace("-", ""): name for name in available}
    return {**names, "awslambda": "lambda", "dynamodb_v20111205": "dynamodb"}


def service_name(moto_module: str) -> str | None:
    """botocore's name of the service that a moto module serves, None for moto's own pages."""
    return _botocore_names().get(moto_module.replace("-", ""))


def asked(service: str, environ: dict[str, Any]) -> Asked | None:
    """What the request asks of `service`; None where it is no operation of the service.

    A body that cannot be parsed leaves the parameters empty, as in CloudTrail's own records
    of requests that a service refused to deserialize.
    """
    request = Request(environ)
    target = environ.get("HTTP_X_AMZ_TARGET")
    try:
        if target:
            uri_parameters: dict[str, Any] = {}
            model = get_service_model(service).operation_model(target.rpartition(".")[2])
        else:
            model, uri_parameters = get_service_router(service).match(request)
    except (HTTPException, NotImplementedError, OperationNotFoundError, KeyError, ValueError):
        return None
    protocol = request_protocol(service, environ)
    try:
        parameters = _parameters(model, request, uri_parameters, protocol)
    except _MALFORMED:
        parameters = {}
    return Asked(service, str(model.name), parameters, protocol)


def request_protocol(service: str, environ: Mapping[str, Any]) -> str:
    """The protocol of a request to `service`, by its Content-Type where it speaks several."""
    model = get_service_model(service)
    try:
        return determine_request_protocol(model, environ.get("CONTENT_TYPE"))
    except NotImplementedError:
        return str(model.protocol)


def _parameters(
    model: OperationModel, request: Request, uri_parameters: dict[str, Any], protocol: str
) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] | None = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": request.method,
            "values": MultiDict() if protocol == "json" else request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": uri_parameters,
        }
    )
    return parsed or {}


@functools.cache
def _response_parser(protocol: str) -> ResponseParser:
    return create_parser(protocol)


def answered(
    asked: Asked, status: int, headers: Mapping[str, str], body: bytes, *, want_output: bool
) -> Answered:
    """Parse an answer; a successful one only where its output is wanted.

    An answer that cannot be parsed is an error without a code.
    """
    if status < 300 and not want_output:
        return Answered(None)
    model = get_service_model(asked.service).operation_model(asked.operation)
    try:
        parsed = _response_parser(asked.protocol).parse(
            {"status_code": status, "headers": headers, "body": body}, model.output_shape
        )
    except (ResponseParserError, ValueError, KeyError):
        return Answered(None, "InternalFailure" if status >= 300 else None)
    error = parsed.get("Error")
    parsed.pop("ResponseMetadata", None)
    if status >= 300:
        error = error or {}
        return Answered(None, error.get("Code") or str(status), error.get("Message") or "")
    return Answered(parsed)


def internal_failure(service: str | None, protocol: str) -> tuple[str, bytes]:
    """Content type and body of the answer to a request at which moto broke."""
    if service == "s3":
        code, message = "InternalError", "We encountered an internal error. Please try again."
    else:
        code, message = "InternalFailure", "An unknown error occurred"
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    match protocol:
        case "query" | "rest-xml":
            xml = error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
        case "ec2":
            xml = f"<Response><Errors>{error}</Errors></Response>"
        case _:
            return "application/json", json.dumps({"__type": code, "message": message}).encode()
    return "text/xml", xml.encode()


def new_extended_request_id() -> str:
    """The second id of S3's answers, `x-amz-id-2`: 56 bytes in base64."""
    return base64.b64encode(os.urandom(56)).decode()


def new_request_id(service: str) -> str:
    """A request id as DynamoDB (52 characters), S3 (16) or any other service (UUID) forms it."""
    if service == "dynamodb":
        return "".join(_RANDOM.choices(_REQUEST_ID_ALPHABET, k=26)) + "VV4KQNSO5AEMVJF66Q9ASUAAJG"
    if service == "s3":
        return "".join(_RANDOM.choices(_REQUEST_ID_ALPHABET, k=16))
    return str(uuid.uuid4())
