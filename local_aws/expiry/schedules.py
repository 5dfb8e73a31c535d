"""EventBridge's schedules: the rules that were due meanwhile run."""

from __future__ import annotations

from datetime import datetime

from local_aws.cloudtrail.service import CloudTrailService
from local_aws.consumers.scheduled_rules import run_what_is_due


def end(service: CloudTrailService, _now: datetime) -> None:
    """Run every rule as often as it was due."""
    run_what_is_due(service.delivery.outbox.hand_on)
