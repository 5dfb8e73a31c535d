from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import refused
from tests.local_aws.cloudformation.stack_sets.accounts import (
    ADMIN,
    ADMINISTRATION,
    EXECUTION,
    FIRST,
    REGION,
    SECOND,
    THIRD,
    StackSets,
    administer,
    allowing,
    enforced,
    held,
    let_in,
    make_role,
    of_account,
    queues,
    stacks,
    template,
    trusting,
)
from tests.local_aws.delivered import client, history

CLOUDFORMATION = "cloudformation.amazonaws.com"
CANCELLED = "Cancelled since failure tolerance has exceeded"


@pytest.fixture
def sets(aws: LocalAws) -> StackSets:
    """A stack set of a queue, and three accounts that let it in."""
    administer(aws)
    let_in(aws, FIRST, SECOND, THIRD)
    found = StackSets(aws)
    found.create()
    return found


def test_every_account_gets_a_stack_and_loses_it(aws: LocalAws, sets: StackSets) -> None:
    added = sets.add(FIRST, SECOND)
    assert (added["Action"], added["Status"]) == ("CREATE", "SUCCEEDED")
    assert added["EndTimestamp"] >= added["CreationTimestamp"]
    assert sets.statuses() == {FIRST: "CURRENT", SECOND: "CURRENT"}
    assert queues(aws, FIRST) == queues(aws, SECOND) == ["lab"]
    assert queues(aws, THIRD) == []
    [name] = stacks(aws, FIRST)
    assert re.fullmatch(r"StackSet-class-[0-9a-f-]{36}", name)
    assert sets.remove(FIRST, SECOND)["Status"] == "SUCCEEDED"
    assert (sets.instances(), queues(aws, FIRST), stacks(aws, SECOND)) == ([], [], [])
    sets.client.delete_stack_set(StackSetName="class")
    listed = sets.client.list_stack_sets()["Summaries"]
    assert [each["Status"] for each in listed] == ["DELETED"]


def test_an_update_changes_every_stack_in_place(aws: LocalAws, sets: StackSets) -> None:
    sets.add(FIRST, SECOND)
    before = stacks(aws, FIRST)
    update = sets.do("update_stack_set", TemplateBody=template(DelaySeconds=7))
    assert (update["Action"], update["Status"]) == ("UPDATE", "SUCCEEDED")
    sqs = of_account(aws, SECOND, "sqs")
    url = sqs.get_queue_url(QueueName="lab")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert asked["Attributes"] == {"DelaySeconds": "7"}
    assert stacks(aws, FIRST) == before


def test_an_update_of_some_leaves_the_others_outdated(sets: StackSets) -> None:
    sets.add(FIRST, SECOND)
    changed = {"TemplateBody": template(DelaySeconds=7), "Regions": [REGION]}
    sets.do("update_stack_set", Accounts=[FIRST], **changed)
    assert sets.statuses() == {FIRST: "CURRENT", SECOND: "OUTDATED"}


def test_an_account_has_values_of_its_own(aws: LocalAws, sets: StackSets) -> None:
    sets.add(FIRST, ParameterOverrides=[{"ParameterKey": "Name", "ParameterValue": "own"}])
    sets.add(SECOND)
    assert (queues(aws, FIRST), queues(aws, SECOND)) == (["own"], ["lab"])
    back: dict[str, Any] = {"Accounts": [FIRST], "Regions": [REGION], "ParameterOverrides": []}
    sets.do("update_stack_instances", **back)
    assert queues(aws, FIRST) == ["lab"]
    told = sets.client.describe_stack_instance(
        StackSetName="class", StackInstanceAccount=FIRST, StackInstanceRegion=REGION
    )["StackInstance"]
    assert told["ParameterOverrides"] == []


def test_stacks_are_retained_on_request(aws: LocalAws, sets: StackSets) -> None:
    sets.add(FIRST)
    assert sets.remove(FIRST, RetainStacks=True)["RetainStacks"] is True
    assert (sets.instances(), queues(aws, FIRST)) == ([], ["lab"])


def test_regions_are_taken_in_the_order_that_is_asked_for(aws: LocalAws, sets: StackSets) -> None:
    order = ["eu-west-1", REGION]
    sets.add(FIRST, Regions=[REGION, "eu-west-1"], OperationPreferences={"RegionOrder": order})
    records = [record for region in order for record in history(aws, region, key=FIRST)]
    made = [each for each in records if each["eventName"] == "CreateStack"]
    assert [each["awsRegion"] for each in made] == order
    made_at = [of_account(aws, FIRST, "cloudformation", each) for each in order]
    first, second = (each.describe_stacks()["Stacks"][0]["CreationTime"] for each in made_at)
    assert first < second
    assert queues(aws, FIRST, "eu-west-1") == ["lab"]


