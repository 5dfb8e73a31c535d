"""Connections in which no slow client occupies a thread.

cheroot gives each connection to one of its threads, which waits for the client's bytes: as many
slow clients as there are threads hang the server. Here the one thread that watches all sockets
reads what arrives, and a thread gets a request once it is complete. What a client is slow to read
waits the same way.
"""

from __future__ import annotations

import enum
import io
import logging
import queue
import selectors
import socket
import time
import weakref
from collections.abc import Callable
from typing import Any

from cheroot import server, wsgi
from cheroot.connections import ConnectionManager

from local_aws.web.arriving import HEADER_LIMIT, Arriving, Unacceptable
from local_aws.web.http_heads import HttpRequest

REQUEST_TIME = 300.0
"""Seconds from the first byte of a request to its last one, and for reading an answer."""
IDLE_TIME = 60.0
"""Seconds that a connection is kept without a request."""
MOST_CONNECTIONS = 512
"""Connections that wait at once: well below the 1,024 open files that a process may have."""

PARTING_TIME = 5.0
"""Seconds to read why a request was not taken in."""
_BODY_PIECE = 1024**2
_PACKET = 64 * 1024

_LOG = logging.getLogger("local_aws")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Request(io.BytesIO):
    """One whole request, as cheroot's threads read it."""

    bytes_read = 0


class _Answers:
    """Where cheroot's threads write: what the client does not read at once is kept."""

    bytes_written = 0

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection = weakref.proxy(connection)  # which has this

    def write(self, data: bytes) -> int:
        """Keep what is to be sent: a small answer goes out whole, once it is there."""
        self._connection.unsent += data
        if len(self._connection.unsent) >= _PACKET:
            self._connection.send()
        return len(data)


class Next(enum.Enum):
    """What is to be done with a connection."""

    ANSWER = enum.auto()
    WAIT = enum.auto()
    CLOSE = enum.auto()


