"""Calls that moto does not serve: judged by policies like any other, then refused.

moto answers an operation without a route with an HTML page (404), fails on one without a method,
and accepts no request for a service that it lacks. AWS first judges the caller, and CloudTrail
records the call, however it ends.
"""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, request
from moto.backend_index import backend_url_patterns
from moto.backends import list_of_moto_modules
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.exceptions import HTTPException

from local_aws.first_use import begin
from local_aws.moto_changes.quick.routing import Application
from local_aws.recording.requests import ASKED, Asked, service_name


class Applications(DomainDispatcherApplication):
    """moto's application of each service, and one of each service of AWS that moto lacks."""

    def __init__(self) -> None:
        super().__init__(_application)

    def get_backend_for_host(self, host: str | None) -> Any:
        """moto's module for a host, or the name of a service that moto has no module for."""
        name, _, domain = (host or "").partition(".")
        if domain.endswith("amazonaws.com") and _is_unserved(name):
            return name
        return super().get_backend_for_host(host)


@functools.cache
def _is_unserved(name: str) -> bool:
    host = f"http://{name}.us-east-1.amazonaws.com"
    return (
        name not in list_of_moto_modules()
        and service_name(name) == name
        and not any(pattern.match(host) for _, pattern in backend_url_patterns)
    )


def _application(service: Any) -> Flask:
    begin(service)
    if _is_unserved(service):
        app: Any = Application("moto", static_folder=None)
        app.debug = True  # Errors reach the recorder, as from moto's applications.
        app.service = service
    else:
        app = create_backend_app(service)
    for code in (404, 405):
        app.register_error_handler(code, _answer)
    made: Flask = app
    return made


def _answer(error: HTTPException) -> Any:
    """Answer a request that has no route; errors of a service's own code are left alone."""
    asked: Asked | None = request.environ.get(ASKED)
    if asked is None or request.routing_exception is not error:
        return error
    return convert_to_flask_response(functools.partial(_judge, asked.service))()


def _judge(service: str, request: Any, full_url: str, headers: Any) -> Any:
    """Refuse a caller who may not call; otherwise raise NotImplementedError, as moto does."""
    response = BaseResponse(service)
    response.setup_class(request, full_url, headers)
    return response.call_action()
