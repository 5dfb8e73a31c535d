"""HTTP requests as bytes on a socket, for what AWS's own clients would never send."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.waiting import LONG

JSON_TARGETS = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "cloudtrail": ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "1.1"),
    "kms": ("TrentService", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
}


@dataclass(frozen=True)
class Wire:
    """One request. A `body` that is a tuple is sent in chunks, one per item."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | tuple[bytes, ...] = b""


@dataclass(frozen=True)
class Reply:
    """One answer, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def authorization(service: str, key: str = "test", region: str = "us-east-1") -> dict[str, str]:
    scope = f"{key}/20260101/{region}/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    }


def json_call(
    service: str, operation: str, body: bytes = b"{}", *, key: str = "test", **headers: str
) -> Wire:
    """A call of a JSON service, with any body at all."""
    target, version = JSON_TARGETS[service]
    return Wire(
        "POST",
        "/",
        {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{target}.{operation}",
            **authorization(service, key),
            **headers,
        },
        body,
    )


def form_call(service: str, body: bytes, **headers: str) -> Wire:
    """A call of a query service, such as IAM."""
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return Wire("POST", "/", {**content_type, **authorization(service), **headers}, body)


def s3_call(method: str, path: str, body: bytes | tuple[bytes, ...] = b"", **headers: str) -> Wire:
    return Wire(
        method,
        path,
        {
            **authorization("s3"),
            **{name.replace("__", "-"): text for name, text in headers.items()},
        },
        body,
    )


def send(endpoint: str, wire: Wire) -> Reply:
    """Send one request on a connection of its own."""
    return send_all(endpoint, [wire])[0]


def send_all(endpoint: str, wires: Iterable[Wire]) -> list[Reply]:
    """Send requests one after the other on one connection."""
    connection = http.client.HTTPConnection(address(endpoint), timeout=LONG)
    try:
        return [_send(connection, wire) for wire in wires]
    finally:
        connection.close()


def _send(connection: http.client.HTTPConnection, wire: Wire) -> Reply:
    chunked = isinstance(wire.body, tuple)
    headers = dict(wire.headers)
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif wire.body or wire.method in ("POST", "PUT"):
        headers.setdefault("Content-Length", str(len(wire.body)))
    connection.putrequest(
        wire.method, wire.path, skip_host="Host" in headers, skip_accept_encoding=True
    )
    for name, value in headers.items():
        connection.putheader(name, value.encode())
    connection.endheaders(_pieces(wire.body), encode_chunked=chunked)
    answer = connection.getresponse()
    body = answer.read()
    lowered = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, lowered, body)


def _pieces(body: bytes | tuple[bytes, ...]) -> Any:
    return iter(body) if isinstance(body, tuple) else body or None


def exchange(endpoint: str, raw: bytes, then: bytes = b"") -> bytes:
    """Send bytes; when the server answers 100 Continue, `then`; return all that it answered."""
    with socket.create_connection(_host_port(endpoint), timeout=LONG) as connection:
        connection.sendall(raw)
        received = b""
        while piece := connection.recv(65536):
            received += piece
            if then and received.endswith(b"100 Continue\r\n\r\n"):
                connection.sendall(then)
                then = b""
        return received


def address(endpoint: str) -> str:
    return urlsplit(endpoint).netloc


def _host_port(endpoint: str) -> tuple[str, int]:
    parts = urlsplit(endpoint)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port
