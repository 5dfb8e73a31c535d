"""IAM's responses in records."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import call

ROLE = {"RoleName": "lab", "Path": "/"}


def elements(operation: str, output: dict[str, Any]) -> Any:
    return record_of(call("iam", operation, output=output))["responseElements"]


@pytest.mark.parametrize(("member", "value"), [("Tags", []), ("RoleLastUsed", {})])
def test_empty_tags_and_use_are_absent(member: str, value: Any) -> None:
    found = elements("UpdateRoleDescription", {"Role": ROLE | {member: value}})
    assert found == {"role": {"path": "/", "roleName": "lab"}}


def test_tags_stay() -> None:
    tags = [{"Key": "team", "Value": "lab"}]
    [tag] = elements("CreateRole", {"Role": ROLE | {"Tags": tags}})["role"]["tags"]
    assert tag == {"key": "team", "value": "lab"}


def test_a_new_role_shows_no_longest_session() -> None:
    found = elements("CreateRole", {"Role": ROLE | {"MaxSessionDuration": 3600}})
    assert "maxSessionDuration" not in found["role"]


def test_a_new_instance_profile_shows_that_it_has_no_roles() -> None:
    profile = {"InstanceProfileName": "lab", "Roles": [], "Tags": []}
    found = elements("CreateInstanceProfile", {"InstanceProfile": profile})
    assert found == {"instanceProfile": {"instanceProfileName": "lab", "roles": []}}


def test_a_new_policy_version_does_not_show_its_document() -> None:
    version = {"VersionId": "v2", "Document": "{}", "IsDefaultVersion": True}
    found = elements("CreatePolicyVersion", {"PolicyVersion": version})
    assert found == {"policyVersion": {"versionId": "v2", "isDefaultVersion": True}}


@pytest.mark.parametrize(("said", "shown"), [("Logs", {"description": "Logs"}), ("", {})])
def test_a_new_policy_shows_its_description(said: str, shown: dict[str, str]) -> None:
    asked = call(
        "iam",
        "CreatePolicy",
        {"PolicyName": "lab", "Description": said},
        output={"Policy": {"PolicyName": "lab"}},
    )
    assert record_of(asked)["responseElements"] == {"policy": {"policyName": "lab", **shown}}
