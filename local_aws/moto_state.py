"""moto's backends, each a service's state in one account and Region: all, or one if it exists."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def every_backend(backends: Any) -> Iterator[Any]:
    """The backends of all accounts and Regions in moto's dictionary of a service."""
    for account in list(backends.values()):
        yield from list(account.values())


def backend_of(module: str, name: str, account_id: str, region: str) -> Any:
    """A service's backend, None if nobody has used it.

    If moto's module has not been imported, nobody has.
    """
    accounts = getattr(sys.modules.get(module), name, {})
    return dict.get(accounts[account_id], region) if account_id in accounts else None
