"""A bare S3 on loopback: lists and gives the objects of a folder, after a fixed latency.

`python -m bench.s3_stub FOLDER MILLISECONDS` prints its URL. It does nothing else, so that
what is measured is the client.
"""

from __future__ import annotations

import asyncio
import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "logs"
PAGE = 1000


@contextmanager
def serving(folder: Path, milliseconds: int) -> Iterator[str]:
    """The address (`URL/bucket`) of a stub in a process of its own."""
    command = [sys.executable, "-m", "bench.s3_stub", str(folder), str(milliseconds)]
    with Popen(command, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"{process.stdout.readline().strip()}/{BUCKET}"
        finally:
            process.terminate()


class Stub:
    """The objects, and the answers about them."""

    def __init__(self, folder: Path, seconds: float) -> None:
        paths = folder.rglob("*.json.gz")
        self._objects = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
        self._keys = sorted(self._objects)
        self._seconds = seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                await asyncio.sleep(self._seconds)
                writer.write(self._answer(target))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        key = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
        if key:
            return _response(self._objects[key])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return _response(self._listing(query).encode())

    def _listing(self, query: dict[str, str]) -> str:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = [
            key for key in self._keys[bisect_right(self._keys, after) :] if key.startswith(prefix)
        ]
        if delimiter:
            return _page(sorted({_folder(key, prefix) for key in keys}), [], None)
        more = keys[PAGE - 1] if len(keys) > PAGE else None
        return _page([], [(key, len(self._objects[key])) for key in keys[:PAGE]], more)


def _folder(key: str, prefix: str) -> str:
    return prefix + key.removeprefix(prefix).split("/", 1)[0] + "/"


def _page(folders: list[str], objects: list[tuple[str, int]], more: str | None) -> str:
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-03-01T00:00:00.000Z</LastModified>"
        f'<ETag>"{size:032x}"</ETag><Size>{size}</Size></Contents>'
        for key, size in objects
    )
    prefixes = "".join(
        f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders
    )
    token = f"<NextContinuationToken>{escape(more)}</NextContinuationToken>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name>'
        f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{token}{contents}{prefixes}"
        "</ListBucketResult>"
    )


def _response(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: application/xml\r\n"
        'ETag: "0"\r\nLast-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n\r\n'
    )
    return head.encode() + body


async def main(folder: Path, milliseconds: int) -> None:
    """Serves until it is ended."""
    stub = Stub(folder, milliseconds / 1000)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
