"""The unmodified CDK CLI provisions a class, by a stack set and by stages, and takes it away.

Each call of the CLI is a process of Node, so that bootstrapped is only what is looked for.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from stacks.class_list import CLASS_STACK
from stacks.settings import GRADER_ROLE
from tests.acceptance.conftest import Cdk, Server
from tests.cdk_apps.assembly import bootstrap
from tests.profiles import IS_LONG

TRAINER = "333333333333"
REGION = "us-east-1"
EXTERNAL_ID = "spring"


def client(server: Server, service: str, account: str) -> Any:
    session = boto3.Session(account, "test", region_name=REGION)
    return session.client(service, endpoint_url=server.endpoint_url)  # type: ignore[call-overload]


def roles(server: Server, account: str) -> list[str]:
    found = client(server, "iam", account).list_roles()["Roles"]
    return [each["RoleName"] for each in found if each["RoleName"].startswith("cloudtrail-lab-")]


def deployed(server: Server, account: str) -> list[str]:
    found = client(server, "cloudformation", account).describe_stacks()["Stacks"]
    return [each["StackName"] for each in found]


def organization(server: Server, students: int) -> tuple[str, list[str]]:
    """The root of the trainer's new organization, and its members."""
    organizations = client(server, "organizations", TRAINER)
    organizations.create_organization(FeatureSet="ALL")
    for number in range(students):
        organizations.create_account(AccountName=f"s{number}", Email=f"s{number}@example.com")
    members = [each["Id"] for each in organizations.list_accounts()["Accounts"]]
    return organizations.list_roots()["Roots"][0]["Id"], [
        each for each in members if each != TRAINER
    ]


def test_a_stack_set_lets_the_trainer_into_every_account(
    cdk: Cdk, server: Server, tmp_path: Path
) -> None:
    root, members = organization(server, 4)
    client(server, "cloudformation", TRAINER).activate_organizations_access()
    assembly = str(tmp_path / "class")
    context = {"class:units": root, "class:external_id": EXTERNAL_ID}
    given = [part for key, value in context.items() for part in ("-c", f"{key}={value}")]
    bootstrap(partial(client, server, account=TRAINER), TRAINER)
    approved = ("--require-approval", "never", "--output", assembly)
    cdk("deploy", CLASS_STACK, *approved, *given, account=TRAINER)
    for account in members:
        asked = {"RoleArn": f"arn:aws:iam::{account}:role/{GRADER_ROLE}", "RoleSessionName": "lab"}
        sts = client(server, "sts", TRAINER)
        entered = sts.assume_role(**asked, ExternalId=EXTERNAL_ID)["AssumedRoleUser"]
        assert entered["Arn"] == f"arn:aws:sts::{account}:assumed-role/{GRADER_ROLE}/lab"
        document = client(server, "iam", account).get_role(RoleName=GRADER_ROLE)["Role"][
            "AssumeRolePolicyDocument"
        ]
        assert json.dumps(document["Statement"][0]["Condition"]).count(EXTERNAL_ID) == 1
    cdk("destroy", CLASS_STACK, "--force", "--app", assembly, account=TRAINER)
    assert [roles(server, account) for account in members] == [[]] * 4
    assert [deployed(server, account) for account in (TRAINER, *members)] == [[]] * 5


@pytest.mark.skipif(not IS_LONG, reason="the CDK CLI starts twice more: make test-all")
def test_each_student_may_have_a_stage(cdk: Cdk, server: Server, tmp_path: Path) -> None:
    students = ["444455556666", "777788889999"]
    path = tmp_path / "class.csv"
    lines = [f"S{each},{each},arn:aws:iam::{each}:role/{GRADER_ROLE},spring" for each in students]
    path.write_text("\n".join(["student,account,role_arn,external_id", *lines]))
    assembly = str(tmp_path / "stages")
    context = {"class:list": path, "class:stages": "true", "class:trainer": TRAINER}
    given = [part for key, value in context.items() for part in ("-c", f"{key}={value}")]
    for each in students:
        bootstrap(partial(client, server, account=each), each)
    approved = ("--require-approval", "never", "--output", assembly)
    cdk("deploy", "**", *approved, *given, account=TRAINER)
    assert [roles(server, account) for account in students] == [[GRADER_ROLE]] * 2
    cdk("destroy", "**", "--force", "--app", assembly, account=TRAINER)
    assert [deployed(server, account) for account in students] == [[], []]
