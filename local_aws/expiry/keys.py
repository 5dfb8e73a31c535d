"""KMS keys: those whose waiting period is over are deleted, those that rotate are rotated.

Both are events of the service, not calls (KMS Developer Guide, "DeleteKey", "RotateKey").
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloudtrail.records.other_event_types.service_events import Happening
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_state import every_backend

if TYPE_CHECKING:
    from moto.kms.models import Key

_ROTATED = "_local_aws_rotated"
YEAR = timedelta(days=365)
"""How often a key is rotated unless its own RotationPeriodInDays says otherwise."""


def end(service: CloudTrailService, now: datetime) -> None:
    """Delete and rotate the keys of all accounts."""
    from moto.kms.models import kms_backends

    for backend in every_backend(kms_backends):
        for key in list(backend.keys.values()):
            if key.key_state == "PendingDeletion":
                _delete(service, backend, key, now)
            elif key.key_rotation_status and key.key_state == "Enabled":
                _rotate(service, key, now)


def _delete(service: CloudTrailService, backend: Any, key: Key, now: datetime) -> None:
    if key.deletion_date is None or key.deletion_date.replace(tzinfo=UTC) > now:
        return
    backend.delete_key(key.id)
    _tell(service, "DeleteKey", key, now, {"keyId": key.id}, {"keyId": key.arn})


def _rotate(service: CloudTrailService, key: Key, now: datetime) -> None:
    since = vars(key).setdefault(_ROTATED, datetime.fromtimestamp(key.creation_date, UTC))
    if since + YEAR > now:
        return
    rotations = (now - since) // YEAR
    vars(key)[_ROTATED] = since + rotations * YEAR
    for number in range(rotations):
        when = since + (number + 1) * YEAR
        key.rotations.append(
            {"KeyId": key.id, "RotationDate": when.timestamp(), "RotationType": "AUTOMATIC"}
        )
    _tell(service, "RotateKey", key, now, {"rotationType": "AUTOMATIC", "keyId": key.id}, None)


def _tell(
    service: CloudTrailService,
    event_name: str,
    key: Key,
    now: datetime,
    details: dict[str, Any],
    response: dict[str, Any] | None,
) -> None:
    service.record_happening(
        Happening(
            time=now,
            event_source="kms.amazonaws.com",
            event_name=event_name,
            region=key.region,
            account_id=key.account_id,
            resources=(("AWS::KMS::Key", key.arn),),
            response=response,
            details=details,
        )
    )
