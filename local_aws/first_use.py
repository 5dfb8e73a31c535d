"""Changes to moto that wait for a service's first request, to keep start-up fast."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from msgspec import Struct

MOTOS_OWN = "moto_api"
"""moto's name for its own API, which is not a service of AWS."""

MODELS = "models_of_resources"
"""Stands for moto's models of resources, which CloudFormation uses without requests."""


_SERVED_AS = {"awslambda": ("awslambda", "lambda"), "s3": ("s3", "s3bucket_path")}
"""The names by which moto asks for some of its packages."""


class _AnyService:
    def __contains__(self, name: str) -> bool:
        return name != MOTOS_OWN


ANY_SERVICE = _AnyService()
"""For changes that any call needs: who calls, and what callers may do."""


def uses_of(*packages: str) -> frozenset[str]:
    """The names under which packages of moto's, such as `awslambda`, are first used.

    CloudFormation also uses them without a request, by moto's models of resources.
    """
    served = (_SERVED_AS.get(each, (each,)) for each in packages)
    return frozenset(name for names in served for name in names) | {MODELS}


class _Waiting(Struct, frozen=True, eq=False):
    services: frozenset[str] | _AnyService
    change: Callable[[ExitStack], None]
    patches: ExitStack
    """`change` enters its patches here, so they are undone in the order of `on_first_use` calls."""


_waiting: list[_Waiting] = []
_begun: set[str] = set()
_changing = threading.RLock()


def install(patches: ExitStack) -> None:
    """Have moto make the waiting changes, until `patches` is closed.

    When a service's first request arrives, moto calls `moto.backends.get_backend` with its name.
    Importing the service before that would slow down the start.
    """
    import moto.backends

    ask_moto: Any = moto.backends.get_backend

    def get_backend(name: str) -> Any:
        begin(name)
        return ask_moto(name)

    patches.enter_context(patch.object(moto.backends, "get_backend", get_backend))


def on_first_use(
    patches: ExitStack,
    services: frozenset[str] | _AnyService,
    change: Callable[[ExitStack], None],
) -> None:
    """Call `change` before moto first serves one of `services`, at most once.

    `change` gets a stack, which is closed when `patches` is.
    """
    waiting = _Waiting(services, change, patches.enter_context(ExitStack()))
    _waiting.append(waiting)
    patches.callback(_forget, waiting)
    _begun.clear()


def _forget(waiting: _Waiting) -> None:
    if waiting in _waiting:
        _waiting.remove(waiting)


def begin(service: str) -> None:
    """Make the changes that wait for a service. For code that uses its state without a request."""
    if service in _begun:
        return
    with _changing:
        while each := next((each for each in _waiting if service in each.services), None):
            _waiting.remove(each)  # First: a change may itself begin a service.
            each.change(each.patches)
        _begun.add(service)
