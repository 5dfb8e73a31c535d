"""KMS's records: which key was used, and how."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.records.calls import CallError
from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import ACCOUNT, call, request


@pytest.mark.parametrize(
    ("parameters", "output", "key"),
    [
        ({"KeyId": "alias/a"}, {"KeyId": "arn:aws:kms:eu-west-1:123456789012:key/k"}, "k"),
        ({"KeyId": "k"}, None, "k"),
    ],
)
def test_kms_names_the_key_that_was_used(
    parameters: dict[str, Any], output: dict[str, Any] | None, key: str
) -> None:
    record = record_of(call("kms", "Encrypt", parameters, output=output))
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{key}"
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    assert record["responseElements"] is None


@pytest.mark.parametrize("sent", [{}, {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}])
def test_kms_says_which_algorithm_it_used(sent: dict[str, str]) -> None:
    shown = request(record_of(call("kms", "Encrypt", {"KeyId": "k"} | sent)))
    assert shown["encryptionAlgorithm"] == sent.get("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")


@pytest.mark.parametrize(
    ("operation", "parameters", "output", "shown"),
    [
        ("DisableKey", {"KeyId": "k"}, None, {"keyId": "KEY"}),
        ("EnableKeyRotation", {"KeyId": "k"}, None, {"keyId": "KEY"}),
        ("PutKeyPolicy", {"KeyId": "k", "Policy": "{}"}, None, {"keyId": "KEY"}),
        ("CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "k"}, None, {"keyId": "KEY"}),
        ("CreateGrant", {"KeyId": "k"}, {"GrantId": "g"}, {"grantId": "g", "keyId": "KEY"}),
        ("CreateKey", {}, {"KeyMetadata": {"KeyId": "k"}}, {"keyMetadata": {"keyId": "k"}}),
        ("Encrypt", {"KeyId": "k"}, {"KeyId": "KEY"}, None),
    ],
)
def test_a_write_of_kms_says_whose_key_it_was(
    operation: str, parameters: dict[str, str], output: dict[str, Any], shown: Any
) -> None:
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
    elements = record_of(call("kms", operation, parameters, output=output))["responseElements"]
    assert elements == (shown and {k: arn if v == "KEY" else v for k, v in shown.items()})


def test_a_refused_write_of_kms_says_no_key() -> None:
    error = CallError("NotFoundException", "no key", 400, "NotFoundException")
    refused = record_of(call("kms", "DisableKey", {"KeyId": "k"}, error=error))
    assert refused["responseElements"] is None
