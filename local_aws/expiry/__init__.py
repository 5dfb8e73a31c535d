"""What is due besides deliveries when the clock is moved: things that expire.

    objects.py     S3 lifecycle rules
    items.py       DynamoDB's time to live
    keys.py        KMS keys whose waiting period is over, and those that are rotated each year
    secrets.py     Secrets Manager's secrets after their recovery window
    log_events.py  log events older than their group's retention
    consumers.py   schedules, alarms and retries

Sessions expire on their own, at each request: `recording.callers`.
"""

from __future__ import annotations

import importlib
import sys
from datetime import datetime

from local_aws.cloudtrail.service import CloudTrailService

_ENDING = {
    "moto.s3.models": "objects",
    "moto.dynamodb.models": "items",
    "moto.kms.models": "keys",
    "moto.secretsmanager.models": "secrets",
    "moto.logs.models": "log_events",
    "local_aws.consumers.time_passing": "consumers",
}
"""The modules here, by the module that is imported once the service was used."""


def end_what_is_due(service: CloudTrailService, now: datetime) -> None:
    """Have the services of this process do what is due by `now`."""
    for models, name in _ENDING.items():
        if models in sys.modules:
            ending = importlib.import_module(f"local_aws.expiry.{name}")
            with service.delivery.faults.kept_from(f"expiry of {name}"):
                ending.end(service, now)
