"""What a request asked for, and its answer: from HTTP to AWS's own terms.

moto's code turns a request into operation and parameters, botocore's parses an answer.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import random
import string
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

import botocore.loaders
from botocore.model import OperationNotFoundError
from botocore.parsers import ResponseParser, create_parser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from msgspec import Struct
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from cloudtrail.records.data_events import POST_OBJECT
from cloudtrail.records.operations import S3_SERVICES
from local_aws.first_use import MOTOS_OWN
from local_aws.moto_changes.quick.routing import READ, ReadRequest
from local_aws.recording.deserializing import has_body

_S3_IDS = "local_aws.s3_ids"
_REQUEST_ID_ALPHABET = string.ascii_uppercase + string.digits
# Not the random module's own generator: users may seed it, or rely on its sequence.
_RANDOM = random.Random()

ASKED = "local_aws.asked"
"""Key of the WSGI environment: the `Asked` that moto should do, or has done."""


SIBLINGS = {
    "apigateway": ("apigatewayv2",),
    "es": ("opensearch",),
    "kinesisvideo": ("kinesis-video-archived-media",),
    "sagemaker": ("sagemaker-metrics", "sagemaker-runtime"),
    "servicecatalog": ("servicecatalog-appregistry",),
    "timestream-write": ("timestream-query",),
}
"""By service: other services that sign with its name, so moto takes their requests for its own."""

_S3_CONTROL_PATH = "/v20180820/"


class Asked(Struct, frozen=True):
    """The operation a request named, with its parameters by botocore's member names.

    `protocol` is what the request spoke, and its answer will: some services speak several. `unread`
    is the reason if parameters are missing because they could not be parsed.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str
    unread: Exception | None = None

    def is_parsed_for(self, service: str, map_type: object) -> bool:
        """Whether moto's own parser would find the same parameters, in maps of this type."""
        is_all = bool(self.parameters) and self.unread is None
        return is_all and self.protocol == "json" and self.service == service and map_type is dict


class Answered(Struct, frozen=True):
    """A parsed answer: the output by botocore's member names, or the error's code and message.

    `unread` is the reason if there is neither because it could not be parsed.
    """

    output: Mapping[str, Any] | None
    error_code: str | None = None
    error_message: str = ""
    unread: Exception | None = None


@functools.cache
def _botocore_names() -> dict[str, str]:
    available = botocore.loaders.create_loader().list_available_services("service-2")
    names = {name.replace("-", ""): name for name in available}
    return {**names, "awslambda": "lambda", "dynamodb_v20111205": "dynamodb"}


def service_name(moto_module: str) -> str | None:
    """botocore's name of the service that a moto module serves, None for moto's own pages."""
    if moto_module == MOTOS_OWN:
        return None
    return _botocore_names().get(moto_module.replace("-", ""))


def asked(service: str, environ: dict[str, Any], operation: str | None = None) -> Asked | None:
    """What the request asks of `service`, or of one that signs like it; None if it asks neither.

    `operation` is given if it is already known. A body that cannot be parsed leaves only the
    parameters that the path names, and `unread` then says why.
    """
    for each in _candidates(service, environ):
        found = _asked(each, environ, operation)
        if found is not None:
            return found
        environ.pop(READ, None)
        environ["wsgi.input"].seek(0)
    return None


def _candidates(service: str, environ: dict[str, Any]) -> Iterable[str]:
    """The services that a request to `service` may be for, the likeliest first."""
    if service == "elb":
        version = Request(environ).values.get("Version")
        environ["wsgi.input"].seek(0)
        return ("elbv2",) if version == get_service_model("elbv2").api_version else ("elb",)
    if service == "s3" and environ["PATH_INFO"].startswith(_S3_CONTROL_PATH):
        return ("s3control", "s3")  # S3 takes any path for a key.
    return (service, *SIBLINGS.get(service, ()))


def _asked(service: str, environ: dict[str, Any], operation: str | None) -> Asked | None:
    request = _read(environ)
    protocol = request_protocol(service, environ)
    try:
        model, uri_parameters = _operation(service, request, protocol, operation)
    except (HTTPException, NotImplementedError, OperationNotFoundError, KeyError, ValueError):
        return None
    name = str(model.name)
    try:
        return Asked(service, name, _parameters(model, request, uri_parameters, protocol), protocol)
    except Exception as error:  # noqa: BLE001
        # moto's parsers trust their input: whatever it makes them raise is about the input.
        environ.pop(READ, None)
        return Asked(service, name, uri_parameters, protocol, error)


def _read(environ: dict[str, Any]) -> Request:
    """moto's request, read only once, for its record and for its answer.

    Except a form with files, which are gone once read, and a request that could not be read.
    """
    request: Request | None = environ.get(READ)
    if request is None:
        request = ReadRequest(environ)
        if request.mimetype != "multipart/form-data":
            environ[READ] = request
    return request


def _form_key(request: Request) -> str:
    """The key of an upload by a form in a web page, which may hold the name of the file."""
    with request:
        file = request.files.get("file")
        name = (file and file.filename) or ""
        return request.form.get("key", "").replace("${filename}", name)


def _operation(
    service: str, request: Request, protocol: str, operation: str | None
) -> tuple[OperationModel, dict[str, Any]]:
    target = request.headers.get("X-Amz-Target") if protocol == "json" else None
    if operation is None and target:
        operation = target.rpartition(".")[2]
    if operation is not None:
        return get_service_model(service).operation_model(operation), {}
    return get_service_router(service).match(request)


