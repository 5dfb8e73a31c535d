"""A local AWS: moto's server with a CloudTrail that records, selects and delivers.

    with LocalAws() as aws:
        trails = aws.client("cloudtrail")

or `python -m local_aws` for clients of any language.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_aws.log_group_fixture import TaggedLogGroup
    from local_aws.organization_fixture import OrganizationTrail
    from local_aws.server import AlreadyRunning, LocalAws
    from local_aws.web.web_server import PortTaken

__all__ = ["AlreadyRunning", "LocalAws", "OrganizationTrail", "PortTaken", "TaggedLogGroup"]

_MODULES = {
    "AlreadyRunning": "local_aws.server",
    "LocalAws": "local_aws.server",
    "OrganizationTrail": "local_aws.organization_fixture",
    "PortTaken": "local_aws.web.web_server",
    "TaggedLogGroup": "local_aws.log_group_fixture",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: Athena's processes need no server."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
