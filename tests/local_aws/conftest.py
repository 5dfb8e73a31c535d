"""What the tests of the local AWS share: a plain moto_server to compare with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

_SERVE = """
import threading
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%s" % server.get_host_and_port(), flush=True)
threading.Event().wait()
"""


@pytest.fixture(scope="session")
def _plain_moto_process() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "MOTO_DISABLE_GLOBAL_CORS": "1"},
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def plain_moto(_plain_moto_process: str) -> str:
    """The URL of an empty plain moto_server, in a process of its own."""
    from tests.local_aws.wire import Wire, send

    assert send(_plain_moto_process, Wire("POST", "/moto-api/reset")).status == 200
    return _plain_moto_process
