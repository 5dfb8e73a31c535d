"""Roles of the local AWS: what their own policies allow, whom they trust, and their sessions.

moto evaluates the policies. Permissions boundaries are not considered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudtrail.partitions import arn_parts, partition_of
from cloudtrail.policies.role_trust import permits_assuming

if TYPE_CHECKING:
    from moto.sts.models import AssumedRole

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""The policy that allows everything."""


def role_allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's policies allow `action` (`logs:PutLogEvents`) on the ARN `resource`.

    A role that does not exist allows nothing.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.iam.exceptions import NotFoundException
    from moto.iam.models import iam_backends

    place = arn_parts(role_arn)
    try:
        iam = iam_backends[place.account_id][place.partition]
        role = iam.get_role(place.resource.rpartition("/")[2])
    except NotFoundException:
        return False
    policies = [*role.policies.values(), *role.managed_policies.values()]
    said = [IAMPolicy(each).is_action_permitted(action, resource) for each in policies]
    return PermissionResult.PERMITTED in said and PermissionResult.DENIED not in said


def trust_policy(role_arn: str) -> str | None:
    """The role's trust policy, None if there is no such role."""
    from moto.iam.exceptions import NotFoundException
    from moto.iam.models import iam_backends

    try:
        place = arn_parts(role_arn)
        role = iam_backends[place.account_id][place.partition].get_role_by_arn(role_arn)
    except (NotFoundException, ValueError):
        return None
    return str(role.assume_role_policy_document)


def trusts_service(role_arn: str, service: str, source_arn: str, account_id: str) -> bool:
    """Whether the role exists and lets a service assume it for a resource of an account."""
    trust = trust_policy(role_arn)
    return trust is not None and permits_assuming(
        trust, role_arn=role_arn, account_id=account_id, source_arn=source_arn, principal=service
    )


def session_of(role_arn: str, name: str, account_id: str, region: str) -> AssumedRole:
    """A session of the role that a service starts by itself, for an hour."""
    from moto.sts.models import sts_backends

    session: AssumedRole = sts_backends[account_id][partition_of(region)].assume_role(
        region_name=region,
        role_session_name=name,
        role_arn=role_arn,
        policy="",
        duration=3600,
        external_id="",
    )
    return session
