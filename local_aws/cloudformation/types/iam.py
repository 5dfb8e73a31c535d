"""AWS Identity and Access Management's roles and policies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    read,
    retag,
)


def _create_role(change: Change) -> Steps:
    role = (yield call("iam", "CreateRole", {**change.properties, "RoleName": change.name}))["Role"]
    yield Made(change.name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
    yield from _role_policies(change)


def _names(policies: Iterable[Properties]) -> list[str]:
    return [policy["PolicyName"] for policy in policies]


def _role_policies(change: Change) -> Steps:
    """Inline and managed policies: new ones put, those no longer named taken away."""
    role = {"RoleName": change.name}
    kept = _names(change.items("Policies"))
    for policy in change.new("Policies"):
        yield call("iam", "PutRolePolicy", {**role, **policy})
    for name in _names(change.gone("Policies")):
        if name not in kept:
            yield call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
    for arn in change.gone("ManagedPolicyArns"):
        yield call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for arn in change.new("ManagedPolicyArns"):
        yield call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})


def _update_role(change: Change) -> Steps:
    role = {"RoleName": change.name}
    if change.changed(["AssumeRolePolicyDocument"]):
        document = {"PolicyDocument": change.properties["AssumeRolePolicyDocument"]}
        yield call("iam", "UpdateAssumeRolePolicy", {**role, **document})
    if change.changed(["Description", "MaxSessionDuration"]):
        defaults = {"Description": "", "MaxSessionDuration": 3600}
        yield call("iam", "UpdateRole", {**defaults, **change.properties, **role})
    for boundary in change.changed(["PermissionsBoundary"]).values():
        verb = "Put" if boundary else "Delete"
        wanted = {**role, "PermissionsBoundary": boundary}
        yield call("iam", f"{verb}RolePermissionsBoundary", wanted)
    yield from _role_policies(change)
    yield from retag("iam", "TagRole", "UntagRole", role, change)


def _delete_role(change: Change) -> Steps:
    role = {"RoleName": change.name}
    for arn in change.items("ManagedPolicyArns"):
        yield call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for name in _names(change.items("Policies")):
        yield call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
    yield call("iam", "DeleteRole", role)


_MOST_VERSIONS = 5
"""Of a managed policy, the default one included."""

_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}
"""Properties that name who a policy is for, and what operations call them."""


def _each(verb: str, holders: Callable[[str], Iterable[str]], policy: Properties) -> Steps:
    """A call for every role, user and group that the policy is for, by their properties."""
    for names, kind in _HOLDERS.items():
        for name in holders(names):
            yield call("iam", f"{verb}{kind}Policy", {f"{kind}Name": name, **policy})


def _put_inline(change: Change) -> Steps:
    policy = {name: change.properties[name] for name in ("PolicyName", "PolicyDocument")}
    yield from _each("Put", change.items, policy)
    was = change.before.get("PolicyName")
    renamed = was not in {None, policy["PolicyName"]}
    left = (lambda names: change.before.get(names, [])) if renamed else change.gone
    yield from _each("Delete", left, {"PolicyName": was})


def _delete_inline(change: Change) -> Steps:
    yield from _each("Delete", change.items, {"PolicyName": change.properties["PolicyName"]})


def _create_managed(change: Change) -> Steps:
    answer = yield call("iam", "CreatePolicy", {**change.properties, "PolicyName": change.name})
    policy = answer["Policy"]
    yield Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})
    yield from _attach(change, policy["Arn"])


def _attach(change: Change, arn: str) -> Steps:
    yield from _each("Detach", change.gone, {"PolicyArn": arn})
    yield from _each("Attach", change.new, {"PolicyArn": arn})


def _update_managed(change: Change) -> Steps:
    policy = {"PolicyArn": change.physical_id}
    if change.changed(["PolicyDocument"]):
        yield from _delete_versions(change.physical_id, keep=_MOST_VERSIONS - 2)
        wanted = {**policy, "SetAsDefault": True, **change.properties}
        yield call("iam", "CreatePolicyVersion", wanted)
    yield from _attach(change, change.physical_id)


def _delete_versions(arn: str, *, keep: int) -> Steps:
    """Delete versions that are not the default one, but the newest that are to be kept."""
    versions = (yield read("iam", "ListPolicyVersions", {"PolicyArn": arn})).get("Versions", [])
    others = [each for each in versions if not each["IsDefaultVersion"]]
    for old in sorted(others, key=lambda each: each["CreateDate"])[: max(0, len(others) - keep)]:
        wanted = {"PolicyArn": arn, "VersionId": old["VersionId"]}
        yield call("iam", "DeletePolicyVersion", wanted)


def _delete_managed(change: Change) -> Steps:
    policy = {"PolicyArn": change.physical_id}
    yield from _each("Detach", change.items, policy)
    yield from _delete_versions(change.physical_id, keep=0)
    yield call("iam", "DeletePolicy", policy)


def _put_of(kind: str, change: Change) -> Steps:
    yield call("iam", f"Put{kind}Policy", change.properties)


def _delete_of(kind: str, change: Change) -> Steps:
    yield call("iam", f"Delete{kind}Policy", change.properties)


_POLICY_OF_ONE = tuple(
    ResourceType(
        name=f"AWS::IAM::{kind}Policy",
        properties=("PolicyDocument", "PolicyName", f"{kind}Name"),
        create=partial(_put_of, kind),
        update=partial(_put_of, kind),
        delete=partial(_delete_of, kind),
        replaced_by=("PolicyName", f"{kind}Name"),
    )
    for kind in _HOLDERS.values()
)

TYPES = (
    *_POLICY_OF_ONE,
    ResourceType(
        name="AWS::IAM::ManagedPolicy",
        properties=(*_HOLDERS, "Description", "ManagedPolicyName", "Path", "PolicyDocument"),
        create=_create_managed,
        update=_update_managed,
        delete=_delete_managed,
        naming=Naming("ManagedPolicyName", longest=128),
        replaced_by=("Description", "Path"),
    ),
    ResourceType(
        name="AWS::IAM::Policy",
        properties=(*_HOLDERS, "PolicyDocument", "PolicyName"),
        create=_put_inline,
        update=_put_inline,
        delete=_delete_inline,
    ),
    ResourceType(
        name="AWS::IAM::Role",
        properties=(
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ),
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        naming=Naming("RoleName", longest=63),
        replaced_by=("Path",),
    ),
)
