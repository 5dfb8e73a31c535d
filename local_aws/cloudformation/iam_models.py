"""`AWS::IAM::Role` and `AWS::IAM::ManagedPolicy`: what moto's models of them leave out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import (
    AWSManagedPolicy,
    Group,
    IAMBackend,
    ManagedPolicy,
    Role,
    User,
    iam_backends,
)
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


class LocalManagedPolicy(LocalModel):
    """A managed policy, attached to the roles, users and groups that its template names."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::IAM::ManagedPolicy."""
        return "AWS::IAM::ManagedPolicy"

    @staticmethod
    def cloudformation_name_type() -> str:
        """ManagedPolicyName."""
        return "ManagedPolicyName"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """Path and description cannot be changed."""
        return any(current.get(name) != wanted.get(name) for name in ("Description", "Path"))

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> ManagedPolicy:
        """Create the policy and attach it."""
        policy: ManagedPolicy = ManagedPolicy.create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name
        )
        return policy

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: ManagedPolicy,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> ManagedPolicy:
        """Make the document the policy's only version, and attach it as named."""
        properties = cloudformation_json["Properties"]
        iam = iam_backends[account_id][get_partition(region_name)]
        policy = original_resource
        iam.create_policy_version(policy.arn, _text(properties["PolicyDocument"]), True)
        policy.versions = [version for version in policy.versions if version.is_default]
        _detach_everywhere(iam, policy)
        for name in properties.get("Roles", []):
            iam.attach_role_policy(policy.arn, name)
        for name in properties.get("Users", []):
            iam.attach_user_policy(policy.arn, name)
        for name in properties.get("Groups", []):
            iam.attach_group_policy(policy.arn, name)
        return policy

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Detach the policy from everything and delete it."""
        iam = iam_backends[account_id][get_partition(region_name)]
        _detach_everywhere(iam, iam.get_policy(resource_name))
        iam.delete_policy(resource_name)


def _detach_everywhere(iam: IAMBackend, policy: ManagedPolicy) -> None:
    owners: list[Role | User | Group] = [
        *iam.roles.values(),
        *iam.users.values(),
        *iam.groups.values(),
    ]
    for owner in owners:
        if policy.arn in owner.managed_policies:
            policy.detach_from(owner)


HANDLERS = (LocalManagedPolicy, LocalRole)
