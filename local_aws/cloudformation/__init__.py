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
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from local_aws.lambda_processes import functions
from local_aws.moto_changes import bucket_policies
from local_aws.moto_changes.first_use import on_first_use

if TYPE_CHECKING:
    from local_aws.recording.recorder import Recorder

__all__ = ["install", "warm_up"]

_OPERATIONS_END_WITHIN = 10.0


def install(patches: ExitStack, endpoint_url: str, recorder: Recorder) -> None:
    """Replace moto's CloudFormation until `patches` is left.

    moto's CloudFormation takes seconds to import (it imports every service), so the change
    waits for the first request to it. `endpoint_url` is where custom resources' functions
    find this server; `recorder` has the CloudTrail that records what stack operations call.
    """
    functions.install(patches, endpoint_url)
    bucket_policies.install(patches)
    on_first_use(patches, frozenset({"cloudformation"}), partial(_install_now, recorder))


def warm_up() -> None:
    """Import what the first CloudFormation request needs, in the background."""
    if "moto.cloudformation.models" not in sys.modules:
        threading.Thread(target=_import_engine, name="cloudformation-import", daemon=True).start()


def _import_engine() -> None:
    import local_aws.cloudformation.responses  # noqa: F401


def _install_now(recorder: Recorder, patches: ExitStack) -> None:
    from moto.cloudformation import urls
    from moto.cloudformation.models import cloudformation_backends
    from moto.cloudformation.responses import CloudFormationResponse

    from local_aws.cloudformation import custom_resources, operations, trail_models
    from local_aws.cloudformation.backend import recording
    from local_aws.cloudformation.responses import LocalCloudFormationResponse

    routes = {
        path: LocalCloudFormationResponse.dispatch
        if handler == CloudFormationResponse.dispatch
        else custom_resources.receive
        for path, handler in urls.url_paths.items()
    }
    cloudformation_backends.clear()
    patches.callback(cloudformation_backends.clear)
    patches.enter_context(patch.object(urls, "url_paths", routes))
    service = recorder.service
    patches.enter_context(patch.object(cloudformation_backends, "backend", recording(service)))
    # moto makes the models, and hands on nothing of ours.
    patches.enter_context(patch.object(trail_models.Trail, "service", service, create=True))
    patches.callback(operations.wait_for_all, _OPERATIONS_END_WITHIN)
