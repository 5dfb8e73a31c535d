"""The trust policy of a role, such as the one that CloudTrail assumes for CloudWatch Logs.

Source: UG/cloudtrail-required-policy-for-cloudwatch-logs.
"""

from __future__ import annotations

import json
from typing import Any

from cloudtrail.policies.evaluation import AccessRequest, evaluate, service_context


def permits_assuming(
    trust: str, *, role_arn: str, account_id: str, source_arn: str, principal: str
) -> bool:
    """Whether the trust policy, which names no resource, lets the service assume the role.

    `source_arn` is the trail, rule or log group for which the service does so.
    """
    context = service_context(principal, source_arn=source_arn, source_account=account_id)
    return lets_in(trust, AccessRequest(principal, "sts:AssumeRole", role_arn, context))


def lets_in(trust: str, request: AccessRequest) -> bool:
    """Whether the trust policy, which names no resource, lets the caller assume the role."""
    document: dict[str, Any] = json.loads(trust)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    role = request.resource
    policy = {**document, "Statement": [{**each, "Resource": role} for each in statements]}
    return evaluate(policy, request).permitted
