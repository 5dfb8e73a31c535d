"""Endpoint URLs that people and their AWS configuration name: parsed strictly, for all services."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

from lab_steps.errors import UsageError
from lab_steps.targets.profiles import session_without_profile
from trail_logs.endpoints import host_of, is_localhost


def check_endpoint(url: str) -> str:
    """`url`, if it is an endpoint URL that leads where it says. Raises UsageError."""
    host = host_of(url)
    if host is None:
        raise UsageError(
            f"{url!r} is not an endpoint URL.",
            "Write it like http://127.0.0.1:5000: scheme, host and port, no user name.",
        )
    elsewhere = _addresses_elsewhere(host) if is_localhost(host) else []
    if elsewhere:
        raise UsageError(
            f"{host} is not this machine: it leads to {', '.join(elsewhere)}.",
            "Write the address: http://127.0.0.1 and the port.",
        )
    return url


def configured_endpoint(profile: str | None, *, ambient: bool) -> str | None:
    """The one place where calls go by the environment or the profile; None for AWS itself.

    With `ambient` the profile may be the one that AWS_PROFILE names, or the default one. Raises
    UsageError if single services would go somewhere else.
    """
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        return url
    if profile is None and not ambient:
        return None
    profile = profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE")
    profile = profile or "default"
    configured = session_without_profile().full_config
    settings = configured.get("profiles", {}).get(profile, {})
    if _ignores_configured(settings):
        return None
    if url := settings.get("endpoint_url"):
        return str(url)
    elsewhere = _of_some_services(settings, configured.get("services", {}))
    if elsewhere:
        told = ", ".join(f"{name} ({url})" for name, url in elsewhere.items())
        raise UsageError(
            f"All calls of a lab must go to one place. These settings send some elsewhere: {told}.",
            "Unset them, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true for this command.",
        )
    return None


def _of_some_services(profile: dict[str, Any], services: dict[str, Any]) -> dict[str, str]:
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


def _ignores_configured(profile: dict[str, Any]) -> bool:
    """Whether the SDK is set to ignore configured endpoint URLs."""
    name = "ignore_configured_endpoint_urls"
    told = os.environ.get(f"AWS_{name.upper()}") or profile.get(name)
    return str(told).lower() == "true"


def _addresses_elsewhere(host: str) -> list[str]:
    """What a name of this machine also resolves to; nothing if it is unknown."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return []
    return sorted(each for each in found if not ipaddress.ip_address(each).is_loopback)
