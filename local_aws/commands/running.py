"""Which running local AWS is meant, and its records."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

_SECONDS = 60
_PAGE = 10_000


class NotRunningError(Exception):
    """No local AWS answers at the address, or some of its records are gone."""


def url_of_running(named: str | None) -> str:
    """The address of the local AWS: `named`, else $AWS_ENDPOINT_URL, else the one that was started.

    Raises NotRunningError.
    """
    from local_aws.commands import register

    url = named or os.environ.get("AWS_ENDPOINT_URL")
    if url:
        return url
    server = register.running()
    if server is None:
        raise NotRunningError(register.NONE)
    return server.url


def pages_of_records(url: str, **filters: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """All records of the local AWS at `url`, in order, page by page.

    `filters` are those of `/_local-aws/records`. Raises NotRunningError.
    """
    after, asked = 0, {"limit": [str(_PAGE)], **filters}
    while True:
        page = _page(url, {**asked, "after": [str(after)]})
        if page["dropped"]:
            raise NotRunningError(
                f"{page['dropped']} of the oldest records of {url} are gone, as only the latest "
                "64 MiB are kept: ask sooner, or read a trail's log files."
            )
        yield page["records"]
        if page["next"] == after or not page["records"]:
            return
        after = page["next"]


def _page(url: str, asked: dict[str, Sequence[str]]) -> dict[str, Any]:
    address = f"{url.rstrip('/')}/_local-aws/records?{urlencode(asked, doseq=True)}"
    try:
        with urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 - http, as was asked
            found = json.load(answer)
    except HTTPError as error:
        told = error.read(2000).decode(errors="replace")
        raise NotRunningError(f"{url} answered {error.code}: {told}") from error
    except (URLError, OSError, ValueError) as error:
        raise NotRunningError(
            f"No local AWS answers at {url}: {getattr(error, 'reason', error)}. "
            "`local-aws` starts one and prints its address."
        ) from error
    if not isinstance(found, dict) or not {"records", "next", "dropped"} <= found.keys():
        raise NotRunningError(f"What answers at {url} is not a local AWS.")
    return found
