"""Results that only depend on the arguments: looked up once, and kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any
from unittest.mock import patch

_MOST_KEPT = 1024
"""Results that are kept by arguments that clients choose: those could be any number."""


def install(stack: ExitStack) -> None:
    """Keep what was looked up until `stack` is closed."""
    import botocore.session
    import moto.backends
    import moto.core.loaders
    import moto.core.request
    import moto.core.responses
    import moto.core.utils
    import werkzeug.sansio.request
    from moto.core.base_backend import BackendDict
    from moto.core.utils import camelcase_to_underscores
    from werkzeug.sansio.utils import get_current_url

    keep = functools.lru_cache(_MOST_KEPT)
    for owner, name, changed in (
        # botocore's services, which moto looks up for each service that it first serves or refuses.
        (moto.core.utils, "create_loader", functools.cache(moto.core.loaders.create_loader)),
        (moto.core.utils, "Session", functools.cache(botocore.session.Session)),
        # moto's own folder, and the methods of a class, which it lists at every request.
        (moto.backends, "list_of_moto_modules", _listed(moto.backends, "list_of_moto_modules")),
        (
            moto.core.responses,
            "method_names_from_class",
            _listed(moto.core.responses, "method_names_from_class"),
        ),
        (moto.core.responses, "camelcase_to_underscores", keep(camelcase_to_underscores)),
        (moto.core.responses, "gen_amzn_requestid_long", _request_id),
        (moto.core.request.EnvironHeaders, "__iter__", _headers),
        (werkzeug.sansio.request, "get_current_url", keep(get_current_url)),
    ):
        stack.enter_context(patch.object(owner, name, changed))
    _keep_backends(stack, BackendDict)


def _listed(module: ModuleType, name: str) -> Callable[..., list[str]]:
    names: Callable[..., Iterable[str]] = getattr(module, name)
    return functools.cache(lambda *arguments: list(names(*arguments)))


def _keep_backends(stack: ExitStack, backends: Any) -> None:
    """Get an account's backends without moto's one lock.

    moto is only asked for a new account, and once after each reset: it then notes what the next
    reset has to clear.
    """
    ask_moto, reset = backends.__getitem__, backends.reset
    since_reset = object()

    def getitem(self: Any, account_id: str) -> Any:
        found = self.get(account_id)
        if found is None or self.__dict__.get("_noted") is not since_reset:
            self._noted = since_reset  # first: the next caller must see a reset in between
            found = ask_moto(self, account_id)
        return found

    def reset_and_forget() -> None:
        nonlocal since_reset
        reset()
        since_reset = object()

    stack.enter_context(patch.object(backends, "__getitem__", getitem))
    stack.enter_context(patch.object(backends, "reset", reset_and_forget))


def _request_id(headers: dict[str, Any]) -> str:
    """A request id from one draw; moto makes 52."""
    from local_aws.recording.requests import new_request_id

    drawn = headers["x-amzn-requestid"] = new_request_id("dynamodb")
    return drawn


def _headers(self: Any) -> Iterator[tuple[str, str]]:
    """Headers under the names that moto preserved: usually none."""
    from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header
    from werkzeug.datastructures import EnvironHeaders

    names = self.environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY)
    headers: Iterator[tuple[str, str]] = EnvironHeaders.__iter__(self)
    if not names:
        return headers
    return ((names.get(environ_key_for_header(key), key), value) for key, value in headers)
