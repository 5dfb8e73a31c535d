"""`additionalEventData`, and from when on it is there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cloudtrail.records.calls import CallError
from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import call

KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
BEFORE = datetime(2025, 5, 31, tzinfo=UTC)
FAILED = CallError("Throttling", "slower", 400)


def additional(service: str, operation: str, **fields: Any) -> Any:
    return record_of(call(service, operation, **fields)).get("additionalEventData")


def test_decrypt_names_the_key_material() -> None:
    named = additional("kms", "Decrypt", output={"KeyId": KEY})
    assert named.keys() == {"keyMaterialId"}
    assert len(bytes.fromhex(named["keyMaterialId"])) == 32
    assert named == additional("kms", "GenerateDataKey", output={"KeyId": KEY})


@pytest.mark.parametrize(
    "fields",
    [
        {"time": BEFORE, "output": {"KeyId": KEY}},
        {"error": FAILED, "parameters": {"KeyId": KEY}},
        {"output": {"KeyId": KEY}, "parameters": {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}},
    ],
)
def test_there_is_no_key_material_before_it_was_recorded_nor_of_other_keys(
    fields: dict[str, Any],
) -> None:
    assert additional("kms", "Decrypt", **fields) is None


def test_sts_has_a_second_request_id() -> None:
    assert additional("sts", "GetCallerIdentity").keys() == {"ExtendedRequestId"}
    assert additional("sts", "GetCallerIdentity", time=BEFORE) is None


def test_ses_says_how_a_call_that_worked_was_signed() -> None:
    assert additional("ses", "GetSendQuota") == {"SignatureVersion": "4"}
    assert additional("ses", "GetSendQuota", error=FAILED) is None
