"""CloudFormation answered by this engine instead of moto's, from the first request to it."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from local_aws.cloudformation import lazy_models
from local_aws.first_use import on_first_use
from local_aws.lambda_processes import functions

if TYPE_CHECKING:
    from local_aws.recording.recorder import Recorder

_OPERATIONS_END_WITHIN = 10.0


def install(patches: ExitStack, endpoint_url: str, recorder: Recorder) -> None:
    """Replace moto's CloudFormation until `patches` is closed.

    moto's CloudFormation takes long to import, so the change waits for the first request to it.
    `endpoint_url` is where custom resources' functions find this server; `recorder` takes the
    API calls that stack operations make.
    """
    functions.install(patches, endpoint_url)
    lazy_models.install(patches)
    on_first_use(
        patches, frozenset({"cloudformation"}), partial(_install_now, recorder, endpoint_url)
    )


def warm_up(patches: ExitStack, recorder: Recorder, endpoint_url: str) -> None:
    """Load what the first stacks need, in the background, or until `patches` is closed."""
    from local_aws.cloudformation.preloading import Loading

    if "moto.cloudformation.models" not in sys.modules:
        loading = Loading(recorder, endpoint_url)
        patches.callback(loading.stop)
        threading.Thread(target=loading.run, name="cloudformation-import", daemon=True).start()


def _install_now(recorder: Recorder, endpoint_url: str, patches: ExitStack) -> None:
    from moto.cloudformation import urls
    from moto.cloudformation.models import cloudformation_backends
    from moto.cloudformation.responses import CloudFormationResponse

    from local_aws.cloudformation import background
    from local_aws.cloudformation.backend import backend_with
    from local_aws.cloudformation.resources import custom_resources
    from local_aws.cloudformation.resources.calls import Services
    from local_aws.cloudformation.responses import LocalCloudFormationResponse
    from local_aws.cloudformation.stack_sets import auto_deployment, running
    from local_aws.cloudformation.types import handler_of

    routes = {
        path: LocalCloudFormationResponse.dispatch
        if handler == CloudFormationResponse.dispatch
        else custom_resources.receive
        for path, handler in urls.url_paths.items()
    }
    services = Services(recorder, endpoint_url)
    backend = backend_with(services, handler_of)
    cloudformation_backends.clear()
    patches.callback(cloudformation_backends.clear)
    auto_deployment.install(patches, services)
    patches.enter_context(patch.object(urls, "url_paths", routes))
    patches.enter_context(patch.object(cloudformation_backends, "backend", backend))
    patches.callback(background.wait_for_all, _OPERATIONS_END_WITHIN)
    patches.callback(running.stop_all)
