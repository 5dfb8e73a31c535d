"""A local AWS: moto's server with a CloudTrail that records, selects and delivers.

    with LocalAws() as aws:
        trails = aws.client("cloudtrail")

or `python -m local_aws` for clients of any language.

    __main__.py              `python -m local_aws`
    commands/                its commands: start, stop, run, policy and others
    serving/                 a process that serves until a signal
    pytest_plugin.py         fixtures for the tests of any project
    server.py                `LocalAws`: all of the following, started and stopped
    testing/                 assertions on records
    web/                     the HTTP server
    recording/               from a request to a recorded call
    cloudtrail/              the CloudTrail service
    moto_changes/            what is changed in moto
    cloudformation/          stacks that perform API calls
    athena/                  queries that run
    lambda_processes/        functions as local processes
    consumers/               what happens after an event
    expiry/                  what expires as time passes
    console/                 the console in a browser
    control.py               `/_local-aws/...`
    sign_in.py               signing in to the console
    auto_scaling.py          capacity of DynamoDB tables
    organization_fixture.py  an organization to be a member of
    log_group_fixture.py     log groups that exist from the start
    role_rights.py           what roles may do, and whom they trust
    clock.py                 a clock that can be moved
    first_use.py             changes to moto that wait for a service's first request
    forks.py                 processes forked from one that has loaded what they need
    moto_state.py            moto's state of a service

It imports `cloudtrail`, and `commands` also `trail_logs`.
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
