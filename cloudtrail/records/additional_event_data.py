"""`additionalEventData`: what the records of a few services add.

Measured on real records. What AWS added at some date is in records since that date.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from cloudtrail.records.by_service import s3
from cloudtrail.records.calls import Call, text
from cloudtrail.records.resources import invoked_version, used_key

KEY_MATERIAL_SINCE = datetime(2025, 6, 1, tzinfo=UTC)
"""Since then, records of KMS's Decrypt and GenerateDataKey name the key material (2 of 2; no older
one does)."""

EXTENDED_ID_SINCE = datetime(2025, 10, 1, tzinfo=UTC)
"""Since then, records of STS have an extended request id (all real records; no older one does)."""

MATERIAL_USERS = frozenset({"Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"})
SYMMETRIC = "SYMMETRIC_DEFAULT"

Additional = Callable[[Call], dict[str, Any] | None]


def additional_rule(service: str, operation: str, is_data: bool) -> Additional | None:
    """The function that makes `additionalEventData`, or None if there never is any."""
    if service in ("s3", "s3control"):
        return partial(s3.additional_event_data, is_data=is_data)
    if service == "lambda" and operation.startswith("Invoke"):
        return invoked_version
    if service == "kms" and operation in MATERIAL_USERS:
        return _key_material
    return _BY_SERVICE.get(service)


def _key_material(call: Call) -> dict[str, Any] | None:
    """The id of the symmetric key's material that was used: 64 hexadecimal digits."""
    key = used_key(call)
    is_symmetric = text(call.parameters, "EncryptionAlgorithm") in ("", SYMMETRIC)
    if call.error is not None or call.time < KEY_MATERIAL_SINCE or not (key and is_symmetric):
        return None
    return {"keyMaterialId": _material_of(key)}


@lru_cache
def _material_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _extended_request_id(call: Call) -> dict[str, Any] | None:
    """STS's second id, in base64: `1:us-east-1:1761523317623:R:YQRa4Jxm`."""
    if call.time < EXTENDED_ID_SINCE:
        return None
    milliseconds = int(call.time.timestamp() * 1000)
    said = f"1:{call.region}:{milliseconds}:R:{call.event_id[:8]}"
    return {"ExtendedRequestId": base64.b64encode(said.encode()).decode()}


def _signature_version(call: Call) -> dict[str, Any] | None:
    return None if call.error is not None else {"SignatureVersion": "4"}


_BY_SERVICE: dict[str, Additional] = {"ses": _signature_version, "sts": _extended_request_id}
