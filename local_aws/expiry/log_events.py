"""CloudWatch Logs: events that are older than their group's retention are deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_state import every_backend


def end(_service: CloudTrailService, now: datetime) -> None:
    """Delete the expired events of all accounts' log groups."""
    from moto.logs.models import logs_backends

    for backend in every_backend(logs_backends):
        for group in list(backend.groups.values()):
            if group.retention_in_days:
                kept_since = now - timedelta(days=int(group.retention_in_days))
                for stream in list(group.streams.values()):
                    stream.events = [
                        each
                        for each in stream.events
                        if each.timestamp >= kept_since.timestamp() * 1000
                    ]
