from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.cloudformation import background
from local_aws.cloudformation.stack_sets.organizations import MEMBER
from tests.local_aws.cloudformation.deployed import Stacks, refused
from tests.local_aws.cloudformation.stack_sets.accounts import (
    ADMIN,
    MINUTE,
    REGION,
    StackSets,
    allowing,
    enforced,
    queues,
    stacks,
    template,
)
from tests.local_aws.delivered import client, history

ORGANIZATION_ROLE = "OrganizationAccountAccessRole"


@dataclass(frozen=True, slots=True)
class School:
    """An organization with a unit of classes and one class in it."""

    client: Any
    root: str
    classes: str
    unit: str

    def join(self, name: str, unit: str | None = None) -> str:
        """A new account, in the class unless another unit is named."""
        asked = self.client.create_account(AccountName=name, Email=f"{name}@example.com")
        begun = asked["CreateAccountStatus"]
        status = self.client.describe_create_account_status(CreateAccountRequestId=begun["Id"])
        account = str(status["CreateAccountStatus"]["AccountId"])
        self.move(account, self.root, unit or self.unit)
        return account

    def move(self, account: str, source: str, destination: str) -> None:
        self.client.move_account(
            AccountId=account, SourceParentId=source, DestinationParentId=destination
        )
        background.wait_for_all(MINUTE)


@pytest.fixture
def school(aws: LocalAws) -> School:
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]

    def unit(parent: str, name: str) -> str:
        made = organizations.create_organizational_unit(ParentId=parent, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    classes = unit(root, "classes")
    aws.client("cloudformation").activate_organizations_access()
    return School(organizations, root, classes, unit(classes, "7"))


def made(aws: LocalAws, *, follows: bool = False, retains: bool = False) -> StackSets:
    sets = StackSets(aws)
    auto = {"RetainStacksOnAccountRemoval": retains} if follows else {}
    sets.create(PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": follows, **auto})
    return sets


def add(sets: StackSets, *units: str, **targets: Any) -> dict[str, Any]:
    wanted = {"OrganizationalUnitIds": list(units), **targets}
    return sets.do("create_stack_instances", DeploymentTargets=wanted, Regions=[REGION])


def remove(sets: StackSets, *units: str) -> dict[str, Any]:
    wanted = {"OrganizationalUnitIds": list(units)}
    return sets.do(
        "delete_stack_instances", DeploymentTargets=wanted, Regions=[REGION], RetainStacks=False
    )


def test_a_unit_is_all_accounts_within_but_the_management_account(
    aws: LocalAws, school: School
) -> None:
    jo, ann, other = school.join("jo"), school.join("ann"), school.join("other", school.root)
    sets = made(aws)
    assert add(sets, school.classes)["Status"] == "SUCCEEDED"
    assert sets.statuses() == {jo: "CURRENT", ann: "CURRENT"}
    assert {each["OrganizationalUnitId"] for each in sets.instances()} == {school.classes}
    assert queues(aws, jo) == queues(aws, ann) == ["lab"]
    assert add(sets, school.root)["Status"] == "SUCCEEDED"
    assert sets.statuses().keys() == {jo, ann, other}
    assert ADMIN not in sets.statuses()
    assert remove(sets, school.root)["Status"] == "SUCCEEDED"
    assert (sets.instances(), stacks(aws, jo), queues(aws, other)) == ([], [], [])


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("INTERSECTION", {"jo"}),
        ("DIFFERENCE", {"ann"}),
        ("UNION", {"jo", "ann", "other"}),
    ],
)
def test_accounts_narrow_or_widen_a_unit(
    chosen: str, expected: set[str], aws: LocalAws, school: School
) -> None:
    ids = {name: school.join(name) for name in ("jo", "ann")}
    ids["other"] = school.join("other", school.root)
    sets = made(aws)
    named = [ids["jo"], ids["other"]]
    add(sets, school.unit, Accounts=named, AccountFilterType=chosen)
    assert sets.statuses().keys() == {ids[name] for name in expected}


