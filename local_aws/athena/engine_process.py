"""The process in which a query runs, seen from both ends.

It runs statements of anyone who may send one. So it has none of the server's environment, opens no
file, and is killed if it uses more memory or time than a query may. It requests what it needs over
its socket: names go out, data comes in.

It is a fork of a process that runs no query, but has loaded sqlglot, which takes a quarter of a
second. That process has a single thread, because a fork has no other. So DuckDB is loaded in the
forks.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from local_aws.athena.answers import Catalog, ResultSet
from local_aws.athena.exceptions import Exhausted, QueryFailed
from local_aws.forks import Forks, serve

MEMORY_BYTES = 3 << 30
"""Bytes of the address space; DuckDB's own limit is lower."""

QUERY_SECONDS = 300.0
"""How long a query may run; Athena's quota is 30 minutes."""

_LARGEST_MESSAGE = 1 << 30
_LENGTH = 8
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from local_aws.athena.engine_process import main; main()"
)


class Channel:
    """Messages over a socket: a length, and a list in msgpack. Raises EOFError at the end."""

    def __init__(self, connection: socket.socket) -> None:
        self._source, self._sink = connection.makefile("rb"), connection.makefile("wb")

    def send(self, *message: Any) -> None:
        """Send a message: its name, then its values."""
        data = msgspec.msgpack.encode(message)
        self._sink.write(len(data).to_bytes(_LENGTH) + data)
        self._sink.flush()

    def receive(self) -> list[Any]:
        length = int.from_bytes(self._exactly(_LENGTH))
        if length > _LARGEST_MESSAGE:
            raise EOFError(f"a message of {length} bytes")
        return msgspec.msgpack.decode(self._exactly(length), type=list[Any])

    def _exactly(self, count: int) -> bytes:
        data = self._source.read(count)
        if len(data) < count:
            raise EOFError
        return data


class Engines(Forks):
    """The process that is forked for each query."""

    def __init__(self) -> None:
        super().__init__(_command, {"TZ": "UTC"})

    def begin(self) -> EngineProcess:
        """The process of a new query."""
        ours, its = socket.socketpair()
        with its:
            return EngineProcess(self, self.fork(its.fileno()), ours)


def _command() -> list[str]:
    path = json.dumps([*map(os.path.abspath, sys.path)])
    return [sys.executable, "-I", "-c", _START, path]


class EngineProcess:
    """The process of one query."""

    def __init__(self, engines: Engines, number: int, connection: socket.socket) -> None:
        self._engines, self._number, self._connection = engines, number, connection
        self._timed_out = False

    def run(self, sql: str, database: str, catalog: Catalog, seconds: float) -> ResultSet:
        """The answer of a statement over the tables of `catalog`.

        Raises QueryStopped, however the process ends. Another thread may `kill` it meanwhile.
        """
        watch = threading.Timer(seconds, self._time_out)
        watch.start()
        try:
            return self._converse(sql, database, catalog)
        except (EOFError, ConnectionError, msgspec.DecodeError) as error:
            if self._timed_out:
                limit = f"Query timeout: the local AWS stops a query after {seconds:g} seconds."
                raise QueryFailed(limit) from error
            raise Exhausted("the process that ran the query was killed.") from error
        finally:
            watch.cancel()
            self.close()

    def _converse(self, sql: str, database: str, catalog: Catalog) -> ResultSet:
        channel = Channel(self._connection)
        channel.send("run", sql, database, datetime.now(UTC).isoformat())
        asked: dict[str, Callable[..., Any]] = {
            "definition": catalog.definition,
            "objects": catalog.objects,
            "read": catalog.read,
        }
        while True:
            name, *rest = channel.receive()
            if name == "answer":
                return msgspec.convert(rest[0], ResultSet)
            if name == "failed":
                raise QueryFailed(rest[0])
            if name == "broke":
                raise RuntimeError(rest[0])
            channel.send("handed", asked[name](*rest))

    def kill(self) -> None:
        self._engines.end(self._number)

    def _time_out(self) -> None:
        self._timed_out = True
        self.kill()

    def close(self) -> None:
        """End the process and close its socket. Idempotent."""
        self.kill()
        self._connection.close()


class _Asked:
    """The catalog as the process sees it: each question goes to the server."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._handed: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        """Receive messages; if the server is gone, end this process."""
        with contextlib.suppress(EOFError):
            while True:
                self._handed.put(self._channel.receive())
        os._exit(1)

    def definition(self, database: str, table: str) -> dict[str, Any]:
        return msgspec.convert(self._ask("definition", database, table), dict[str, Any])

    def objects(self, bucket: str, prefix: str) -> Sequence[tuple[str, int]]:
        return msgspec.convert(self._ask("objects", bucket, prefix), list[tuple[str, int]])

    def read(self, bucket: str, key: str) -> bytes:
        return msgspec.convert(self._ask("read", bucket, key), bytes)

    def _ask(self, *question: str) -> Any:
        self._channel.send(*question)
        _, answer = self._handed.get()
        return answer


def main() -> None:
    """Load sqlglot, then fork for each query, until the server is gone."""
    import sqlglot

    from local_aws.athena import tables

    assert tables
    sqlglot.parse_one("SELECT 1", read="athena").sql("duckdb")  # loads much
    (connection,) = serve()
    _serve(socket.socket(fileno=connection))


def _serve(connection: socket.socket) -> None:
    """Wait for one query, run it, and answer."""
    _bound()
    channel = Channel(connection)
    from local_aws.athena.engine import Engine

    with contextlib.suppress(EOFError):
        _, sql, database, now = channel.receive()
        engine = Engine(_Asked(channel), datetime.fromisoformat(now))
        channel.send(*_outcome(engine.run, sql, database))
    os._exit(0)


def _outcome(run: Callable[[str, str], ResultSet], sql: str, database: str) -> tuple[str, Any]:
    try:
        return "answer", run(sql, database)
    except QueryFailed as failed:
        return "failed", str(failed)
    except RecursionError:
        return "failed", "SYNTAX_ERROR: the statement or a type is nested too deep"
    except MemoryError:
        return "failed", str(Exhausted("a query of the local AWS may use 1 GB of memory."))
    except Exception:  # noqa: BLE001 - the server logs it
        return "broke", traceback.format_exc()


def _bound() -> None:
    """Limit memory and CPU time, and forbid writing files and core dumps."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(2 * QUERY_SECONDS)),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS has no RLIMIT_AS
            resource.setrlimit(limit, (most, most))
