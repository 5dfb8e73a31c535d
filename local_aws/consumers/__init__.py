"""What follows an event: log groups, alarms, event buses, notifications, and who listens to them.

Each is moto's own service, made to do what AWS does. Nothing here happens on a request's thread:
what follows goes to the outbox (`local_aws.cloudtrail.delivery.outbox`), which calls each
destination in order and keeps those that hang from delaying others.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_aws.cloudtrail.delivery.outbox import Outbox
    from local_aws.cloudtrail.faults import Faults


def install(patches: ExitStack, outbox: Outbox, faults: Faults) -> None:
    """Have moto's services hand on what follows, until `patches` is left."""
    from local_aws.consumers import (
        access_logs,
        alarms,
        bucket_notifications,
        event_sources,
        log_groups,
        time_passing,
        topics,
    )
    from local_aws.consumers.event_bridge import buses, scheduled_rules
    from local_aws.lambda_processes import asynchronous

    asynchronous.install(patches, outbox.hand_on)
    time_passing.install(patches, faults)
    time_passing.look_each_second(patches, "retries", outbox.hand_on_what_is_due)
    for each in (
        access_logs,
        alarms,
        bucket_notifications,
        buses,
        event_sources,
        log_groups,
        scheduled_rules,
        topics,
    ):
        each.install(patches, outbox.hand_on)
