"""Who may call: a request's Host, and what a browser says of the page that sends it.

A page of any site can make its reader's browser call loopback. Two things give it away, and
no page can forge them: the name by which the server was called (a name of the page's own, where
it was made to resolve to loopback: DNS rebinding), and the origin of the page, which browsers
send as Origin, Referer or Sec-Fetch-Site. Clients that are no browsers send none of the three.

Sources: RFC 9110, 7.2 (Host); RFC 6454 (Origin); W3C, Fetch Metadata Request Headers.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from local_aws.console.files import PREFIX as CONSOLE
from local_aws.control import PREFIX

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
_ORIGIN = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>{_HOST.pattern})", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
OWN_PAGES = (PREFIX, CONSOLE, "/moto-api")
"""Paths of the server's own pages and control requests, which AWS does not have."""
_OWN_SITE = ("same-origin", "none")


class Refusal(Struct, frozen=True):
    """Why a request is refused, and what would let it in."""

    message: str
    allow: str


class Guests(Struct, frozen=True):
    """Names and origins that are let in, in addition to the server's own.

    `hosts` are names without port; `*.example.test` stands for every name below it. `origins` are
    those of pages, such as `http://localhost:3000`.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], origins: Iterable[str]) -> Guests:
        """Guests as a user wrote them. Raises ValueError for a wrong name or origin."""
        return cls(frozenset(map(allowed_host, hosts)), frozenset(map(allowed_origin, origins)))

    def refusal(self, environ: Mapping[str, str]) -> Refusal | None:
        """Why a request is not let in, by its WSGI environment; None if it is."""
        return self._host_refusal(environ) or (
            None if _opens_console(environ) else self._site_refusal(environ)
        )

    def _host_refusal(self, environ: Mapping[str, str]) -> Refusal | None:
        host = environ.get("HTTP_HOST", "")
        name = _name(host)
        if name is None:
            return Refusal(
                f"wanted a Host header with one name of this server, got {host!r:.200}",
                "send one: Host: 127.0.0.1",
            )
        if _is_loopback(name) or _is_among(name, self.hosts):
            return None
        if _is_aws(name) and not environ["PATH_INFO"].startswith(OWN_PAGES):
            return None
        return Refusal(
            f"the request is for the host {name!r:.200}, which is not a name of this server: any "
            "web site can point its name at this machine",
            f"if you gave it that name, start the server with --allow-host {name:.200}",
        )

    def _site_refusal(self, environ: Mapping[str, str]) -> Refusal | None:
        pages = [environ[name] for name in ("HTTP_ORIGIN", "HTTP_REFERER") if name in environ]
        for page in pages:
            origin = _origin(page)
            if origin is None or origin not in {own_origin(environ), *self.origins}:
                return _other_site(page, *(origin,) if origin else ())
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        if site not in _OWN_SITE and not (pages and _origin(pages[0]) in self.origins):
            return _other_site(f"Sec-Fetch-Site: {site}")
        if environ.get("HTTP_SEC_FETCH_MODE") == "navigate" and _is_query_call(environ):
            return Refusal(
                "a browser was sent to an address that calls an AWS API (Action=...)",
                "make the call with an AWS client, or with curl",
            )
        return None

    def allowed_origin_of(self, environ: Mapping[str, str]) -> str | None:
        """The origin of the page that sent the request, if `origins` has it."""
        origin = environ.get("HTTP_ORIGIN")
        return origin if origin is not None and _origin(origin) in self.origins else None


def allowed_host(text: str) -> str:
    """A name for `Guests.hosts`. Raises ValueError if it is not a name, or has a port."""
    name = text.lower().rstrip(".")
    found = _HOST.fullmatch(name.removeprefix("*."))
    if found is None or found["port"]:
        raise ValueError(f"wanted a host name without port, such as aws.test, got {text!r}")
    return name


def allowed_origin(text: str) -> str:
    """An origin for `Guests.origins`. Raises ValueError for anything else, also `*` and `null`."""
    origin = _origin(text.rstrip("/"))
    if origin is None or urlsplit(text).path not in ("", "/"):
        raise ValueError(
            f"wanted the origin of one site, such as http://localhost:3000, got {text!r}"
        )
    return origin


def own_origin(environ: Mapping[str, str]) -> str | None:
    """The origin of pages that this server serves to a browser under the request's Host."""
    name = _name(environ.get("HTTP_HOST", ""))
    # No browser comes to a page of ours by a name of AWS.
    return None if name is None or _is_aws(name) else _origin(f"http://{environ['HTTP_HOST']}")


def _other_site(mark: str, origin: str = "http://localhost:3000") -> Refusal:
    return Refusal(
        f"a web page of another site sent the request ({mark!r:.200}): pages may not use the "
        "local AWS",
        f"if the page is yours, start the server with its origin, such as --allow-origin {origin}",
    )


def _name(host: str) -> str | None:
    """The name in a Host header, in lower case and without a last dot; None for no header."""
    found = _HOST.fullmatch(host)
    return found["name"].lower().removesuffix(".") if found else None


def _origin(text: str) -> str | None:
    """The origin of a URL, as browsers write it; None for `null` and anything else."""
    found = _ORIGIN.match(text)
    if found is None or text[found.end() : found.end() + 1] not in ("", "/", "?", "#"):
        return None
    scheme, port = found["scheme"].lower(), found["port"]
    name = found["name"].lower()
    return f"{scheme}://{name}" + (
        f":{port}" if port not in (None, _DEFAULT_PORTS.get(scheme)) else ""
    )


@functools.lru_cache(1024)
def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_aws(name: str) -> bool:
    return name.endswith(_aws_suffixes())


def _is_among(name: str, allowed: frozenset[str]) -> bool:
    above = (f"*.{name.split('.', dots)[-1]}" for dots in range(1, name.count(".") + 1))
    return name in allowed or any(each in allowed for each in above)


@functools.cache
def _aws_suffixes() -> tuple[str, ...]:
    """How the names of AWS's endpoints end, in all partitions, as botocore knows them.

    Clients that are sent here by a proxy, and some that are given an endpoint, keep them. Only AWS,
    or someone who forges DNS, can make such a name resolve to loopback.
    """
    from botocore.loaders import Loader

    outputs = [each["outputs"] for each in Loader().load_data("partitions")["partitions"]]
    suffixes = {each[kind] for each in outputs for kind in ("dnsSuffix", "dualStackDnsSuffix")}
    return tuple(f".{suffix}" for suffix in sorted(suffixes))


def _opens_console(environ: Mapping[str, str]) -> bool:
    """Whether a browser follows a link to the console from another server of this machine: the
    guide.

    The console's page is the same for everybody, and opens on its own: no other page can read it,
    frame it or click in it.
    """
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["PATH_INFO"] == CONSOLE
        and not environ.get("QUERY_STRING")
        and "HTTP_REFERER" not in environ
        and environ.get("HTTP_SEC_FETCH_SITE") == "same-site"
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )


def _is_query_call(environ: Mapping[str, str]) -> bool:
    return any(name == "Action" for name, _ in parse_qsl(environ.get("QUERY_STRING", "")))
