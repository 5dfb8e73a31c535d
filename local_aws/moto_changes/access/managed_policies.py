"""AWS's managed policies exist once they are requested; moto loads all of them, or none."""

from __future__ import annotations

import functools
import json
from typing import Any

from local_aws.moto_changes.patching import MotoChange


def _knowing_the_policy(ask_moto: Any) -> Any:
    from moto.iam.models import AWSManagedPolicy

    def ask(self: Any, policy_arn: str, *arguments: Any) -> Any:
        name = policy_arn.rpartition("/")[2]
        if policy_arn not in self.managed_policies and name in _aws_policies():
            data = _aws_policies()[name]
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
            if policy.arn == policy_arn:
                self.managed_policies[policy_arn] = policy
        return ask_moto(self, policy_arn, *arguments)

    return ask


@functools.cache
def _aws_policies() -> dict[str, dict[str, Any]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies


CHANGES = tuple(
    MotoChange(
        "moto.iam.models:IAMBackend",
        name,
        _knowing_the_policy,
        "moto has none of AWS's policies, unless it loads all of them at the start.",
    )
    for name in ("attach_group_policy", "attach_role_policy", "attach_user_policy", "get_policy")
)
