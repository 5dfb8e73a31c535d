"""AWS Identity and Access Management's roles, users, groups and policies."""

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
    one,
    read,
    retag,
)


def _create(kind: str, change: Change) -> Steps:
    """Create a role, user or group, with everything that other calls add to it."""
    wanted = {**change.properties, f"{kind}Name": change.name, "Tags": change.items("Tags") or None}
    made = (yield call("iam", f"Create{kind}", wanted))[kind]
    role_id = {"RoleId": made["RoleId"]} if kind == "Role" else {}
    yield Made(change.name, {"Arn": made["Arn"], **role_id})
    yield from _membership(change)
    yield from _policies_of(kind, change)


def _update(kind: str, change: Change) -> Steps:
    yield from _move(kind, change)
    yield from _bound(kind, change)
    yield from _membership(change)
    yield from _policies_of(kind, change)
    holder = {f"{kind}Name": change.name}
    yield from retag("iam", holder, change, f"Tag{kind}", f"Untag{kind}")


def _delete(kind: str, change: Change) -> Steps:
    """Remove everything that prevents its deletion, and delete it."""
    holder = {f"{kind}Name": change.name}
    for arn in change.items("ManagedPolicyArns"):
        yield call("iam", f"Detach{kind}Policy", {**holder, "PolicyArn": arn})
    for name in _names(change.items("Policies")):
        yield call("iam", f"Delete{kind}Policy", {**holder, "PolicyName": name})
    for group in change.items("Groups"):
        yield call("iam", "RemoveUserFromGroup", {**holder, "GroupName": group})
    if change.properties.get("LoginProfile"):
        yield call("iam", "DeleteLoginProfile", holder)
    yield call("iam", f"Delete{kind}", holder)


def _create_key(change: Change) -> Steps:
    key = (yield call("iam", "CreateAccessKey", change.properties))["AccessKey"]
    yield Made(key["AccessKeyId"], {"SecretAccessKey": key["SecretAccessKey"]})
    if change.properties.get("Status") == "Inactive":
        yield call(
            "iam", "UpdateAccessKey", {**change.properties, "AccessKeyId": key["AccessKeyId"]}
        )


def _update_key(change: Change) -> Steps:
    wanted = {"Status": "Active", **change.properties, "AccessKeyId": change.physical_id}
    yield call("iam", "UpdateAccessKey", wanted)


def _update_linked(change: Change) -> Steps:
    role = {"RoleName": change.physical_id}
    yield call("iam", "UpdateRole", {"Description": "", **change.properties, **role})


def _names(policies: Iterable[Properties]) -> list[str]:
    return [policy["PolicyName"] for policy in policies]


def _policies_of(kind: str, change: Change) -> Steps:
    """Put new inline and managed policies, and remove those that are no longer named."""
    holder = {f"{kind}Name": change.name}
    kept = _names(change.items("Policies"))
    for policy in change.new("Policies"):
        yield call("iam", f"Put{kind}Policy", {**holder, **policy})
    for name in _names(change.gone("Policies")):
        if name not in kept:
            yield call("iam", f"Delete{kind}Policy", {**holder, "PolicyName": name})
    for arn in change.gone("ManagedPolicyArns"):
        yield call("iam", f"Detach{kind}Policy", {**holder, "PolicyArn": arn})
    for arn in change.new("ManagedPolicyArns"):
        yield call("iam", f"Attach{kind}Policy", {**holder, "PolicyArn": arn})


def _bound(kind: str, change: Change) -> Steps:
    for boundary in change.changed(["PermissionsBoundary"]).values():
        verb = "Put" if boundary else "Delete"
        wanted = {f"{kind}Name": change.name, "PermissionsBoundary": boundary}
        yield call("iam", f"{verb}{kind}PermissionsBoundary", wanted)


def _move(kind: str, change: Change) -> Steps:
    for path in change.changed(["Path"]).values():
        wanted = {f"{kind}Name": change.name, "NewPath": path or "/"}
        yield call("iam", f"Update{kind}", wanted)


def _membership(change: Change) -> Steps:
    """A user's groups and password."""
    user = {"UserName": change.name}
    for group in change.gone("Groups"):
        yield call("iam", "RemoveUserFromGroup", {**user, "GroupName": group})
    for group in change.new("Groups"):
        yield call("iam", "AddUserToGroup", {**user, "GroupName": group})
    for login in change.changed(["LoginProfile"]).values():
        if login is None:
            yield call("iam", "DeleteLoginProfile", user)
        else:
            verb = "Update" if change.before.get("LoginProfile") else "Create"
            yield call("iam", f"{verb}LoginProfile", {**user, **login})


