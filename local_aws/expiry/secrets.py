"""Secrets Manager: a secret is deleted once its recovery window is over.

Source: Secrets Manager User Guide, "Delete a secret", and "Log events with CloudTrail" for the two
events of the service.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cloudtrail.records.other_event_types.service_events import Happening
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_state import every_backend


def end(service: CloudTrailService, now: datetime) -> None:
    """Delete the secrets of all accounts whose window is over."""
    from moto.secretsmanager.models import secretsmanager_backends

    for backend in every_backend(secretsmanager_backends):
        for secret in list(backend.secrets.values()):
            ends = vars(secret).get("deleted_date")  # A replica has none.
            if ends is not None and ends <= now.timestamp():
                backend.secrets.pop(secret.arn)
                _tell(service, secret, backend.account_id, backend.region_name, now)


def _tell(
    service: CloudTrailService, secret: Any, account_id: str, region: str, now: datetime
) -> None:
    for name in ("StartSecretVersionDelete", "EndSecretVersionDelete"):
        service.record_happening(
            Happening(
                time=now,
                event_source="secretsmanager.amazonaws.com",
                event_name=name,
                region=region,
                account_id=account_id,
                additional={"SecretId": secret.arn},
            )
        )