def test_stacks_follow_accounts_into_the_unit_and_out_of_it(aws: LocalAws, school: School) -> None:
    sets = made(aws, follows=True)
    add(sets, school.classes)
    found = sets.client.describe_stack_set(StackSetName="class")["StackSet"]
    assert found["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    assert found["OrganizationalUnitIds"] == [school.classes]
    jo = school.join("jo")
    assert sets.statuses() == {jo: "CURRENT"}
    assert queues(aws, jo) == ["lab"]
    targets = sets.client.list_stack_set_auto_deployment_targets(StackSetName="class")["Summaries"]
    assert targets == [{"OrganizationalUnitId": school.classes, "Regions": [REGION]}]
    school.move(jo, school.unit, school.root)
    assert (sets.instances(), queues(aws, jo)) == ([], [])
    school.move(jo, school.root, school.unit)
    school.client.remove_account_from_organization(AccountId=jo)
    background.wait_for_all(MINUTE)
    assert (sets.instances(), queues(aws, jo)) == ([], [])
    found = sets.client.list_stack_set_operations(StackSetName="class")["Summaries"]
    assert [each["Action"] for each in found] == ["DELETE", "CREATE"] * 2 + ["CREATE"]


def test_stacks_stay_with_those_who_leave_where_that_is_asked_for(
    aws: LocalAws, school: School
) -> None:
    sets = made(aws, follows=True, retains=True)
    add(sets, school.unit)
    jo = school.join("jo")
    school.move(jo, school.unit, school.root)
    assert (sets.instances(), queues(aws, jo)) == ([], ["lab"])


def test_without_automatic_deployment_nothing_follows(aws: LocalAws, school: School) -> None:
    sets = made(aws)
    add(sets, school.unit)
    assert queues(aws, school.join("jo")) == []
    assert sets.instances() == []


def test_a_closed_account_is_skipped(aws: LocalAws, school: School) -> None:
    jo, ann = school.join("jo"), school.join("ann")
    school.client.close_account(AccountId=jo)
    sets = made(aws)
    added = add(sets, school.unit)
    assert sets.statuses()[ann] == "CURRENT"
    details = {each["Account"]: each["StackInstanceStatus"] for each in sets.instances()}
    assert details[jo] == {"DetailedStatus": "SKIPPED_SUSPENDED_ACCOUNT"}
    assert added["Status"] == "SUCCEEDED"


def test_trusted_access_is_switched_on_and_off(aws: LocalAws, school: School) -> None:
    cloudformation = aws.client("cloudformation")
    assert cloudformation.describe_organizations_access()["Status"] == "ENABLED"
    sets = made(aws)
    cloudformation.deactivate_organizations_access()
    assert cloudformation.describe_organizations_access()["Status"] == "DISABLED"
    code, message = refused(lambda: add(sets, school.unit))
    assert code == "ValidationError"
    assert message.startswith("You must enable organizations access")


def test_only_a_management_account_can_trust_stack_sets(aws: LocalAws) -> None:
    code, _ = refused(aws.client("cloudformation").activate_organizations_access)
    assert code == "InvalidOperationException"


def test_rights_are_those_of_the_organization_when_they_are_judged(
    aws: LocalAws, school: School
) -> None:
    jo = school.join("jo")
    iam = aws.client("iam")
    iam.create_user(UserName="trainer")
    iam.put_user_policy(UserName="trainer", PolicyName="all", PolicyDocument=allowing("*"))
    key = iam.create_access_key(UserName="trainer")["AccessKey"]
    sets = made(aws)
    with enforced(aws):
        keys = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
        sets.client = client(aws, "cloudformation", **keys)
        assert add(sets, school.unit)["Status"] == "SUCCEEDED"
        assert remove(sets, school.unit)["Status"] == "SUCCEEDED"
        sts = client(aws, "sts", **keys)
        role = f"arn:aws:iam::{jo}:role/{ORGANIZATION_ROLE}"
        given = sts.assume_role(RoleArn=role, RoleSessionName="trainer")["Credentials"]
        theirs = client(
            aws,
            "sqs",
            key=given["AccessKeyId"],
            secret=given["SecretAccessKey"],
            token=given["SessionToken"],
        )
        assert "QueueUrls" not in theirs.list_queues()


def test_a_member_has_records_of_the_roles_that_let_stack_sets_in(
    aws: LocalAws, school: School
) -> None:
    jo = school.join("jo")
    add(made(aws), school.unit)
    records = history(aws, key=jo)
    assert [each["eventName"] for each in records if not each["readOnly"]] == [
        "CreateRole",
        "AttachRolePolicy",
        "CreateQueue",
        "CreateStack",
    ]
    [stack] = [each for each in records if each["eventName"] == "CreateStack"]
    assert "assumed-role/stacksets-exec-" in stack["userIdentity"]["arn"]


def test_an_account_is_made_in_its_time(school: School) -> None:
    begun = school.client.create_account(AccountName="jo", Email="jo@example.com")
    assert begun["CreateAccountStatus"]["State"] == "IN_PROGRESS"
    assert "AccountId" not in begun["CreateAccountStatus"]
    asked = {"CreateAccountRequestId": begun["CreateAccountStatus"]["Id"]}
    status = school.client.describe_create_account_status(**asked)["CreateAccountStatus"]
    assert (status["State"], len(status["AccountId"])) == ("SUCCEEDED", 12)


@pytest.fixture
def delegate(aws: LocalAws, school: School) -> str:
    """A member that is a delegated administrator of StackSets, outside the class."""
    account = school.join("trainer", school.root)
    school.client.register_delegated_administrator(AccountId=account, ServicePrincipal=MEMBER)
    return account


def test_a_delegated_administrator_works_on_the_management_accounts_sets(
    aws: LocalAws, school: School, delegate: str
) -> None:
    ada = school.join("ada")
    sets, as_delegate = StackSets(aws), {"CallAs": "DELEGATED_ADMIN"}
    sets.client = client(aws, "cloudformation", key=delegate)
    assert sets.client.describe_organizations_access(**as_delegate)["Status"] == "ENABLED"
    sets.create(PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": True}, **as_delegate)
    targets = {"OrganizationalUnitIds": [school.root]}
    asked = {"StackSetName": "class", **as_delegate}
    begun = sets.client.create_stack_instances(DeploymentTargets=targets, Regions=[REGION], **asked)
    background.wait_for_all(MINUTE)
    done = sets.client.describe_stack_set_operation(OperationId=begun["OperationId"], **asked)
    assert done["StackSetOperation"]["Status"] == "SUCCEEDED"
    assert (queues(aws, ada), queues(aws, delegate), queues(aws, ADMIN)) == (["lab"], ["lab"], [])
    bob = school.join("bob")
    assert queues(aws, bob) == ["lab"]
    found = sets.client.describe_stack_set(**asked)["StackSet"]
    assert found["StackSetARN"].split(":")[4] == ADMIN
    management = aws.client("cloudformation")
    assert management.describe_stack_set(StackSetName="class")["StackSet"] == found
    called = {each["eventName"]: each for each in history(aws, key=delegate)}
    assert called["CreateStackSet"]["requestParameters"]["callAs"] == "DELEGATED_ADMIN"
    assert called["CreateStackSet"]["recipientAccountId"] == delegate
    assert "CreateStackSet" not in {each["eventName"] for each in history(aws)}


def test_stack_sets_have_five_delegated_administrators_at_most(school: School) -> None:
    register = school.client.register_delegated_administrator
    accounts = [school.join(name) for name in "abcdef"]
    for each in accounts[:5]:
        register(AccountId=each, ServicePrincipal=MEMBER)
    with pytest.raises(ClientError, match="ConstraintViolationException"):
        register(AccountId=accounts[5], ServicePrincipal=MEMBER)
    register(AccountId=accounts[5], ServicePrincipal="ssm.amazonaws.com")
    school.client.deregister_delegated_administrator(AccountId=accounts[0], ServicePrincipal=MEMBER)
    register(AccountId=accounts[5], ServicePrincipal=MEMBER)


def test_a_delegated_administrators_stack_makes_a_set_and_takes_it_away(
    aws: LocalAws, school: School, delegate: str
) -> None:
    ada = school.join("ada")
    group = {
        "DeploymentTargets": {"OrganizationalUnitIds": [school.unit]},
        "Regions": [REGION],
    }
    properties = {
        "StackSetName": "class",
        "CallAs": "DELEGATED_ADMIN",
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": False},
        "TemplateBody": template(),
        "StackInstancesGroup": [group],
    }
    theirs = Stacks(client(aws, "cloudformation", key=delegate))
    theirs.create(
        "class", {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}}
    )
    assert (theirs.status("class"), queues(aws, ada)) == ("CREATE_COMPLETE", ["lab"])
    theirs.client.delete_stack(StackName="class")
    background.wait_for_all(MINUTE)
    assert queues(aws, ada) == []


def test_a_delegated_administrator_does_not_see_self_managed_sets(
    aws: LocalAws, delegate: str
) -> None:
    StackSets(aws).create()
    theirs, as_delegate = client(aws, "cloudformation", key=delegate), {"CallAs": "DELEGATED_ADMIN"}
    assert theirs.list_stack_sets(**as_delegate)["Summaries"] == []
    code, _ = refused(lambda: theirs.describe_stack_set(StackSetName="class", **as_delegate))
    assert code == "StackSetNotFoundException"
    sets = StackSets(aws, "own")
    sets.client = theirs
    code, told = refused(lambda: sets.create(**as_delegate))
    assert (code, "service-managed permissions" in told) == ("ValidationError", True)


@pytest.mark.parametrize("who", ["member", "deregistered", "elsewhere"])
def test_no_other_account_acts_for_the_organization(
    who: str, aws: LocalAws, school: School, delegate: str
) -> None:
    made(aws)
    account = {"member": school.join("ada"), "elsewhere": "999999999999"}.get(who, delegate)
    if who == "deregistered":
        given = {"AccountId": delegate, "ServicePrincipal": MEMBER}
        school.client.deregister_delegated_administrator(**given)
    theirs = client(aws, "cloudformation", key=account)
    code, told = refused(lambda: theirs.list_stack_sets(CallAs="DELEGATED_ADMIN"))
    assert code == "ValidationError"
    assert "management account or delegated admin account of an organization" in told


@pytest.mark.parametrize(
    ("operation", "asked", "wording"),
    [
        ("detect_stack_set_drift", {}, "does not have DetectStackSetDrift"),
        (
            "import_stacks_to_stack_set",
            {"StackIds": ["arn"]},
            "does not have ImportStacksToStackSet",
        ),
    ],
)
def test_what_is_not_here_is_refused_by_name(
    operation: str, asked: dict[str, Any], wording: str, aws: LocalAws
) -> None:
    call = getattr(aws.client("cloudformation"), operation)
    code, told = refused(lambda: call(StackSetName="class", **asked))
    assert code == "ValidationError"
    assert wording in told
