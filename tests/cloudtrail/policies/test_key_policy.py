"""May CloudTrail encrypt with a key? By the key's policy."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from cloudtrail.policies.evaluation import Permission
from cloudtrail.policies.key_policy import encryption_policy, permits_encryption

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/5f7b0a3e-0000-4000-8000-000000000001"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"


def ask(policy: dict[str, Any] | None, trail_arn: str = TRAIL) -> Permission:
    return permits_encryption(policy, key_arn=KEY, account_id=ACCOUNT, trail_arn=trail_arn)


def test_policy_of_the_user_guide_permits() -> None:
    assert ask(encryption_policy(KEY, ACCOUNT, TRAIL)).permitted


def test_key_with_the_default_policy_refuses_and_shows_the_statement() -> None:
    policy = encryption_policy(KEY, ACCOUNT, TRAIL)
    del policy["Statement"][0]
    answer = ask(policy)
    assert not answer.permitted
    assert "Allow CloudTrail to encrypt logs" in answer.reason


def test_other_trail_than_the_source_arn_is_refused() -> None:
    answer = ask(encryption_policy(KEY, ACCOUNT, TRAIL), TRAIL + "-2")
    assert not answer.permitted
    assert "aws:SourceArn" in answer.reason


@pytest.mark.parametrize("action", ["kms:*", "kms:GenerateDataKey", "KMS:generatedatakey*"])
def test_action_may_be_wider_or_exact(action: str) -> None:
    policy = encryption_policy(KEY, ACCOUNT, TRAIL)
    policy["Statement"][0]["Action"] = action
    assert ask(policy).permitted


def test_encryption_context_of_another_account_is_refused() -> None:
    policy = deepcopy(encryption_policy(KEY, "999999999999", TRAIL))
    assert not ask(policy).permitted