# --- accounts that do not work -----------------------------------------------------------


def test_a_broken_account_is_one_failed_instance(aws: LocalAws, sets: StackSets) -> None:
    of_account(aws, SECOND, "iam").delete_role_policy(RoleName=EXECUTION, PolicyName="its-own")
    of_account(aws, SECOND, "iam").delete_role(RoleName=EXECUTION)
    added = sets.add(FIRST, SECOND, THIRD, OperationPreferences={"FailureToleranceCount": 1})
    assert added["Status"] == "SUCCEEDED"
    assert added["StatusDetails"] == {"FailedStackInstancesCount": 1}
    assert sets.statuses() == {FIRST: "CURRENT", SECOND: "OUTDATED", THIRD: "CURRENT"}
    status, reason = sets.results(added["OperationId"])[SECOND]
    assert status == "FAILED"
    assert reason == (
        f"Account {SECOND} should have '{EXECUTION}' role with trust relationship to Role "
        f"'{ADMINISTRATION}'."
    )
    [record] = [each for each in history(aws) if each.get("errorCode") == "AccessDenied"]
    assert record["eventName"] == "AssumeRole"


def test_what_exceeds_the_tolerance_stops_the_rest(aws: LocalAws, sets: StackSets) -> None:
    trust = trusting({"AWS": THIRD})
    of_account(aws, FIRST, "iam").update_assume_role_policy(
        RoleName=EXECUTION, PolicyDocument=trust
    )
    added = sets.add(FIRST, SECOND, Regions=[REGION, "eu-west-1"])
    assert added["Status"] == "FAILED"
    assert sets.results(added["OperationId"])[SECOND] == ("CANCELLED", CANCELLED)
    details = [each["StackInstanceStatus"]["DetailedStatus"] for each in sets.instances()]
    assert sorted(details) == ["CANCELLED", "CANCELLED", "CANCELLED", "FAILED"]
    assert stacks(aws, SECOND) == []
    found = sets.instances(Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}])
    assert [each["Account"] for each in found] == [FIRST]


def test_a_stack_that_fails_says_why_and_leaves_nothing(aws: LocalAws, sets: StackSets) -> None:
    of_account(aws, FIRST, "sqs").create_queue(QueueName="lab", Attributes={"DelaySeconds": "9"})
    sets.do("update_stack_set", TemplateBody=template(DelaySeconds=7))
    added = sets.add(FIRST)
    [instance] = sets.instances()
    assert (added["Status"], instance["Status"]) == ("FAILED", "OUTDATED")
    assert "ResourceLogicalId:Queue, ResourceType:AWS::SQS::Queue" in instance["StatusReason"]
    assert stacks(aws, FIRST) == []


def test_a_set_without_its_administration_role_fails_everywhere(aws: LocalAws) -> None:
    let_in(aws, FIRST)
    sets = StackSets(aws)
    sets.create()
    added = sets.add(FIRST)
    status, reason = sets.results(added["OperationId"])[FIRST]
    assert status == "FAILED"
    assert reason == (
        f"Account {ADMIN} should have '{ADMINISTRATION}' role with trust relationship to "
        "CloudFormation service."
    )


def test_what_cannot_be_deleted_is_inoperable_and_left_out_of_updates(
    aws: LocalAws, sets: StackSets
) -> None:
    sets.add(FIRST)
    iam = of_account(aws, FIRST, "iam")
    iam.update_assume_role_policy(RoleName=EXECUTION, PolicyDocument=trusting({"AWS": THIRD}))
    assert sets.remove(FIRST)["Status"] == "FAILED"
    assert sets.statuses() == {FIRST: "INOPERABLE"}
    update = sets.do("update_stack_set", TemplateBody=template(DelaySeconds=7))
    assert sets.results(update["OperationId"]) == {}
    assert sets.remove(FIRST, RetainStacks=True)["Status"] == "SUCCEEDED"


def test_a_stopped_operation_begins_nothing_more(aws: LocalAws, sets: StackSets) -> None:
    with held():
        asked = {"Accounts": [FIRST, SECOND, THIRD], "Regions": [REGION]}
        operation = sets.begin("create_stack_instances", **asked)
        sets.client.stop_stack_set_operation(StackSetName="class", OperationId=operation)
    stopped = sets.finished(operation)
    assert stopped["Status"] == "STOPPED"
    statuses = [status for status, _ in sets.results(operation).values()]
    # The one that was begun is finished, if it was.
    assert statuses in (["SUCCEEDED", "CANCELLED", "CANCELLED"], ["CANCELLED"] * 3)
    assert queues(aws, THIRD) == []
    code, _ = refused(
        lambda: sets.client.stop_stack_set_operation(StackSetName="class", OperationId=operation)
    )
    assert code == "InvalidOperationException"


