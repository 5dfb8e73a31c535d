"""What a role of the local AWS may do, by its own policies (moto reads them; no boundaries)."""

from __future__ import annotations

from cloudtrail.partitions import arn_parts


def role_allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's policies allow `action` (`logs:PutLogEvents`) on the ARN `resource`.

    A role that is gone allows nothing.
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
