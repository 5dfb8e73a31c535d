"""Loads what the first stacks need in advance: CloudFormation, and the usual services."""

from __future__ import annotations

import gc
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from local_aws.recording.callers import DEFAULT_REGION

if TYPE_CHECKING:
    from local_aws.cloudformation.resources.calls import OnBehalf
    from local_aws.recording.recorder import Recorder

_USUAL: tuple[tuple[Any, ...], ...] = (
    ("s3", "GetBucketPolicy", {"Bucket": "no-bucket"}),
    ("iam", "ListRoles", {}),
    ("lambda", "ListFunctions", {}),
    ("cloudtrail", "ListTrails", {}),
)
"""A read of each service that most stacks use, so that moto loads it."""


class Loading:
    """The import of the engine, which takes seconds, and then a read of each of the usual
    services."""

    def __init__(self, recorder: Recorder, endpoint_url: str) -> None:
        self._recorder = recorder
        self._endpoint_url = endpoint_url
        self._looking = threading.Lock()
        self._stopped = False

    def run(self) -> None:
        """Load everything, unless `stop` comes first."""
        from moto.core.models import DEFAULT_ACCOUNT_ID

        import local_aws.cloudformation.responses
        import local_aws.cloudformation.types  # noqa: F401
        from local_aws.cloudformation.resources.calls import Services, on_behalf_of

        services = Services(self._recorder, self._endpoint_url)
        nobody = on_behalf_of(None, DEFAULT_ACCOUNT_ID, DEFAULT_REGION, services)
        for look in _USUAL:
            self._look(nobody, *look)
        # What is loaded stays: searching it for garbage would take 0.2 s each time.
        gc.freeze()

    def _look(self, nobody: OnBehalf, *look: Any) -> None:
        from local_aws.cloudformation.resources.failures import CallFailed
        from local_aws.cloudformation.resources.resource_types import read

        with self._looking, suppress(CallFailed):  # a service that refuses is loaded as well
            if not self._stopped:
                nobody.send(read(*look))

    def stop(self) -> None:
        """Make no more requests, and wait for a running one."""
        self._stopped = True
        with self._looking:
            pass
