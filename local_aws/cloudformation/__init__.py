"""CloudFormation on the local AWS: moto's resource models under an engine of our own.

moto's own engine has no resource events, no rollback and no order of deletion, reports
create errors as API errors and unknown resource types as created. What replaces it:

- `templates`: templates as values (parsing, checks, order, comparison);
- `stacks`, `change_sets`: the state that the API describes;
- `resolving`: intrinsic functions, by moto;
- `handlers`, `*_models`, `custom_resources`, `nested_stacks`: what a resource becomes;
- `deployments`, `operations`: create, update, delete, roll back, in the background;
- `on_behalf`, `api_calls`, `api_shapes`: what CloudTrail shows of it;
- `backend`, `responses`: the API.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from local_aws import bucket_policies, functions
from local_aws.callers import DEFAULT_REGION
from local_aws.first_use import on_first_use

if TYPE_CHECKING:
    from local_aws.recorder import Recorder

__all__ = ["install", "warm_up"]

_OPERATIONS_END_WITHIN = 10.0
_USUAL = (
    ("s3", "ListBuckets"),
    ("iam", "ListRoles"),
    ("lambda", "ListFunctions"),
    ("cloudtrail", "ListTrails"),
)
"""A read of each service that most stacks use, so that moto loads it."""


def install(patches: ExitStack, endpoint_url: str, recorder: Recorder) -> None:
    """Replace moto's CloudFormation until `patches` is left.

    moto's CloudFormation takes seconds to import (it imports every service), so the change
    waits for the first request to it. `endpoint_url` is where custom resources' functions
    find this server; `recorder` takes the API calls that stack operations make.
    """
    functions.install(patches, endpoint_url)
    bucket_policies.install(patches)
    on_first_use(
        patches, frozenset({"cloudformation"}), partial(_install_now, recorder, endpoint_url)
    )


def warm_up(recorder: Recorder, endpoint_url: str) -> None:
    """Load what the first stacks need, in the background: the engine, and usual services."""
    if "moto.cloudformation.models" not in sys.modules:
        load = partial(_load, recorder, endpoint_url)
        threading.Thread(target=load, name="cloudformation-import", daemon=True).start()


def _load(recorder: Recorder, endpoint_url: str) -> None:
    from moto.core.models import DEFAULT_ACCOUNT_ID

    import local_aws.cloudformation.responses  # noqa: F401
    from local_aws.cloudformation.calls import Services, on_behalf_of
    from local_aws.cloudformation.failures import CallFailed
    from local_aws.cloudformation.resource_types import read

    services = Services(recorder, endpoint_url)
    nobody = on_behalf_of(None, DEFAULT_ACCOUNT_ID, DEFAULT_REGION, services)
    for service, operation in _USUAL:
        with suppress(CallFailed):  # a service that refuses is loaded as well
            nobody.send(read(service, operation, {}))


def _install_now(recorder: Recorder, endpoint_url: str, patches: ExitStack) -> None:
    from moto.cloudformation import urls
    from moto.cloudformation.models import cloudformation_backends
    from moto.cloudformation.responses import CloudFormationResponse

    from local_aws.cloudformation import custom_resources, operations
    from local_aws.cloudformation.backend import calling
    from local_aws.cloudformation.calls import Services
    from local_aws.cloudformation.responses import LocalCloudFormationResponse

    routes = {
        path: LocalCloudFormationResponse.dispatch
        if handler == CloudFormationResponse.dispatch
        else custom_resources.receive
        for path, handler in urls.url_paths.items()
    }
    backend = calling(Services(recorder, endpoint_url))
    cloudformation_backends.clear()
    patches.callback(cloudformation_backends.clear)
    patches.enter_context(patch.object(urls, "url_paths", routes))
    patches.enter_context(patch.object(cloudformation_backends, "backend", backend))
    patches.callback(operations.wait_for_all, _OPERATIONS_END_WITHIN)
