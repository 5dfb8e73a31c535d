"""Connections in which no slow client occupies a thread.

cheroot gives each connection to one of its threads, which waits for the client's bytes: as many
slow clients as there are threads hang the server. Here one thread at a time watches all sockets,
reads what arrives, and answers a request once it is complete. Answers that a client is slow to read
wait the same way.
"""

from __future__ import annotations

import enum
import io
import logging
import selectors
import socket
import threading
import time
import weakref
from collections import deque
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

LONG_ANSWER = 0.005
"""Seconds after which another thread answers other requests: this one waits, or is long work."""
_LOOKS = 20
"""How many times, after the last request, to check whether one takes long."""
PARTING_TIME = 5.0
"""Seconds that a client has to read why its request was refused."""
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
        self._connection: Connection = weakref.proxy(connection)  # which refers to this object

    def write(self, data: bytes) -> int:
        """Keep what is to be sent: a small answer is sent whole, once it is complete."""
        self._connection.unsent += data
        if len(self._connection.unsent) >= _PACKET:
            self._connection.send()
        return len(data)


class Next(enum.Enum):
    """What to do next with a connection."""

    ANSWER = enum.auto()
    WAIT = enum.auto()
    CLOSE = enum.auto()


class Connection(server.HTTPConnection):
    """A connection for whose client no thread waits.

    One thread at a time uses it: one of cheroot's while it answers a request, or the one that
    watches the sockets.
    """

    RequestHandlerClass = HttpRequest

    def __init__(self, http_server: Any, sock: socket.socket, _makefile: object = None) -> None:
        self.unsent = bytearray()
        self._allow(IDLE_TIME)
        self._arriving = Arriving()
        self._closing = self._refused = False
        sock.setblocking(False)
        super().__init__(http_server, sock, self._file)
        # cheroot's caches about peers: they would keep a closed connection in memory.
        del self.get_peer_creds, self.resolve_peer_creds

    def _file(self, _socket: socket.socket, mode: str, _size: int) -> Any:
        return _Request() if mode == "rb" else _Answers(self)

    def advance(self) -> Next:
        """Send and receive what is possible without waiting."""
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
        """Whether bytes of a next request are here, and nothing has to be sent first."""
        return self._arriving.begun and not (self.unsent or self._closing or self._refused)

    def send(self) -> None:
        """Send what the client accepts now, and keep the rest."""
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
            if self._refused:
                self.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.clear()  # the client is gone; the next look at the socket shows it

    def refuse(self, error: Unacceptable) -> None:
        """Answer with the reason, and throw away what else the client sends.

        Closing a connection with unread bytes could lose the answer.
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
        """Send the answer, and start the time that the client has to read it, or to send another
        request."""
        self.send()
        self._allow(REQUEST_TIME if self.unsent or self._arriving.begun else IDLE_TIME)

    def expire(self) -> Next:
        """What to do with the connection when its time is over."""
        if self._arriving.begun and not self._refused and not self.unsent:
            message = f"wanted the whole request within {REQUEST_TIME:.0f} seconds"
            self.refuse(Unacceptable("408 Request Timeout", message))
            return Next.WAIT
        return Next.CLOSE

    def close(self) -> None:
        """Close the connection once the client has read its answer."""
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
    """Watches the waiting connections, and has their requests answered in their order.

    One of the server's threads leads: it waits for what arrives, and answers it itself, one request
    after the other. Handing each to another thread would cost time, and in Python threads that work
    at the same time only wait for each other. If a request takes long, another thread leads.
    """

    # cheroot's type stubs lack these.
    server: Server
    _selector: Any
    _stop_requested: bool
    _num_connections: int
    _from_server_socket: Callable[[socket.socket], Connection | None]

    def __init__(self, http_server: Server) -> None:
        super().__init__(http_server)
        self._whole: deque[Connection] = deque()
        """Connections whose requests are complete and are answered next."""
        self._lead = threading.Lock()
        """Held while a thread leads. `_let_another_lead` releases it if a request takes long."""
        self._leader: int | None = None
        self._answers_since: float | None = None
        """When the leader began to answer a request; None while it waits for one."""
        self._changing = threading.Lock()
        """Guards `_leader` and `_answers_since`, and keeps a stopping server from watching
        connections."""
        self._is_busy = threading.Event()
        """Set with each request; cleared when none has come for a while."""
        self._over = threading.Event()
        self._next_look = 0.0
        # Accepting must not wait: one event may announce many connections.
        http_server.socket.setblocking(False)

    def next(self) -> Connection | None:
        """The connection whose request the calling thread answers; None once the server stops."""
        with self._changing:
            leads = self._leader == threading.get_ident()
            self._answers_since = None if leads else self._answers_since
        if not leads:
            self._lead.acquire()
            self._leader = threading.get_ident()
        while not self._whole and not self._stop_requested:
            try:
                self._see()
            except Exception:  # noqa: BLE001 - as cheroot: it is one connection's
                _LOG.exception("a connection could not be looked at")
        if self._stop_requested:
            self._leader = None
            self._lead.release()
            return None
        self._answers_since = time.monotonic()
        if not self._is_busy.is_set():
            self._is_busy.set()
        return self._whole.popleft()

    def _run(self, _expiration_interval: float) -> None:
        """Have another thread lead if a request takes long; sleep while nothing arrives."""
        looks = 0
        since = None
        while not self._over.wait(LONG_ANSWER):
            self._let_another_lead(since)
            if not looks:
                self._is_busy.wait()
                self._is_busy.clear()
                looks = _LOOKS
            looks -= 1
            since = self._answers_since

    def _let_another_lead(self, since: float | None) -> None:
        with self._changing:
            if since is not None and self._answers_since == since:
                self._leader = self._answers_since = None
                self._lead.release()

    def stop(self) -> None:
        """Let no thread lead any more."""
        with self._changing:
            self._stop_requested = True
        self._over.set()
        self._is_busy.set()
        super().stop()
        ours, other = socket.socketpair()
        with ours, other:
            self._selector.register(ours, selectors.EVENT_WRITE, data=None)
            while not self._lead.acquire(timeout=LONG_ANSWER):
                self._let_another_lead(self._answers_since)
            self._lead.release()
            self._selector.unregister(ours)

    def put(self, conn: Connection) -> None:
        """Take a connection back whose request was answered."""
        conn.answered()
        # A connection with bytes of a next request is writable, so it is looked at at once.
        self._watch(conn, to_write=bool(conn.unsent) or conn.has_more)

    def watch(self, conn: Connection) -> None:
        """Look at a connection again once it can be read from, or written to."""
        self._watch(conn, to_write=bool(conn.unsent))

    def _watch(self, conn: Connection, *, to_write: bool) -> None:
        event = selectors.EVENT_WRITE if to_write else selectors.EVENT_READ
        with self._changing:
            if not self._stop_requested:
                self._selector.register(conn.socket.fileno(), event, data=conn)
                return
        conn.close()  # answered while the server stops: no thread looks at it any more

    def _see(self) -> None:
        """Wait for what arrives, and receive it."""
        arrived = list(self._selector.select(timeout=self.server.expiration_interval))
        for fd, conn in arrived:
            if isinstance(conn, Connection):
                self._selector.unregister(fd)
                self.look_at(conn)
        # Clients with requests have waited longer than those that connect now.
        if any(conn is self.server for _, conn in arrived):
            self._accept()
        now = time.monotonic()
        if now >= self._next_look or self._num_connections > MOST_CONNECTIONS:
            self._end_overdue()
            self._next_look = now + self.server.expiration_interval

    def look_at(self, conn: Connection) -> None:
        """Look at a connection that can be read from or written to."""
        match conn.advance():
            case Next.ANSWER:
                self._whole.append(conn)
            case Next.WAIT:
                self.watch(conn)
            case Next.CLOSE:
                conn.close()

    def _accept(self) -> None:
        """Accept all clients that wait to be connected."""
        try:
            while conn := self._from_server_socket(self.server.socket):
                self.watch(conn)
        except OSError as error:
            # No file descriptor is left: the connection that has waited longest is closed.
            _LOG.warning("a connection could not be accepted: %s", error)
            for longest in self._waiting()[:1]:
                self._end(longest)

    def _waiting(self) -> list[Connection]:
        """The waiting connections, the one that has waited longest first."""
        all_known = (conn for _, conn in self._selector.connections)
        waiting = [conn for conn in all_known if isinstance(conn, Connection)]
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
        prepared = threading.Event()

        def next_connection() -> Any:
            prepared.wait()
            return self._connections.next() or self.requests._queue.get()  # ends the thread

        self.requests.get = next_connection
        super().prepare()
        self._connections.close()
        self._connections = _Watch(self)
        prepared.set()