def request_protocol(service: str, environ: Mapping[str, Any]) -> str:
    """The protocol of a request to `service`, by its Content-Type where it speaks several."""
    model = get_service_model(service)
    try:
        return determine_request_protocol(model, environ.get("CONTENT_TYPE"))
    except NotImplementedError:
        return str(model.protocol)


def speaks_only_json(service: str) -> bool:
    """Whether every operation of the service is a JSON object sent to `/`."""
    model = get_service_model(service)
    return list(model.metadata.get("protocols", [str(model.protocol)])) == ["json"]


def settle_content_type(service: str, environ: dict[str, Any]) -> None:
    """Remove a Content-Type that is of none of the service's protocols: AWS ignores it."""
    try:
        determine_request_protocol(get_service_model(service), environ.get("CONTENT_TYPE"))
    except NotImplementedError:
        environ["CONTENT_TYPE"] = ""


def _parameters(
    model: OperationModel, request: Request, uri_parameters: dict[str, Any], protocol: str
) -> Mapping[str, Any]:
    if (model.service_model.service_name, model.name) == POST_OBJECT:
        return {**uri_parameters, "Key": _form_key(request)}
    reads_body = has_body(str(model.service_model.service_name), str(model.name))
    parsed: Mapping[str, Any] | None = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": request.method,
            "values": MultiDict() if protocol == "json" else request.values,
            "headers": request.headers,
            "body": request.data if reads_body else b"",
            "url_path": request.path,
            "url_params": uri_parameters,
        }
    )
    lists = _query_lists(str(model.service_model.service_name), str(model.name))
    return {name: each for name, each in (parsed or {}).items() if each != [] or name not in lists}


@functools.cache
def _query_lists(service: str, operation: str) -> frozenset[str]:
    """The lists of an operation's query string: moto's parser adds empty ones that nobody sent."""
    shape = get_service_model(service).operation_model(operation).input_shape
    members = shape.members.items() if shape is not None else ()
    return frozenset(
        name
        for name, inner in members
        if inner.type_name == "list" and inner.serialization.get("location") == "querystring"
    )


@functools.cache
def _response_parser(protocol: str) -> ResponseParser:
    return create_parser(protocol)


def answered(
    asked: Asked, status: int, headers: Mapping[str, str], body: bytes, *, want_output: bool
) -> Answered:
    """Parse an answer; a successful one only if its output is wanted.

    An answer that cannot be parsed is an error without a code.
    """
    if status < 300 and not want_output:
        return Answered(None)
    try:
        model = get_service_model(asked.service).operation_model(asked.operation)
        parsed = _response_parser(asked.protocol).parse(
            {"status_code": status, "headers": headers, "body": body}, model.output_shape
        )
    except Exception as error:  # noqa: BLE001
        # moto's answer need not fit botocore's model, and botocore does not check.
        code = "InternalFailure" if status >= 300 else None
        return Answered(None, code, unread=error)
    said = parsed.get("Error") or {}
    parsed.pop("ResponseMetadata", None)
    if status >= 300:
        return Answered(None, str(said.get("Code") or status), str(said.get("Message") or ""))
    return Answered(parsed)


def internal_failure(service: str | None, protocol: str, message: str = "") -> tuple[str, bytes]:
    """Content type and body of the answer to a request on which moto failed, or that it lacks."""
    if service == "s3":
        common = "We encountered an internal error. Please try again."
        return error_answer(service, protocol, "InternalError", message or common)
    common = "An unknown error occurred"
    return error_answer(service, protocol, "InternalFailure", message or common)


def error_answer(service: str | None, protocol: str, code: str, message: str) -> tuple[str, bytes]:
    """Content type and body of an error, in the form of the protocol."""
    if protocol in ("query", "rest-xml", "ec2"):
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        if protocol == "ec2":
            error = f"<Response><Errors>{error}</Errors></Response>"
        elif service not in S3_SERVICES:
            error = f"<ErrorResponse>{error}</ErrorResponse>"
        return "text/xml", error.encode()
    said = {"Message": message} if message else {}
    kind = f"{_ERROR_NAMESPACES.get(service or '', '')}{code}"
    return "application/json", json.dumps({"__type": kind} | said).encode()


_ERROR_NAMESPACES = {"dynamodb": "com.amazon.coral.service#"}
"""What DynamoDB puts before the names of the errors that all services have."""


def new_extended_request_id() -> str:
    """The second id of S3's answers, `x-amz-id-2`: 56 bytes in base64."""
    return base64.b64encode(os.urandom(56)).decode()


def s3_ids(environ: dict[str, Any]) -> tuple[str, str]:
    """The two ids that S3 gives a request: its answer, its record and its notifications agree."""
    if _S3_IDS not in environ:
        environ[_S3_IDS] = new_request_id("s3"), new_extended_request_id()
    ids: tuple[str, str] = environ[_S3_IDS]
    return ids


def new_request_id(service: str) -> str:
    """A request id as DynamoDB (52 characters), S3 (16) or any other service (UUID) forms it."""
    if service == "dynamodb":
        return "".join(_RANDOM.choices(_REQUEST_ID_ALPHABET, k=26)) + "VV4KQNSO5AEMVJF66Q9ASUAAJG"
    if service == "s3":
        return "".join(_RANDOM.choices(_REQUEST_ID_ALPHABET, k=16))
    return str(uuid.uuid4())
