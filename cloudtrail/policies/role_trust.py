"""The trust policy of a role that CloudTrail is to assume, for CloudWatch Logs.

Source: UG/cloudtrail-required-policy-for-cloudwatch-logs.
"""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.policies.resource_policy import Request, evaluate, service_context

PRINCIPAL = "cloudtrail.amazonaws.com"


def permits_assuming(trust: str, *, role_arn: str, account_id: str, trail_arn: str) -> bool:
    """Whether the trust policy, which names no resource, lets CloudTrail assume the role."""
    document: dict[str, Any] = json.loads(trust)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    policy = {**document, "Statement": [{**each, "Resource": role_arn} for each in statements]}
    context = service_context(PRINCIPAL, source_arn=trail_arn, source_account=account_id)
    return evaluate(policy, Request(PRINCIPAL, "sts:AssumeRole", role_arn, context)).permitted
