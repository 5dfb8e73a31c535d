"""The topic policy that CloudTrail needs to send notifications of deliveries.

Source: UG/cloudtrail-permissions-for-sns-notifications.
"""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.policies.evaluation import AccessRequest, Permission, evaluate, service_context

PRINCIPAL = "cloudtrail.amazonaws.com"


def notification_policy(topic_arn: str, trail_arn: str) -> dict[str, Any]:
    """The policy of the user guide for one trail and its topic."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AWSCloudTrailSNSPolicy20131101",
                "Effect": "Allow",
                "Principal": {"Service": PRINCIPAL},
                "Action": "SNS:Publish",
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
            }
        ],
    }


def permits_notification(
    policy: object, *, topic_arn: str, account_id: str, trail_arn: str
) -> Permission:
    """Whether CloudTrail may publish to the topic; a refusal shows a statement that would permit
    it."""
    context = service_context(PRINCIPAL, source_arn=trail_arn, source_account=account_id)
    answer = evaluate(policy, AccessRequest(PRINCIPAL, "SNS:Publish", topic_arn, context))
    if answer.permitted:
        return answer
    (statement,) = notification_policy(topic_arn, trail_arn)["Statement"]
    return Permission(
        False,
        f"CloudTrail may not publish to {topic_arn}: {answer.reason}. "
        f"The topic policy should have the statement {json.dumps(statement)}",
    )
