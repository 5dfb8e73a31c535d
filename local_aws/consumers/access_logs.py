"""Server access logs of buckets: they arrive later.

moto puts a log object for each request while answering it, so a bucket that logs to itself is never
empty, and a stack with a bucket for access logs cannot be deleted. S3 delivers on a best effort,
most of them within a few hours (S3 User Guide, "Logging requests with server access logging").
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

    from local_aws.cloudtrail.delivery.outbox import HandOn

_LATER = timedelta(hours=1)


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Deliver access logs later, until `patches` is closed."""
    from moto.s3.models import S3Backend

    ask_moto = S3Backend.log_incoming_request

    def log_incoming_request(self: S3Backend, request: Any, bucket_name: str) -> None:
        bucket = self.buckets.get(bucket_name)
        if bucket is None or not bucket.logging:
            return
        headers = dict(request.headers)
        kept = SimpleNamespace(method=request.method, url=request.url, headers=headers)
        log = partial(ask_moto, self, kept, bucket_name)
        hand_on(f"access logs of {bucket.arn}", log, at=datetime.now(UTC) + _LATER)

    patches.enter_context(patch.object(S3Backend, "log_incoming_request", log_incoming_request))
