"""Regions that an account opts in to, which moto's Account service lacks.

All are enabled until one is disabled. Calls to a disabled Region are still answered. Source:
Account Management API reference, GetRegionOptStatus, EnableRegion, DisableRegion.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from botocore import xform_name

from cloudtrail.partitions import DEFAULT_REGIONS
from cloudtrail.records.service_models import regions
from local_aws.first_use import on_first_use


def install(patches: ExitStack) -> None:
    """Serve these operations until `patches` is closed."""
    on_first_use(patches, frozenset({"account"}), _add)


def _add(patches: ExitStack) -> None:
    from moto.account import urls
    from moto.account.responses import AccountResponse

    paths = {f"{{0}}/{path}$": AccountResponse.dispatch for path in _OPERATIONS}
    patches.enter_context(patch.dict(urls.url_paths, paths))
    for path, answer in _OPERATIONS.items():
        change: Any = patch.object(AccountResponse, xform_name(path), answer, create=True)
        patches.enter_context(change)


def _status(response: Any) -> Any:
    from moto.core.responses import ActionResult

    region = _known(response)
    status = "DISABLED" if region in _disabled(response) else "ENABLED"
    return ActionResult(
        {
            "RegionName": region,
            "RegionOptStatus": "ENABLED_BY_DEFAULT" if region in DEFAULT_REGIONS else status,
        }
    )


def _enable(response: Any) -> Any:
    from moto.core.responses import EmptyResult

    _disabled(response).discard(_of_choice(response))
    return EmptyResult()


def _disable(response: Any) -> Any:
    from moto.core.responses import EmptyResult

    _disabled(response).add(_of_choice(response))
    return EmptyResult()


def _disabled(response: Any) -> set[str]:
    from moto.account.models import account_backends

    account = response._get_param("AccountId") or response.current_account
    backend = account_backends[account][response.partition]
    found: set[str] = backend.__dict__.setdefault("_local_aws_disabled_regions", set())
    return found


def _known(response: Any) -> str:
    region = str(response._get_param("RegionName"))
    if region not in regions("sts", response.partition):
        raise _invalid(f"{region} is not a Region of this partition.")
    return region


def _of_choice(response: Any) -> str:
    region = _known(response)
    if region in DEFAULT_REGIONS:
        raise _invalid(f"{region} is enabled by default, which cannot be changed.")
    return region


_OPERATIONS = {
    "getRegionOptStatus": _status,
    "enableRegion": _enable,
    "disableRegion": _disable,
}
"""The operations by their paths."""


def _invalid(message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError("ValidationException", message)
