"""The host of an endpoint URL, parsed strictly, so that boto3 connects to the host that we judged.

URL parsers differ on odd URLs: for `http://evil.com\\@127.0.0.1` urllib says that the last part is
the host, and urllib3, which connects, says the first. So a URL is only accepted in the one form
that all parse the same way.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

_URL = re.compile(
    r"https?://"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)


def host_of(url: str) -> str | None:
    """The host that a request to `url` goes to; None if it is not a plain endpoint URL."""
    found = _URL.fullmatch(url)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    return found["host"].lower().strip("[]")


def is_loopback(url: str) -> bool:
    """True when `url`'s host is this machine: localhost, a name below it, a loopback address."""
    host = host_of(url) or ""
    if is_localhost(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def client_settings(url: str | None) -> dict[str, Any]:
    """Settings of botocore's Config that keep calls to this machine off any proxy."""
    return {"proxies": {}} if url and is_loopback(url) else {}


def fetching_settings(url: str) -> dict[str, str]:
    """The same for obstore's clients, where "no proxy" can only be an exception from one."""
    if not is_loopback(url):
        return {}
    return {"proxy_url": url, "proxy_excludes": f"{host_of(url)},127.0.0.0/8,::1"}


def is_localhost(host: str) -> bool:
    """Whether `host` is `localhost` or a name below it (RFC 6761, 6.3)."""
    return host == "localhost" or host.endswith(".localhost")
