"""The HTTP server under moto's application: cheroot, with what moto expects of a server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from cheroot import wsgi

from local_aws.web.connections import Server
from local_aws.web.http_heads import Environ, Gateway

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104
"""Where a server listens that containers call."""

THREADS = 16
_FOR_OTHERS = THREADS // 2


class PortTaken(Exception):
    """The wanted port is in use, or may not be used."""


class WebServer:
    """Serves a WSGI application from a pool of threads."""

    def __init__(self, application: Application, port: int, host: str = LOOPBACK) -> None:
        """Bind to `port` (0: a free one) of the IPv4 address `host`. Raises `PortTaken`."""
        self._host = host
        self._server = Server((host, port), application, numthreads=THREADS, request_queue_size=128)
        self._server.gateway = Gateway
        self._server.error_log = _log_error  # type: ignore[method-assign]
        try:
            prepare(self._server)
        except OSError as error:
            raise PortTaken(
                f"port {port} of {host} cannot be used ({_reason(host, port, error)}): choose "
                "another with --port, or use --port 0 for a free one"
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve, name="local-aws-http", daemon=True
        )

    @property
    def url(self) -> str:
        """The URL for programs on this machine."""
        host = LOOPBACK if self._host == EVERY_ADDRESS else self._host
        return f"http://{host}:{self.port}"

    @property
    def port(self) -> int:
        port: int = self._server.bind_addr[1]
        return port

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def make_room(self, waiting: int) -> None:
        """Have threads for other requests while `waiting` ones wait for functions that call
        back."""
        pool = self._server.requests
        missing = waiting + _FOR_OTHERS - len(pool._threads)
        if missing > 0:
            pool.grow(missing)

    def stop(self) -> None:
        """Answer the requests that have arrived, then close the port. Idempotent."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()


def prepare(server: wsgi.Server) -> None:
    """Bind, and start the server's threads, which do not keep the process from ending.

    A daemon thread starts them, so they are daemons, too: a signal may come before they can be
    stopped. Raises OSError.
    """
    failed: list[OSError] = []

    def begin() -> None:
        try:
            server.prepare()
        except OSError as error:
            failed.append(error)

    starting = threading.Thread(target=begin, name="http-start", daemon=True)
    starting.start()
    starting.join()
    if failed:
        raise failed[0]


def _reason(host: str, port: int, error: OSError) -> str:
    with socket.socket() as probe:
        if port and probe.connect_ex((host, port)) == 0:
            return "another process is listening there"
    return str(error)


def _log_error(msg: str = "", level: int = 20, traceback: bool = False) -> None:
    import logging
    import sys

    logging.getLogger("local_aws").log(level, msg, exc_info=sys.exc_info() if traceback else None)
