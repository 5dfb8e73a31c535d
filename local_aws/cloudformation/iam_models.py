"""`AWS::IAM::Role`: moto's role, with the properties that moto's model drops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role, iam_backends
from moto.utilities.utils import get_partition

from local_aws.cloudformation.local_models import LocalModel

Properties = Mapping[str, Any]


class LocalRole(LocalModel):
    """A role with its inline and managed policies; what a stack attached it also detaches."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::IAM::Role."""
        return "AWS::IAM::Role"

    @staticmethod
    def cloudformation_name_type() -> str:
        """RoleName."""
        return "RoleName"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """A role cannot move to another path."""
        return bool(current.get("Path") != wanted.get("Path"))

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> Role:
        """Create the role and give it its policies."""
        properties = cloudformation_json["Properties"]
        iam = iam_backends[account_id][get_partition(region_name)]
        role = iam.create_role(
            role_name=resource_name,
            assume_role_policy_document=_text(properties["AssumeRolePolicyDocument"]),
            path=properties.get("Path", "/"),
            permissions_boundary=properties.get("PermissionsBoundary"),
            description=properties.get("Description", ""),
            tags=properties.get("Tags", []),
            max_session_duration=properties.get("MaxSessionDuration", 3600),
        )
        try:
            _put_policies(iam, role, properties)
        except Exception:
            cls.delete_from_cloudformation_json(
                resource_name, cloudformation_json, account_id, region_name
            )
            raise
        return role

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Role,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Role:
        """Bring trust, policies, boundary, description and tags to the properties."""
        properties = cloudformation_json["Properties"]
        iam = iam_backends[account_id][get_partition(region_name)]
        role = original_resource
        iam.update_assume_role_policy(role.name, _text(properties["AssumeRolePolicyDocument"]))
        role.description = properties.get("Description", "")
        role.max_session_duration = properties.get("MaxSessionDuration", 3600)
        role.permissions_boundary_arn = properties.get("PermissionsBoundary")
        role.tags = properties.get("Tags", [])
        _put_policies(iam, role, properties)
        return role

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Detach the policies that the stack gave, then delete the role.

        A policy that came from elsewhere makes IAM refuse, as in AWS.
        """
        iam = iam_backends[account_id][get_partition(region_name)]
        role = iam.get_role(resource_name)
        properties = cloudformation_json["Properties"]
        for policy in properties.get("Policies", []):
            role.policies.pop(policy["PolicyName"], None)
        for arn in set(properties.get("ManagedPolicyArns", [])) & set(role.managed_policies):
            iam.detach_role_policy(arn, resource_name)
        iam.delete_role(resource_name)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _put_policies(iam: IAMBackend, role: Role, properties: Properties) -> None:
    """Inline and managed policies as the properties name them; others of the stack's go."""
    inline = {item["PolicyName"]: item["PolicyDocument"] for item in properties.get("Policies", [])}
    own: frozenset[str] = getattr(role, "stack_policies", frozenset())
    for name in own - set(inline):
        role.policies.pop(name, None)
    for name, document in inline.items():
        iam.put_role_policy(role.name, name, _text(document))
    wanted = set(properties.get("ManagedPolicyArns", []))
    for arn in set(role.managed_policies) - wanted:
        iam.detach_role_policy(arn, role.name)
    for arn in wanted - set(role.managed_policies):
        _know_aws_policy(iam, arn)
        iam.attach_role_policy(arn, role.name)
    role.stack_policies = frozenset(inline)  # type: ignore[attr-defined]


def _know_aws_policy(iam: IAMBackend, arn: str) -> None:
    """Let an AWS managed policy exist; moto leaves them out unless told to load them all."""
    name = arn.rpartition("/")[2]
    if ":iam::aws:policy/" in arn and arn not in iam.managed_policies and name in _aws_policies():
        data = _aws_policies()[name]
        policy = AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, data)
        iam.managed_policies[policy.arn] = policy


@cache
def _aws_policies() -> dict[str, dict[str, Any]]:
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies


HANDLERS = (LocalRole,)
