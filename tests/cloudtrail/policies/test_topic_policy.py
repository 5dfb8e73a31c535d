"""What a topic's policy must say for CloudTrail to notify."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudtrail.policies.topic_policy import notification_policy, permits_notification

TOPIC = "arn:aws:sns:us-east-1:123456789012:deliveries"
TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/student"
POLICY = notification_policy(TOPIC, TRAIL)
OWNER_ONLY = {
    "Statement": [
        {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish", "SNS:Subscribe"],
            "Resource": TOPIC,
            "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}},
        }
    ]
}


@pytest.mark.parametrize(
    ("policy", "topic", "permitted"),
    [
        (POLICY, TOPIC, True),
        (POLICY, TOPIC + "2", False),
        (OWNER_ONLY, TOPIC, False),
        (None, TOPIC, False),
    ],
)
def test_the_topic_must_let_cloudtrail_publish(policy: Any, topic: str, permitted: bool) -> None:
    answer = permits_notification(
        policy, topic_arn=topic, account_id="123456789012", trail_arn=TRAIL
    )
    assert answer.permitted is permitted


def test_a_refusal_shows_the_statement_that_would_do() -> None:
    answer = permits_notification(
        OWNER_ONLY, topic_arn=TOPIC, account_id="123456789012", trail_arn=TRAIL
    )
    assert "AWS:SourceOwner 123456789012, and the request does not have it" in answer.reason
    shown = json.loads(answer.reason[answer.reason.index("{") :])
    assert [shown] == POLICY["Statement"]