class Connection(server.HTTPConnection):
    """A connection whose client nobody waits for.

    One thread at a time has it: one of cheroot's, while that answers a request, or the one
    that watches the sockets.
    """

    RequestHandlerClass = HttpRequest

    def __init__(self, http_server: Any, sock: socket.socket, _makefile: object = None) -> None:
        self.unsent = bytearray()
        self._allow(IDLE_TIME)
        self._arriving = Arriving()
        self._closing = self._refused = False
        sock.setblocking(False)
        super().__init__(http_server, sock, self._file)
        # cheroot's caches of what it is told of peers: they hold a connection that is closed.
        del self.get_peer_creds, self.resolve_peer_creds

    def _file(self, _socket: socket.socket, mode: str, _size: int) -> Any:
        return _Request() if mode == "rb" else _Answers(self)

    def advance(self) -> Next:
        """Send and take in what can be, without waiting."""
        if self.unsent:
            self.send()
        if self.unsent:
            return Next.WAIT
        if self._closing:
            return Next.CLOSE
        try:
            data = self.socket.recv(_BODY_PIECE if self._arriving.in_body else HEADER_LIMIT)
        except BlockingIOError:
            return Next.WAIT if not self.has_more else self._take(b"")
        except OSError:
            return Next.CLOSE
        return self._take(data) if data else Next.CLOSE

    def _take(self, data: bytes) -> Next:
        if self._refused:
            return Next.WAIT
        if not self._arriving.begun:
            self._allow(REQUEST_TIME)
        self._arriving.add(data)
        try:
            request = self._arriving.take()
        except Unacceptable as error:
            self.refuse(error)
            return Next.WAIT
        if request is not None:
            self.rfile = _Request(request)
            return Next.ANSWER
        if self._arriving.expects_continue:
            self._arriving.expects_continue = False
            self.unsent += _CONTINUE
            self.send()
        return Next.WAIT

    @property
    def has_more(self) -> bool:
        """Whether bytes of a next request are here, and an answer is not in its way."""
        return self._arriving.begun and not (self.unsent or self._closing or self._refused)

    def send(self) -> None:
        """Send what the client takes; what it does not, stays."""
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
            if self._refused:
                self.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.clear()  # nobody is there to read it; the next look at the socket says so

    def refuse(self, error: Unacceptable) -> None:
        """Answer what is not taken in, and take in no more; what still comes is thrown away.

        A connection that is closed with bytes unread may lose the answer on its way.
        """
        self._refused = True
        self._allow(PARTING_TIME)
        body = f"{error}\n".encode()
        head = (
            f"HTTP/1.1 {error.status}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.unsent += head.encode() + body
        self.send()

    def answered(self) -> None:
        """Send the answer, and begin to wait for the client to read it, or to ask again."""
        self.send()
        self._allow(REQUEST_TIME if self.unsent or self._arriving.begun else IDLE_TIME)

    def expire(self) -> Next:
        """What becomes of it, as its time is over."""
        if self._arriving.begun and not self._refused and not self.unsent:
            message = f"wanted the whole request within {REQUEST_TIME:.0f} seconds"
            self.refuse(Unacceptable("408 Request Timeout", message))
            return Next.WAIT
        return Next.CLOSE

    def close(self) -> None:
        """Close it, once the client has read what it was answered."""
        self.send()
        if self.unsent and self.server.ready and not self._closing:
            self._closing = True
            self.server.put_conn(self)
        else:
            super().close()

    def _allow(self, seconds: float) -> None:
        self.since = time.monotonic()
        self.deadline = self.since + seconds


class _Watch(ConnectionManager):
    """Looks after the connections that wait. All but `put` is its own thread's."""

    # What cheroot's type stubs leave out.
    server: Server
    _selector: Any
    _stop_requested: bool
    _num_connections: int
    _from_server_socket: Callable[[socket.socket], Connection | None]

    def put(self, conn: Connection) -> None:
        """Take a connection back whose request was answered."""
        conn.answered()
        if conn.has_more:
            self.server.process_conn(conn)
        else:
            self.watch(conn)

    def watch(self, conn: Connection) -> None:
        """Look at a connection again once it can be read from, or written to."""
        event = selectors.EVENT_WRITE if conn.unsent else selectors.EVENT_READ
        self._selector.register(conn.socket.fileno(), event, data=conn)

    def _run(self, expiration_interval: float) -> None:
        look = time.monotonic() + expiration_interval
        while not self._stop_requested:
            for fd, conn in list(self._selector.select(timeout=expiration_interval)):
                if conn is self.server:
                    self._accept()
                else:
                    self._selector.unregister(fd)
                    self.server.process_conn(conn)
            if time.monotonic() >= look or self._num_connections > MOST_CONNECTIONS:
                self._end_overdue()
                look = time.monotonic() + expiration_interval

    def _accept(self) -> None:
        try:
            conn = self._from_server_socket(self.server.socket)
        except OSError as error:
            # No file descriptor is left: who has waited longest gives up its own.
            _LOG.warning("a connection could not be accepted: %s", error)
            for longest in self._waiting()[:1]:
                self._end(longest)
            return
        if conn is not None:
            self.server.process_conn(conn)

    def _waiting(self) -> list[Connection]:
        """The connections that wait, who has waited longest first."""
        waiting = [conn for _, conn in self._selector.connections if conn is not self.server]
        return sorted(waiting, key=lambda conn: conn.since)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        waiting = self._waiting()
        surplus = len(waiting) - MOST_CONNECTIONS
        for place, conn in enumerate(waiting):
            if place < surplus or (conn.deadline <= now and conn.expire() is Next.CLOSE):
                self._end(conn)

    def _end(self, conn: Connection) -> None:
        self._selector.unregister(conn.socket.fileno())
        conn.unsent.clear()
        conn.close()


class Server(wsgi.Server):
    """cheroot's server, whose threads wait for no client."""

    ConnectionClass = Connection
    keep_alive_conn_limit = None  # type: ignore[assignment]  # `MOST_CONNECTIONS` bounds them
    _connections: _Watch

    def prepare(self) -> None:
        """Bind, and start the threads."""
        # Python's own queue takes three locks to wake a thread, which all threads wait for.
        self.requests._queue = queue.SimpleQueue()
        self.requests.get = self.requests._queue.get
        super().prepare()
        self._connections.close()
        self._connections = _Watch(self)

    def process_conn(self, conn: Connection) -> None:
        """Look at a connection that is new, or that can be read from or written to."""
        match conn.advance():
            case Next.ANSWER:
                super().process_conn(conn)
            case Next.WAIT:
                self._connections.watch(conn)
            case Next.CLOSE:
                conn.close()
