"""One `python -m local_aws` for all acceptance tests, empty for every test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws.wire import Wire, send
from tests.waiting import LONG

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
Cdk = Callable[..., str]

DELIVERY_DELAY = "3600"
"""Seconds: files come when a test says so."""


@dataclass(frozen=True)
class Server:
    """A local AWS in a process of its own."""

    endpoint_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What points any AWS client here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }

    def deliver(self) -> None:
        """Have everything recorded so far delivered."""
        self.control("deliver")

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.control("clock", {"advance_seconds": seconds})

    def control(self, action: str, request: Any = None) -> None:
        body = json.dumps(request or {}).encode()
        reply = send(self.endpoint_url, Wire("POST", f"/_local-aws/{action}", body=body))
        assert reply.status == 200, reply.body


ORGANIZATION_TRAIL = "everyones-events"
_OPTIONS = ("--delivery-delay", DELIVERY_DELAY, "--organization-trail", ORGANIZATION_TRAIL)


@pytest.fixture(scope="session")
def _server_process() -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--port", "0", *_OPTIONS],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready"
        yield Server(url)
        process.terminate()
        assert process.wait(timeout=LONG) == 0


@pytest.fixture
def server(_server_process: Server) -> Server:
    """A local AWS in its own process, with nothing in it but the organization."""
    reset = send(_server_process.endpoint_url, Wire("POST", "/moto-api/reset"))
    assert reply_is_ok(reset.body)
    return _server_process


def reply_is_ok(body: bytes) -> bool:
    return bool(json.loads(body) == {"status": "ok"})


@pytest.fixture(scope="session")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Node keeps what it compiled of the CLI: a fifth of its start."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def cdk(server: Server, tmp_path: Path, _compiled: Path) -> Cdk:
    """Run `cdk ...` in the clone, with an account's keys; returns all it said."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(*arguments: str, account: str = "test") -> str:
        environment = {
            **server.environment,
            "AWS_ACCESS_KEY_ID": account,
            "PATH": path,
            "HOME": str(tmp_path),
            "CI": "true",
            "NODE_COMPILE_CACHE": str(_compiled),
            "CDK_VALIDATION": "false",
            # What the CDK unpacks for Node, gigabytes of memory, it finds unpacked.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
        }
        result = subprocess.run(
            [CDK, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONG,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    return run
