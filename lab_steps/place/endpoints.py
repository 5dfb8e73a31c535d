"""Where an endpoint URL leads: read strictly, so that boto3 connects to the host that we judged.

URL parsers differ where a URL is odd: of `http://evil.com\\@127.0.0.1` urllib takes the last part
for the host, urllib3, which connects, the first. So a URL is taken only in the one form that all
read alike; anything else is refused.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from typing import Any

from lab_steps.errors import UsageError

_URL = re.compile(
    r"https?://"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)


def host_of(url: str) -> str | None:
    """The host that a request to `url` goes to; None for what is no plain endpoint URL."""
    found = _URL.fullmatch(url)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    return found["host"].lower().strip("[]")


def is_loopback(url: str) -> bool:
    """True when `url`'s host is this machine: localhost, a name below it, a loopback address."""
    host = host_of(url) or ""
    if _is_localhost(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def check_endpoint(url: str) -> str:
    """`url` when it is an endpoint URL that leads where it says, else UsageError."""
    host = host_of(url)
    if host is None:
        raise UsageError(
            f"{url!r} is not an endpoint URL.",
            "Write it like http://127.0.0.1:5000: scheme, host and port, without a user name.",
        )
    elsewhere = _addresses_elsewhere(host) if _is_localhost(host) else []
    if elsewhere:
        raise UsageError(
            f"{host} is not this machine here: it leads to {', '.join(elsewhere)}.",
            "Write the address: http://127.0.0.1 and the port.",
        )
    return url


def client_settings(url: str | None) -> dict[str, Any]:
    """What botocore's Config needs so that calls to this machine stay on it, whatever proxy the
    environment names."""
    return {"proxies": {}} if url and is_loopback(url) else {}


def fetching_settings(url: str) -> dict[str, str]:
    """The same for obstore's clients, which take no proxy only as an exception from one."""
    if not is_loopback(url):
        return {}
    return {"proxy_url": url, "proxy_excludes": f"{host_of(url)},127.0.0.0/8,::1"}


def of_some_services(profile: dict[str, Any], services: dict[str, Any]) -> dict[str, str]:
    """The settings that send single services somewhere else, with the URL: variables
    `AWS_ENDPOINT_URL_S3` and, of the configuration, the `services` section of `profile`
    (SDKs and Tools Reference Guide, feature-ss-endpoints)."""
    named = {
        name: url
        for name, url in os.environ.items()
        if name.startswith("AWS_ENDPOINT_URL_") and url
    }
    section = services.get(str(profile.get("services")), {})
    configured = {
        f"{service}'s endpoint_url in services {profile.get('services')}": each["endpoint_url"]
        for service, each in section.items()
        if isinstance(each, dict) and each.get("endpoint_url")
    }
    return named | configured


def ignores_configured(profile: dict[str, Any]) -> bool:
    """Whether the SDK is told to pass over configured endpoint URLs."""
    name = "ignore_configured_endpoint_urls"
    told = os.environ.get(f"AWS_{name.upper()}") or profile.get(name)
    return str(told).lower() == "true"


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _addresses_elsewhere(host: str) -> list[str]:
    """What a name of this machine resolves to besides it; nothing where it is unknown."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return []
    return sorted(each for each in found if not ipaddress.ip_address(each).is_loopback)