# --- records and rights ------------------------------------------------------------------


def test_the_accounts_have_records_of_all_that_was_done(aws: LocalAws, sets: StackSets) -> None:
    sets.add(FIRST)
    there = {each["eventName"]: each for each in history(aws, key=FIRST)}
    session = f"arn:aws:sts::{FIRST}:assumed-role/{EXECUTION}/"
    for name in ("CreateStack", "CreateQueue"):
        identity = there[name]["userIdentity"]
        assert identity["arn"].startswith(session)
        assert identity["invokedBy"] == there[name]["sourceIPAddress"] == CLOUDFORMATION
    assumed = there["AssumeRole"]
    assert assumed["userIdentity"]["type"] == "AWSAccount"
    assert assumed["userIdentity"]["accountId"] == ADMIN
    here = [each for each in history(aws) if each["eventName"] == "AssumeRole"]
    [its] = [each for each in here if each.get("sharedEventID") == assumed["sharedEventID"]]
    assert its["userIdentity"]["arn"].startswith(f"arn:aws:sts::{ADMIN}:assumed-role/")
    assert {"type": "AWSService", "invokedBy": CLOUDFORMATION} in [
        each["userIdentity"] for each in here
    ]


def test_roles_need_the_rights_when_they_are_judged(aws: LocalAws, sets: StackSets) -> None:
    iam = of_account(aws, SECOND, "iam")
    policy = allowing("cloudformation:*")
    iam.put_role_policy(RoleName=EXECUTION, PolicyName="its-own", PolicyDocument=policy)
    iam = of_account(aws, THIRD, "iam")
    iam.put_role_policy(RoleName=EXECUTION, PolicyName="its-own", PolicyDocument=allowing("sqs:*"))
    tolerant = {"FailureToleranceCount": 2}
    user = client(aws, "iam")
    user.create_user(UserName="trainer")
    everything = allowing("*")
    user.put_user_policy(UserName="trainer", PolicyName="all", PolicyDocument=everything)
    key = user.create_access_key(UserName="trainer")["AccessKey"]
    keys = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    with enforced(aws):
        sets.client = client(aws, "cloudformation", **keys)
        added = sets.add(FIRST, SECOND, THIRD, OperationPreferences=tolerant)
        results = sets.results(added["OperationId"])
    assert results[FIRST] == ("SUCCEEDED", None)
    assert "is not authorized to perform: sqs:createqueue" in str(results[SECOND][1]).lower()
    assert "is not authorized to perform: cloudformation:CreateStack" in str(results[THIRD][1])


