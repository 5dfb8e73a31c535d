"""Flask without what moto's applications do not have: looking for it took a tenth of a call.

They have no sessions, signals, blueprints or functions before and after a request.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from flask import Flask, Response
from flask.ctx import RequestContext
from flask.globals import request_ctx
from flask.sessions import NullSession, SessionInterface
from moto.core.utils import convert_to_flask_response
from moto.moto_server import werkzeug_app
from moto.moto_server.utilities import RegexConverter
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request

_MOST_KEPT = 1024
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_CHANGED = frozenset({"content-length", "location", "content-location"})
_OF_URL = (
    "REQUEST_METHOD",
    "wsgi.url_scheme",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "RAW_URI",
)
_EMPTY: ImmutableMultiDict[str, Any] = ImmutableMultiDict()
READ = "local_aws.read_request"
"""Key of the WSGI environment: moto's request, once its body was read."""


def install(stack: ExitStack) -> None:
    """Have moto make such applications until `stack` is closed."""
    stack.enter_context(patch.object(werkzeug_app, "Flask", Application))
    stack.enter_context(patch.object(werkzeug_app, "convert_to_flask_response", HandlerView))
    stack.enter_context(patch.object(werkzeug_app, "RegexConverter", AnyCharacter))


class AnyCharacter(RegexConverter):
    """A part of a path, which may have several lines, like S3's keys: moto's pattern ends at the
    first."""

    def __init__(self, url_map: Any, pattern: str) -> None:
        super().__init__(url_map, f"(?s:{pattern})")


class ReadRequest(werkzeug_app.BackendRequest):
    """moto's request, which only reads a form if there is one.

    Flask would look up these limits, which nobody sets, each time a body is used.
    """

    max_content_length = None
    max_form_parts = 1000

    def _load_form_data(self) -> None:
        if self.mimetype in _FORMS:
            # Not Flask's method, which raises another KeyError for a missing file.
            Request._load_form_data(self)
        else:
            vars(self).update(form=_EMPTY, files=_EMPTY)

    @property
    def raw_url(self) -> str:
        """The URL as it was sent; kept for requests with the same one."""
        return _raw_url(*map(self.environ.get, _OF_URL))


@functools.lru_cache(_MOST_KEPT)
def _raw_url(*parts: str | None) -> str:
    known = {name: part for name, part in zip(_OF_URL, parts, strict=True) if part is not None}
    return werkzeug_app.BackendRequest(known).raw_url


class PlainAnswer:
    """An answer of the usual kind: a body with a type, which is sent unchanged."""

    def __init__(self, status: int, headers: Mapping[str, str], content: str | bytes) -> None:
        self._status = status
        self._body = content.encode() if isinstance(content, str) else content
        self._headers = [*headers.items(), ("Content-Length", str(len(self._body)))]

    @staticmethod
    def fits(method: str, status: Any, headers: Any, content: Any) -> bool:
        """Whether werkzeug would add nothing but the length, and change nothing."""
        if method == "HEAD" or type(status) is not int or type(headers) is not dict:
            return False
        names = {name.lower() for name in headers}
        return (
            status >= 200
            and status not in (204, 304)
            and isinstance(content, str | bytes)
            and "content-type" in names
            and names.isdisjoint(_CHANGED)
            and all(type(each) is str and each.isprintable() for each in headers.values())
        )

    def __call__(self, _environ: Any, start_response: Any) -> list[bytes]:
        start_response(_status(self._status), self._headers)
        return [self._body]


@functools.cache
def _status(code: int) -> str:
    return Response(status=code).status


class HandlerView(convert_to_flask_response):
    """Calls a handler of moto's, as moto's own view does."""

    def __call__(self, *_arguments: Any, **_named: Any) -> Any:
        request: Any = request_ctx.request
        try:
            result = self.callback(request, request.raw_url, dict(iter(request.headers)))
        except ClientError as error:
            result = 400, {}, error.response["Error"]["Message"]
        status, headers, content = result if len(result) == 3 else (200, {}, result)
        if PlainAnswer.fits(request.method, status, headers, content):
            return PlainAnswer(status, headers, content)
        response = Response(content, status, headers)
        if request.method == "HEAD" and "content-length" in headers:
            response.headers["Content-Length"] = headers["content-length"]
        return response


class _Sessions(SessionInterface):
    """The same unusable session for every request."""

    _none = NullSession()

    def open_session(self, _app: Flask, _request: Any) -> NullSession:
        return self._none


class _Routes:
    """Finds a request's route, instead of werkzeug's adapter."""

    def __init__(self, application: Application, request: Any) -> None:
        self._application, self._request = application, request

    def match(self, return_rule: bool) -> tuple[Rule, dict[str, Any]]:
        """The rule and its arguments; kept for requests with the same method and path.

        Raises werkzeug's HTTPException; that is not kept, as its text may be about this request.
        """
        request = self._request
        if "HTTP_UPGRADE" not in request.environ:
            with contextlib.suppress(HTTPException):
                rule, arguments = self._application.known_route(request.method, request.path)
                return rule, dict(arguments)
        adapter: Any = Flask.create_url_adapter(self._application, request)
        found: tuple[Rule, dict[str, Any]] = adapter.match(return_rule=return_rule)
        return found


class Application(Flask):
    """A Flask application of moto's."""

    request_class = ReadRequest
    session_interface = _Sessions()

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.known_route = functools.lru_cache(_MOST_KEPT)(self._route)

    def _route(self, method: str, path: str) -> tuple[Rule, Mapping[str, Any]]:
        adapter = self.url_map.bind("", path_info=path, default_method=method)
        return adapter.match(return_rule=True)

    def request_context(self, environ: Any) -> RequestContext:
        return RequestContext(self, environ, environ.get(READ))

    def create_url_adapter(self, request: Any) -> Any:
        return None if request is None else _Routes(self, request)

    def full_dispatch_request(self) -> Any:
        try:
            answer: Any = self.dispatch_request()
        except Exception as error:  # noqa: BLE001
            answer = self.handle_user_exception(error)
        return answer if isinstance(answer, PlainAnswer) else self.make_response(answer)

    def ensure_sync(self, func: Any) -> Any:
        return func

    def do_teardown_request(self, exc: object = None) -> None:
        """Do nothing: moto has no functions for this."""

    def do_teardown_appcontext(self, exc: object = None) -> None:
        """Do nothing: moto has no functions for this."""
