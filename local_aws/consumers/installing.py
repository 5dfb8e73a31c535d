"""moto's services pass on events, each from the first request to it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_aws.cloudtrail.delivery.outbox import Outbox
    from local_aws.cloudtrail.faults import Faults


def install(patches: ExitStack, outbox: Outbox, faults: Faults) -> None:
    """Have moto's services pass on events, until `patches` is closed."""
    from local_aws.consumers import (
        access_logs,
        bucket_notifications,
        log_groups,
        time_passing,
        topics,
    )
    from local_aws.consumers.alarms import operations
    from local_aws.consumers.event_bridge import buses, scheduled_rules
    from local_aws.consumers.event_sources import mappings
    from local_aws.first_use import on_first_use, uses_of
    from local_aws.lambda_processes import asynchronous

    asynchronous.install(patches, outbox.hand_on)
    time_passing.install(patches, faults)
    time_passing.look_each_second(patches, "retries", outbox.hand_on_what_is_due)
    for service, consumer in (
        ("s3", access_logs),
        ("cloudwatch", operations),
        ("s3", bucket_notifications),
        ("events", buses),
        ("awslambda", mappings),
        ("logs", log_groups),
        ("events", scheduled_rules),
        ("sns", topics),
    ):
        on_first_use(patches, uses_of(service), partial(consumer.install, outbox.hand_on))