def test_an_external_id_is_judged(aws: LocalAws) -> None:
    wanted = {"StringEquals": {"sts:ExternalId": "7f3a"}}
    trust = trusting({"AWS": f"arn:aws:iam::{ADMIN}:root"}, wanted)
    make_role(aws, FIRST, "grader", trust, allowing("s3:ListAllMyBuckets"))
    iam = client(aws, "iam")
    iam.create_user(UserName="trainer")
    iam.put_user_policy(
        UserName="trainer", PolicyName="assume", PolicyDocument=allowing("sts:AssumeRole")
    )
    key = iam.create_access_key(UserName="trainer")["AccessKey"]
    asked = {"RoleArn": f"arn:aws:iam::{FIRST}:role/grader", "RoleSessionName": "check"}
    with enforced(aws):
        sts = client(aws, "sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        for given in ({}, {"ExternalId": "other"}):
            code, message = refused(lambda given=given: sts.assume_role(**asked, **given))  # type: ignore[misc]
            assert code == "AccessDenied"
            assert message == (
                f"User: arn:aws:iam::{ADMIN}:user/trainer is not authorized to perform: "
                f"sts:AssumeRole on resource: {asked['RoleArn']}"
            )
        keys = sts.assume_role(**asked, ExternalId="7f3a")["Credentials"]
        theirs = client(
            aws,
            "s3",
            key=keys["AccessKeyId"],
            secret=keys["SecretAccessKey"],
            token=keys["SessionToken"],
        )
        assert theirs.list_buckets()["Buckets"] == []
        with pytest.raises(ClientError, match="AccessDenied"):
            theirs.create_bucket(Bucket="theirs")


# --- the API -----------------------------------------------------------------------------


def test_what_is_not_there_and_what_is_there_already_are_errors(sets: StackSets) -> None:
    cloudformation = sets.client
    assert refused(lambda: cloudformation.describe_stack_set(StackSetName="none")) == (
        "StackSetNotFoundException",
        "StackSet none not found",
    )
    assert refused(sets.create)[0] == "NameAlreadyExistsException"
    sets.add(FIRST, OperationId="once")
    again = refused(lambda: sets.add(FIRST, OperationId="once"))
    assert again[0] == "OperationIdAlreadyExistsException"
    code, message = refused(lambda: cloudformation.delete_stack_set(StackSetName="class"))
    assert (code, message) == ("StackSetNotEmptyException", "StackSet is not empty")
    asked = {"StackInstanceAccount": SECOND, "StackInstanceRegion": REGION}
    missing = refused(lambda: cloudformation.describe_stack_instance(StackSetName="class", **asked))
    assert missing[0] == "StackInstanceNotFoundException"
    unknown = {"StackSetName": "class", "OperationId": "never"}
    never = refused(lambda: cloudformation.describe_stack_set_operation(**unknown))
    assert never[0] == "OperationNotFoundException"


def test_one_operation_at_a_time_unless_they_may_wait(sets: StackSets) -> None:
    asked = {"Accounts": [FIRST, SECOND], "Regions": [REGION]}
    with held():
        first = sets.begin("create_stack_instances", **asked)
        code, message = refused(lambda: sets.begin("update_stack_instances", **asked))
    assert code == "OperationInProgressException"
    arn = sets.client.describe_stack_set(StackSetName="class")["StackSet"]["StackSetARN"]
    assert message == f"Another Operation on StackSet {arn} is in progress"
    assert sets.finished(first)["Status"] == "SUCCEEDED"
    sets.do("update_stack_set", UsePreviousTemplate=True, ManagedExecution={"Active": True})
    with held():
        first = sets.begin("update_stack_instances", **asked)
        second = sets.begin("delete_stack_instances", **asked, RetainStacks=False)
        found = sets.client.list_stack_set_operations(StackSetName="class")["Summaries"]
        assert [each["Status"] for each in found[:2]] == ["QUEUED", "RUNNING"]
    assert sets.finished(second)["Status"] == "SUCCEEDED"
    assert sets.finished(first)["Status"] == "SUCCEEDED"
    assert sets.instances() == []


def test_a_set_describes_itself(aws: LocalAws) -> None:
    sets = StackSets(aws)
    role = f"arn:aws:iam::{ADMIN}:role/deployer"
    sets.create(
        Description="queues",
        Tags=[{"Key": "class", "Value": "7"}],
        Parameters=[{"ParameterKey": "Name", "ParameterValue": "all"}],
        AdministrationRoleARN=role,
        ExecutionRoleName="deployed",
    )
    found = sets.client.describe_stack_set(StackSetName="class")["StackSet"]
    assert (found["Status"], found["PermissionModel"]) == ("ACTIVE", "SELF_MANAGED")
    assert json.loads(found["TemplateBody"]) == json.loads(template())
    assert found["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "all"}]
    assert found["Tags"] == [{"Key": "class", "Value": "7"}]
    assert (found["AdministrationRoleARN"], found["ExecutionRoleName"]) == (role, "deployed")
    assert found["StackSetARN"].endswith(f":stackset/{found['StackSetId']}")
    assert "AutoDeployment" not in found


@pytest.mark.parametrize(
    ("asked", "code", "wording"),
    [
        ({"TemplateBody": '{"Resources": {}}'}, "ValidationError", "At least one Resources"),
        ({"AutoDeployment": {"Enabled": True}}, "ValidationError", "service-managed"),
        ({"PermissionModel": "SERVICE_MANAGED"}, "ValidationError", "enable organizations access"),
        ({"CallAs": "DELEGATED_ADMIN"}, "ValidationError", "delegated admin account of an org"),
        (
            {"Parameters": [{"ParameterKey": "Nome", "ParameterValue": "a"}]},
            "ValidationError",
            "Nome",
        ),
    ],
)
def test_what_no_stack_set_can_be_is_refused(
    asked: dict[str, Any], code: str, wording: str, aws: LocalAws
) -> None:
    sets = StackSets(aws)
    told = refused(lambda: sets.create(**asked))
    assert told[0] == code
    assert wording in told[1]
    assert sets.client.list_stack_sets()["Summaries"] == []


def test_a_template_by_url_may_be_larger_than_a_body(aws: LocalAws, sets: StackSets) -> None:
    large = {**json.loads(template()), "Metadata": {"Padding": "x" * 60_000}}
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="large.json", Body=json.dumps(large).encode())
    url = "https://templates.s3.amazonaws.com/large.json"
    sets.client.create_stack_set(StackSetName="large", TemplateURL=url)
    assert StackSets(aws, "large").add(FIRST)["Status"] == "SUCCEEDED"
    assert queues(aws, FIRST) == ["lab"]
