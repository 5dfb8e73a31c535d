"""What is loaded before the first stack comes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_aws.cloudformation.preloading import Loading


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


class Server:
    """A recorder that counts its requests, and refuses them."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, _: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.seen += 1
        start_response("403 Forbidden", [])
        return [b""]


def loading(server: Any) -> Loading:
    return Loading(server, "http://127.0.0.1:1")


def test_each_usual_service_is_asked_once_even_if_it_refuses() -> None:
    server = Server()
    loading(server).run()
    assert server.seen == 4


def test_nothing_is_asked_for_after_the_stop() -> None:
    server = Server()
    loaded = loading(server)
    loaded.stop()
    loaded.run()
    assert server.seen == 0
