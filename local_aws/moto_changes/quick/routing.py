"""Flask without what none of moto's applications has: a tenth of a call went into looking for it.

They have no sessions, signals, blueprints or functions before and after a request.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from flask import Flask, Response
from flask.ctx import RequestContext
from flask.sessions import NullSession, SessionInterface
from moto.moto_server import werkzeug_app
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request

_MOST_ROUTES = 1024
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_EMPTY: ImmutableMultiDict[str, Any] = ImmutableMultiDict()
READ = "local_aws.read_request"
"""Where a request's environment keeps moto's request of it, once its body was read."""


def install(stack: ExitStack) -> None:
    """Make moto's applications so until `stack` is left."""
    stack.enter_context(patch.object(werkzeug_app, "Flask", Application))


class ReadRequest(werkzeug_app.BackendRequest):
    """moto's request, which looks for a form where there is one.

    Flask looks up these limits, which nobody sets, at each look at a body.
    """

    max_content_length = None
    max_form_parts = 1000

    def _load_form_data(self) -> None:
        if self.mimetype in _FORMS:
            # Not as Flask does, which gives a missing file another KeyError.
            Request._load_form_data(self)
        else:
            vars(self).update(form=_EMPTY, files=_EMPTY)


class _Sessions(SessionInterface):
    """One session, which nobody may use."""

    _none = NullSession()

    def open_session(self, _app: Flask, _request: Any) -> NullSession:
        return self._none


class _Routes:
    """Where a request goes, as far as Flask asks."""

    def __init__(self, application: Application, request: Any) -> None:
        self._application, self._request = application, request

    def match(self, return_rule: bool) -> tuple[Rule, dict[str, Any]]:
        """The rule and its arguments, as of an earlier request of this method and path.

        Raises werkzeug's HTTPException, whose text may be about this request alone.
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
        self.known_route = functools.lru_cache(_MOST_ROUTES)(self._route)

    def _route(self, method: str, path: str) -> tuple[Rule, Mapping[str, Any]]:
        adapter = self.url_map.bind("", path_info=path, default_method=method)
        return adapter.match(return_rule=True)

    def request_context(self, environ: Any) -> RequestContext:
        return RequestContext(self, environ, environ.get(READ))

    def create_url_adapter(self, request: Any) -> Any:
        return None if request is None else _Routes(self, request)

    def full_dispatch_request(self) -> Response:
        try:
            answer = self.dispatch_request()
        except Exception as error:  # noqa: BLE001
            answer = self.handle_user_exception(error)
        return self.make_response(answer)

    def ensure_sync(self, func: Any) -> Any:
        return func

    def do_teardown_request(self, exc: object = None) -> None:
        """Nothing: moto has no functions for this."""

    def do_teardown_appcontext(self, exc: object = None) -> None:
        """Nothing, as above."""
