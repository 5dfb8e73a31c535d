"""Schedules that are due, alarms whose period is over, retries."""

from __future__ import annotations

from datetime import datetime

from local_aws.cloudtrail.service import CloudTrailService
from local_aws.consumers.time_passing import look_now


def end(service: CloudTrailService, _now: datetime) -> None:
    """Do what is due."""
    look_now(service.delivery.faults)
