"""The calls that AWS Identity and Access Management gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    Properties,
    api_call,
    retag,
)


def _documents(policies: Iterable[Properties]) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}


def _role_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "RoleName": change.name}
    yield api_call("iam", "CreateRole", wanted, _described_role(change))
    yield from _role_policies(change)


def _described_role(change: Change) -> Properties | None:
    role = change.model
    if role is None:
        return None
    described = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document, safe=""),
        "Tags": role.tags or None,
    }
    return {"Role": described}


def _role_policies(change: Change) -> Iterator[ApiCall]:
    """Inline and managed policies: new ones put, those no longer named taken away."""
    role = {"RoleName": change.name}
    inline = _documents(change.items("Policies"))
    for policy in change.new("Policies"):
        yield api_call("iam", "PutRolePolicy", {**role, **policy})
    for policy in change.gone("Policies"):
        if policy["PolicyName"] not in inline:
            name = {"PolicyName": policy["PolicyName"]}
            yield api_call("iam", "DeleteRolePolicy", {**role, **name})
    for arn in change.gone("ManagedPolicyArns"):
        yield api_call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for arn in change.new("ManagedPolicyArns"):
        yield api_call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})


def _role_updated(change: Change) -> Iterator[ApiCall]:
    role = {"RoleName": change.name}
    if change.changed(["AssumeRolePolicyDocument"]):
        document = {"PolicyDocument": change.properties["AssumeRolePolicyDocument"]}
        yield api_call("iam", "UpdateAssumeRolePolicy", {**role, **document})
    if change.changed(["Description", "MaxSessionDuration"]):
        yield api_call("iam", "UpdateRole", {**change.properties, **role})
    for boundary in change.changed(["PermissionsBoundary"]).values():
        verb = "Put" if boundary else "Delete"
        wanted = {**role, "PermissionsBoundary": boundary}
        yield api_call("iam", f"{verb}RolePermissionsBoundary", wanted)
    yield from _role_policies(change)
    yield from retag(change, "iam", ("TagRole", "UntagRole"), role)


def _role_deleted(change: Change) -> Iterator[ApiCall]:
    role = {"RoleName": change.name}
    for arn in change.items("ManagedPolicyArns"):
        yield api_call("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    for name in _documents(change.items("Policies")):
        yield api_call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
    yield api_call("iam", "DeleteRole", role)


_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}
"""Properties that name who a policy is for, and what operations call them."""


def _holder(kind: str, name: str) -> dict[str, str]:
    return {f"{kind}Name": name}


def _inline_policy_put(change: Change) -> Iterator[ApiCall]:
    policy = {name: change.properties[name] for name in ("PolicyName", "PolicyDocument")}
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            yield api_call("iam", f"Put{kind}Policy", {**_holder(kind, name), **policy})
        renamed = change.before.get("PolicyName") not in {None, policy["PolicyName"]}
        for name in change.before.get(names) or [] if renamed else change.gone(names):
            wanted = {**_holder(kind, name), "PolicyName": change.before["PolicyName"]}
            yield api_call("iam", f"Delete{kind}Policy", wanted)


def _inline_policy_deleted(change: Change) -> Iterator[ApiCall]:
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            wanted = {**_holder(kind, name), "PolicyName": change.properties["PolicyName"]}
            yield api_call("iam", f"Delete{kind}Policy", wanted)


def _managed_policy_created(change: Change) -> Iterator[ApiCall]:
    policy, answer = change.model, None
    if policy is not None:
        described = {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": 0,
            "CreateDate": policy.create_date,
            "UpdateDate": policy.update_date,
        }
        answer = {"Policy": described}
    wanted = {**change.properties, "PolicyName": change.name}
    yield api_call("iam", "CreatePolicy", wanted, answer)
    yield from _managed_policy_holders(change)


def _managed_policy_updated(change: Change) -> Iterator[ApiCall]:
    if change.changed(["PolicyDocument"]):
        document = change.properties["PolicyDocument"]
        wanted = {"PolicyDocument": document, "SetAsDefault": True}
        named = {"PolicyArn": change.physical_id, **wanted}
        yield api_call("iam", "CreatePolicyVersion", named)
    yield from _managed_policy_holders(change)


def _managed_policy_holders(change: Change) -> Iterator[ApiCall]:
    policy = {"PolicyArn": _policy_arn(change)}
    for names, kind in _HOLDERS.items():
        for name in change.gone(names):
            yield api_call("iam", f"Detach{kind}Policy", {**_holder(kind, name), **policy})
        for name in change.new(names):
            yield api_call("iam", f"Attach{kind}Policy", {**_holder(kind, name), **policy})


def _managed_policy_deleted(change: Change) -> Iterator[ApiCall]:
    policy = {"PolicyArn": _policy_arn(change)}
    for names, kind in _HOLDERS.items():
        for name in change.items(names):
            yield api_call("iam", f"Detach{kind}Policy", {**_holder(kind, name), **policy})
    yield api_call("iam", "DeletePolicy", policy)


def _policy_arn(change: Change) -> str:
    if change.model is not None:
        return str(change.model.arn)
    path = change.properties.get("Path") or "/"
    return f"arn:aws:iam::{change.account_id}:policy{path}{change.name}"


CALLS = {
    "AWS::IAM::ManagedPolicy": Calls(
        _managed_policy_created, _managed_policy_updated, _managed_policy_deleted
    ),
    "AWS::IAM::Policy": Calls(_inline_policy_put, _inline_policy_put, _inline_policy_deleted),
    "AWS::IAM::Role": Calls(_role_created, _role_updated, _role_deleted, undone_when_failed=True),
}