def _update_role(change: Change) -> Steps:
    role = {"RoleName": change.name}
    if change.changed(["AssumeRolePolicyDocument"]):
        document = {"PolicyDocument": change.properties["AssumeRolePolicyDocument"]}
        yield call("iam", "UpdateAssumeRolePolicy", {**role, **document})
    if change.changed(["Description", "MaxSessionDuration"]):
        defaults = {"Description": "", "MaxSessionDuration": 3600}
        yield call("iam", "UpdateRole", {**defaults, **change.properties, **role})
    yield from _update("Role", change)


_MOST_VERSIONS = 5
"""How many versions a managed policy may have, including the default one."""

_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}
"""Properties that name whose policy it is, and their names in operations."""


def _each(verb: str, holders: Callable[[str], Iterable[str]], policy: Properties) -> Steps:
    """A call for every role, user and group that has the policy.

    `holders` gives names by property.
    """
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
    """Delete the oldest versions other than the default one, until `keep` of them are left."""
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


_POLICY_OF_ONE = tuple(
    ResourceType(
        name=f"AWS::IAM::{kind}Policy",
        properties=("PolicyDocument", "PolicyName", f"{kind}Name"),
        create=one("iam", f"Put{kind}Policy"),
        update=one("iam", f"Put{kind}Policy"),
        delete=one("iam", f"Delete{kind}Policy"),
    )
    for kind in _HOLDERS.values()
)


def _create_profile(change: Change) -> Steps:
    named = {**change.properties, "InstanceProfileName": change.name}
    profile = (yield call("iam", "CreateInstanceProfile", named))["InstanceProfile"]
    yield Made(change.name, {"Arn": profile["Arn"]})
    yield from _update_profile(change)


def _update_profile(change: Change) -> Steps:
    profile = {"InstanceProfileName": change.name}
    for role in change.gone("Roles"):
        yield call("iam", "RemoveRoleFromInstanceProfile", {**profile, "RoleName": role})
    for role in change.new("Roles"):
        yield call("iam", "AddRoleToInstanceProfile", {**profile, "RoleName": role})


def _delete_profile(change: Change) -> Steps:
    profile = {"InstanceProfileName": change.name}
    for role in change.items("Roles"):
        yield call("iam", "RemoveRoleFromInstanceProfile", {**profile, "RoleName": role})
    yield call("iam", "DeleteInstanceProfile", profile)


TYPES = (
    ResourceType(
        name="AWS::IAM::InstanceProfile",
        properties=("InstanceProfileName", "Path", "Roles"),
        create=_create_profile,
        update=_update_profile,
        delete=_delete_profile,
        naming=Naming("InstanceProfileName", longest=63),
    ),
    *_POLICY_OF_ONE,
    ResourceType(
        name="AWS::IAM::AccessKey",
        properties=("Serial", "Status", "UserName"),
        create=_create_key,
        update=_update_key,
        delete=one("iam", "DeleteAccessKey", AccessKeyId="physical_id"),
    ),
    ResourceType(
        name="AWS::IAM::Group",
        properties=("GroupName", "ManagedPolicyArns", "Path", "Policies"),
        create=partial(_create, "Group"),
        update=partial(_update, "Group"),
        delete=partial(_delete, "Group"),
        naming=Naming("GroupName", longest=128),
    ),
    ResourceType(
        name="AWS::IAM::ServiceLinkedRole",
        properties=("AWSServiceName", "CustomSuffix", "Description"),
        create=one(
            "iam",
            "CreateServiceLinkedRole",
            ref="Role.RoleName",
            attributes={"RoleName": "Role.RoleName"},
        ),
        update=_update_linked,
        delete=one("iam", "DeleteServiceLinkedRole", RoleName="physical_id"),
    ),
    ResourceType(
        name="AWS::IAM::ManagedPolicy",
        properties=(*_HOLDERS, "Description", "ManagedPolicyName", "Path", "PolicyDocument"),
        create=_create_managed,
        update=_update_managed,
        delete=_delete_managed,
        naming=Naming("ManagedPolicyName", longest=128),
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
        create=partial(_create, "Role"),
        update=_update_role,
        delete=partial(_delete, "Role"),
        naming=Naming("RoleName", longest=63),
    ),
    ResourceType(
        name="AWS::IAM::User",
        properties=(
            "Groups",
            "LoginProfile",
            "ManagedPolicyArns",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "Tags",
            "UserName",
        ),
        create=partial(_create, "User"),
        update=partial(_update, "User"),
        delete=partial(_delete, "User"),
        naming=Naming("UserName", longest=63),
    ),
)
