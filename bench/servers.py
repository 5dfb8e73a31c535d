"""Servers that are measured, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cpu_seconds, family


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers at `url`, and what its process takes (Linux)."""

    endpoint_url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU time so far."""
        return cpu_seconds(self.pid)

    def functions_cpu(self) -> float:
        """The same of its processes: Lambda functions, and what they are forked from."""
        mine, *others = family(self.pid)
        ended = sum(cpu_seconds(each, of_ended=True) for each in (mine, *others))
        return ended + sum(map(cpu_seconds, others))

    def megabytes(self) -> float:
        """What it holds in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


COMMANDS = {
    "moto": ("moto.server", "-p"),
    "moto_here": ("bench.peers_here", "moto"),
    "nothing_here": ("bench.peers_here", "nothing"),
    "ours": ("local_aws", "--port"),
}
"""moto_server; moto, and an application that does nothing, behind our web server; the local AWS."""


@contextmanager
def served(name: str) -> Iterator[Served]:
    """Run one of `COMMANDS` until the block is left, from when it answers."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", *COMMANDS[name], str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_answer(url, server)
        yield Served(url, server.pid)
    finally:
        server.terminate()
        server.wait(10)


def _await_answer(url: str, server: subprocess.Popen[bytes], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=5).read()
        except urllib.error.URLError:
            if server.poll() is not None:
                raise RuntimeError(f"the server at {url} ended with {server.returncode}") from None
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"{url} did not answer within {patience:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
