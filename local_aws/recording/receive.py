"""A request as it arrives: its body, time and caller, and the trails in force."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import partial

import flask
from moto.core.models import DEFAULT_ACCOUNT_ID
from msgspec import Struct

from cloudtrail.records.identity import Identity
from cloudtrail.records.operations import S3_SERVICES
from local_aws.cloudtrail.faults import Faults
from local_aws.cloudtrail.trails_in_force import InForce, TrailStates
from local_aws.recording.callers import (
    ANONYMOUS,
    DEFAULT_REGION,
    Credential,
    account_of,
    caller_of,
    credential_of,
    has_ended,
)
from local_aws.recording.deserializing import unpacked
from local_aws.web.http_heads import Environ

ON_BEHALF_OF = "local_aws.on_behalf_of"
"""Key of the WSGI environment: for whom the local AWS makes a request itself.

The value is an Identity, or None for no record. No header becomes this key, so no client can set
it.
"""

RECEIVED = "local_aws.received"
"""Key of the WSGI environment: the `Received` of the request."""

ENDED = "local_aws.ended"
"""Key of the WSGI environment: True if the request was signed in a session that has ended."""

_UNKNOWN: Identity | None = ANONYMOUS
_HOP_HEADERS = ("HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")


def is_made_here() -> bool:
    """Whether the request that is being answered is one that the local AWS makes itself."""
    return flask.has_request_context() and ON_BEHALF_OF in flask.request.environ


def caller_of_this_request() -> Identity | None:
    """Who made the request that moto answers in this thread, None if it answers none."""
    environ = flask.request.environ if flask.has_request_context() else {}
    received: Received | None = environ.get(RECEIVED)
    return received.identity if received is not None else None


class Request:
    """A request whose body can be read again and again, whatever its transfer encoding was."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        length = environ.get("CONTENT_LENGTH")
        source = environ["wsgi.input"]
        self.body: bytes = b""
        if length is not None:
            self.body = source.read(int(length or 0))
        elif environ.get("wsgi.input_terminated"):
            self.body = source.read()
        for header in _HOP_HEADERS:
            environ.pop(header, None)
        self.rewind()

    def rewind(self) -> None:
        """Put the body back for the next reader."""
        self.environ["CONTENT_LENGTH"] = str(len(self.body))
        self.environ["wsgi.input"] = io.BytesIO(self.body)

    def unpack(self, service: str) -> None:
        """Decompress the body of a client that sent it as gzip.

        S3 keeps objects as they were sent.
        """
        if self.environ.get("HTTP_CONTENT_ENCODING") == "gzip" and service not in S3_SERVICES:
            self.body = unpacked(self.body)
            del self.environ["HTTP_CONTENT_ENCODING"]
            self.rewind()

    @property
    def is_signed_in_chunks(self) -> bool:
        """Whether the body is in the framing of an upload that is signed piece by piece."""
        return str(self.environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")).startswith("STREAMING-")


class Received(Struct, frozen=True):
    """A request as it arrived. Without an `identity` it is not recorded."""

    request: Request
    arrived: datetime
    account_id: str
    region: str
    identity: Identity | None
    trails: tuple[InForce, ...]


def receive(environ: Environ, trails: TrailStates, faults: Faults) -> Received:
    """The request with its caller and the trails in force, before it changes either."""
    arrived = datetime.now(UTC)
    request = Request(environ)
    attempt = partial(faults.attempt, "a request")
    credential = attempt(lambda: credential_of(environ), None)
    account_id = attempt(lambda: account_of(environ, credential), DEFAULT_ACCOUNT_ID)
    region = credential.region if credential else DEFAULT_REGION
    received = Received(
        request,
        arrived,
        account_id,
        region,
        attempt(lambda: _caller(environ, account_id, credential), _UNKNOWN),
        attempt(lambda: trails.in_force(account_id, region), ()),
    )
    environ[RECEIVED] = received
    return received


def _caller(environ: Environ, account_id: str, credential: Credential | None) -> Identity | None:
    """The caller; None if the call is not to be recorded, or its session has ended.

    CloudTrail has no records of calls whose credentials are not valid (S3 User Guide, "Amazon S3
    CloudTrail events").
    """
    if ON_BEHALF_OF not in environ and has_ended(account_id, credential):
        environ[ENDED] = True
        return None
    identity: Identity | None = environ.get(ON_BEHALF_OF)
    return identity if ON_BEHALF_OF in environ else caller_of(account_id, credential)
