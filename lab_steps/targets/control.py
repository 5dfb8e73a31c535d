"""What a local AWS says about itself, outside AWS's APIs: how late it delivers, its console, calls.
None of it is recorded. An endpoint that is not our local AWS says nothing, and neither does an
account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from cloudtrail.partitions import partition_of
from lab_steps.checking.patience import AWS_PATIENCE, LOCAL_PATIENCE, Patience
from lab_steps.checking.user_agents import NOBODYS
from lab_steps.targets.target import Target

CONSOLE = "/_console/"
_SECONDS = 5
_NOBODY = "no event has this name"


def told(endpoint_url: str | None, path: str, **query: Any) -> Mapping[str, Any] | None:
    """The response of `/_local-aws/PATH`; None if it does not exist, as at AWS itself."""
    from urllib.parse import urlencode
    from urllib.request import ProxyHandler, build_opener

    if endpoint_url is None:
        return None
    url = f"{endpoint_url}/_local-aws/{path}?{urlencode(query, doseq=True)}"
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=_SECONDS) as answer:
            found = json.load(answer)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def delay_at(endpoint_url: str | None) -> timedelta | None:
    """How late a local AWS delivers, as it says itself; None if the endpoint does not say that
    it is one."""
    delay = (told(endpoint_url, "status") or {}).get("delivery_delay_seconds")
    return timedelta(seconds=delay) if isinstance(delay, int | float) else None


def patience_of(delay: timedelta | None, timeout: float | None = None) -> Patience:
    """How long a delivery may take: as long as in AWS if the place does not say its `delay`.

    With a longer `timeout` (seconds), it may take as long as that.
    """
    patience = AWS_PATIENCE
    if delay is not None:
        patience = replace(LOCAL_PATIENCE, due=LOCAL_PATIENCE.due + delay, usual=delay)
    return replace(patience, due=max(patience.due, timedelta(seconds=timeout or 0)))


@dataclass(frozen=True, slots=True)
class Console:
    """Where people click. `user` and `password` are those of a local AWS, which are not secret.
    They are empty if only its users know who signs in."""

    url: str
    user: str = ""
    password: str = ""


_DOMAINS = {"aws": "aws.amazon.com", "aws-us-gov": "amazonaws-us-gov.com", "aws-cn": "amazonaws.cn"}
"""Domains of the consoles of AWS's partitions (General Reference, "AWS Management Console
endpoints")."""


def console_of(target: Target) -> Console | None:
    """The console of the place; None if it is not known to have one."""
    domain = _DOMAINS.get(partition_of(target.region))
    if target.endpoint_url is None and domain:
        home = f"https://{target.region}.console.{domain}/cloudtrailv2/home"
        return Console(f"{home}?region={target.region}")
    status = told(target.endpoint_url, "status") or {}
    if "console_user" not in status:
        return None
    user = status["console_user"] or {}
    # The guide is at this address: a link to another name of this machine leads to another site.
    place = str(target.endpoint_url).replace("//localhost", "//127.0.0.1", 1)
    return Console(f"{place}{CONSOLE}", str(user.get("name", "")), str(user.get("password", "")))


@dataclass
class OthersCalls:
    """The calls that a local AWS has recorded, except those of checks and deliveries, and reads
    of buckets: reading log files must not cause more and more log files."""

    target: Target
    _position: int | None = field(default=None, init=False)

    def came(self) -> bool | None:
        """Whether there was such a call since the last time; None if that is unknown."""
        page = None
        if self._position is not None:
            made = [f"userAgent!=*{each}*" for each in NOBODYS]
            made.append("eventSource!=s3.amazonaws.com or readOnly=false")
            page = told(
                self.target.endpoint_url, "records", after=self._position, limit=1, where=made
            )
        if page is not None and not page["records"]:
            self._position = int(page["next"])
            return False
        # Calls that come right after one are covered by the same look.
        after = page["next"] if page else 0
        rest = told(self.target.endpoint_url, "records", after=after, event_name=_NOBODY)
        self._position = int(rest["next"]) if rest else None
        return None if rest is None else True
