"""CloudFormation: what clients see of stacks that succeed, fail and go back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from cloudtrail.bucket_policy import delivery_policy
from local_aws import LocalAws
from local_aws.cloudformation.change_sets import ChangeSet
from local_aws.cloudformation.exceptions import InvalidChangeSetStatus
from local_aws.cloudformation.stacks import StackInput

ACCOUNT = "123456789012"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
UNSUPPORTED = {"Type": "AWS::Unheard::Of"}
RESPONDER = """
import cfnresponse

def handler(event, context):
    properties = event["ResourceProperties"]
    if properties.get("Silent") == event["RequestType"]:
        raise RuntimeError("no answer")
    failing = properties.get("Fail") == event["RequestType"]
    status = cfnresponse.FAILED if failing else cfnresponse.SUCCESS
    print("REQUEST", event["RequestType"], event.get("PhysicalResourceId"))
    data = {"Echo": properties.get("Value"), "Old": event.get("OldResourceProperties")}
    cfnresponse.send(event, context, status, data, properties.get("Id"), reason="as asked")
"""


class Stacks:
    """CloudFormation through boto3, with a stack's events in the order they happened."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def create(self, name: str, resources: dict[str, Any], **more: Any) -> str:
        template = {"Resources": resources, **more.pop("sections", {})}
        answer = self.client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )
        return str(answer["StackId"])

    def update(self, name: str, resources: dict[str, Any], **more: Any) -> None:
        template = {"Resources": resources, **more.pop("sections", {})}
        self.client.update_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )

    def finished(self, name: str) -> dict[str, Any]:
        """The stack once no operation runs on it."""
        kind = "stack_update_complete" if self._updating(name) else "stack_create_complete"
        if self.describe(name)["StackStatus"].endswith("IN_PROGRESS"):
            waiter = self.client.get_waiter(kind)
            waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return self.describe(name)

    def _updating(self, name: str) -> bool:
        return str(self.describe(name)["StackStatus"]).startswith("UPDATE")

    def describe(self, name: str) -> dict[str, Any]:
        stack: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return stack

    def status(self, name: str) -> str:
        return str(self.describe(name)["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self.describe(name).get("Outputs", [])
        }

    def events(self, name: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client.describe_stack_events(StackName=name)[
            "StackEvents"
        ]
        return events[::-1]

    def steps(self, name: str, status: str) -> list[str]:
        """Logical ids of the resources that reached a status, in order."""
        return [
            event["LogicalResourceId"]
            for event in self.events(name)
            if event["ResourceStatus"] == status
            and event["ResourceType"] != "AWS::CloudFormation::Stack"
        ]

    def reason(self, name: str, logical_id: str, status: str) -> str:
        reasons: list[str] = [
            event["ResourceStatusReason"]
            for event in self.events(name)
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status)
        ]
        return reasons[0]


@pytest.fixture
def stacks(aws: LocalAws) -> Stacks:
    return Stacks(aws.client("cloudformation"))


def bucket(name: str | None = None, **properties: Any) -> dict[str, Any]:
    given = {"BucketName": name} if name else {}
    return {"Type": "AWS::S3::Bucket", "Properties": {**given, **properties}}


def policy(bucket_value: Any, action: str = "s3:GetObject") -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": action,
        "Resource": {"Fn::Sub": ["arn:aws:s3:::${Name}/*", {"Name": bucket_value}]},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": bucket_value, "PolicyDocument": document},
    }


def custom(**properties: Any) -> dict[str, Any]:
    """A custom resource C with its function and the function's role."""
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Timeout": 30,
        "Code": {"ZipFile": RESPONDER},
    }
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    return {
        "C": {"Type": "Custom::Echo", "Properties": {"ServiceToken": token, **properties}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Role": ROLE,
    }


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and message of the error that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# --- order and events --------------------------------------------------------------------


def test_resources_are_created_after_what_they_refer_to(stacks: Stacks) -> None:
    stacks.create("order", {"Policy": policy({"Ref": "Bucket"}), "Bucket": bucket()})
    assert stacks.steps("order", "CREATE_COMPLETE") == ["Bucket", "Policy"]


def test_depends_on_orders_what_no_reference_does(stacks: Stacks) -> None:
    first, second = bucket(), bucket()
    stacks.create("order", {"A": {**first, "DependsOn": "B"}, "B": second})
    assert stacks.steps("order", "CREATE_COMPLETE") == ["B", "A"]


def test_a_name_in_sub_is_a_dependency(stacks: Stacks) -> None:
    tagged = bucket(Tags=[{"Key": "other", "Value": {"Fn::Sub": "${B.Arn}"}}])
    stacks.create("order", {"A": tagged, "B": bucket()})
    assert stacks.steps("order", "CREATE_COMPLETE") == ["B", "A"]


def test_resources_are_deleted_before_what_they_refer_to(stacks: Stacks) -> None:
    stack_id = stacks.create("order", {"Policy": policy({"Ref": "Bucket"}), "Bucket": bucket()})
    stacks.client.delete_stack(StackName="order")
    assert stacks.steps(stack_id, "DELETE_COMPLETE") == ["Policy", "Bucket"]


def test_events_tell_status_type_and_physical_id_in_time_order(stacks: Stacks) -> None:
    stacks.create("events", {"Bucket": bucket("named-bucket")})
    events = stacks.events("events")
    seen = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events]
    assert seen == [
        ("events", "CREATE_IN_PROGRESS"),
        ("Bucket", "CREATE_IN_PROGRESS"),
        ("Bucket", "CREATE_IN_PROGRESS"),
        ("Bucket", "CREATE_COMPLETE"),
        ("events", "CREATE_COMPLETE"),
    ]
    assert events[3]["PhysicalResourceId"] == "named-bucket"
    assert events[3]["ResourceType"] == "AWS::S3::Bucket"
    times = [event["Timestamp"] for event in events]
    assert times == sorted(set(times))


def test_a_resource_whose_condition_is_false_is_not_created(stacks: Stacks) -> None:
    sections = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    unwanted = {**bucket(), "Condition": "Never"}
    stacks.create("conditions", {"A": unwanted, "B": bucket()}, sections=sections)
    assert stacks.steps("conditions", "CREATE_COMPLETE") == ["B"]


def test_no_value_in_a_list_leaves_no_gap(stacks: Stacks, aws: LocalAws) -> None:
    tags = [
        {"Key": "kept", "Value": "yes"},
        {"Fn::If": ["Never", {"Key": "left", "Value": "out"}, {"Ref": "AWS::NoValue"}]},
    ]
    sections = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    stacks.create("nothing", {"B": bucket("no-value", Tags=tags)}, sections=sections)
    found = aws.client("s3").get_bucket_tagging(Bucket="no-value")["TagSet"]
    assert found == [{"Key": "kept", "Value": "yes"}]


def test_events_reach_the_stacks_topics(stacks: Stacks, aws: LocalAws) -> None:
    sqs, sns = aws.client("sqs"), aws.client("sns")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    topic = sns.create_topic(Name="events")["TopicArn"]
    queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    gone = topic.replace("events", "gone")
    stacks.create("told", {"B": bucket()}, NotificationARNs=[gone, topic])
    assert stacks.status("told") == "CREATE_COMPLETE"
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert "ResourceStatus='CREATE_IN_PROGRESS'" in messages[0]["Body"]


# --- failure and rollback ----------------------------------------------------------------


def test_an_unsupported_type_fails_the_stack_before_anything_is_made(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("loud", {"Bucket": bucket("loud-bucket"), "Odd": UNSUPPORTED})
    assert stacks.status("loud") == "ROLLBACK_COMPLETE"
    reason = stacks.reason("loud", "Odd", "CREATE_FAILED")
    assert reason.startswith(
        "Template contains a resource type the local AWS does not support: "
        "AWS::Unheard::Of (logical id Odd)"
    )
    assert aws.client("s3").list_buckets()["Buckets"] == []


def test_a_failed_create_deletes_what_it_made_in_reverse(stacks: Stacks, aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    resources = {
        "First": bucket(),
        "Second": {**bucket(), "DependsOn": "First"},
        "Third": {**bucket("taken"), "DependsOn": "Second"},
    }
    stacks.create("failing", resources)
    assert stacks.status("failing") == "ROLLBACK_COMPLETE"
    assert stacks.steps("failing", "DELETE_COMPLETE") == ["Second", "First"]
    assert "taken already exists" in stacks.reason("failing", "Third", "CREATE_FAILED")
    found = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert found == ["taken"]


def test_the_stack_event_names_the_resource_that_failed(stacks: Stacks, aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    stacks.create("failing", {"Mine": bucket("taken")})
    assert stacks.reason("failing", "failing", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Mine]. Rollback requested by user."
    )


def test_a_bucket_of_another_account_is_taken_too(stacks: Stacks, aws: LocalAws) -> None:
    other = boto3.Session("test", "test", aws_session_token="", region_name="us-east-1").client(
        "sts", endpoint_url=aws.endpoint_url
    )
    keys = other.assume_role(
        RoleArn="arn:aws:iam::210987654321:role/other", RoleSessionName="other"
    )["Credentials"]
    boto3.client(
        "s3",
        endpoint_url=aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).create_bucket(Bucket="theirs")
    stacks.create("failing", {"Mine": bucket("theirs")})
    assert "theirs already exists" in stacks.reason("failing", "Mine", "CREATE_FAILED")


def test_disable_rollback_keeps_what_was_made(stacks: Stacks, aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    resources = {"A": bucket("kept"), "B": {**bucket("taken"), "DependsOn": "A"}}
    stacks.create("kept", resources, DisableRollback=True)
    assert stacks.status("kept") == "CREATE_FAILED"
    assert stacks.steps("kept", "DELETE_COMPLETE") == []


def test_on_failure_delete_deletes_the_stack(stacks: Stacks, aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    stack_id = stacks.create("gone", {"B": bucket("taken")}, OnFailure="DELETE")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def test_the_create_waiter_sees_the_failure(stacks: Stacks) -> None:
    stacks.create("waited", {"Odd": UNSUPPORTED})
    waiter = stacks.client.get_waiter("stack_create_complete")
    with pytest.raises(Exception, match="terminal failure state"):
        waiter.wait(StackName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 2})


def test_a_rolled_back_stack_cannot_be_updated(stacks: Stacks) -> None:
    stacks.create("rolled", {"Odd": UNSUPPORTED})
    code, message = refused(lambda: stacks.update("rolled", {"B": bucket()}))
    assert code == "ValidationError"
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in message


def test_a_failed_update_restores_template_and_properties(stacks: Stacks, aws: LocalAws) -> None:
    tags = [{"Key": "version", "Value": "1"}]
    stacks.create("back", {"A": bucket("restored", Tags=tags)})
    changed = bucket("restored", Tags=[{"Key": "version", "Value": "2"}])
    aws.client("s3").create_bucket(Bucket="taken")
    stacks.update("back", {"A": changed, "B": {**bucket("taken"), "DependsOn": "A"}})
    assert stacks.status("back") == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.client("s3").get_bucket_tagging(Bucket="restored")["TagSet"] == tags
    kept = stacks.client.get_template(StackName="back")["TemplateBody"]
    assert kept["Resources"]["A"]["Properties"]["Tags"] == tags
    assert "taken already exists" in stacks.reason("back", "B", "CREATE_FAILED")


def test_a_failed_update_without_rollback_can_be_tried_again(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("again", {"A": bucket()})
    aws.client("s3").create_bucket(Bucket="taken")
    wanted = {"A": bucket(), "B": bucket("taken")}
    stacks.update("again", wanted, DisableRollback=True)
    assert stacks.status("again") == "UPDATE_FAILED"
    aws.client("s3").delete_bucket(Bucket="taken")
    stacks.update("again", wanted)
    assert stacks.status("again") == "UPDATE_COMPLETE"


def test_a_failed_update_deletes_what_it_added(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("back", {"A": bucket("stays")})
    aws.client("s3").create_bucket(Bucket="taken")
    added = {"A": bucket("stays"), "B": bucket("added")}
    stacks.update("back", {**added, "C": {**bucket("taken"), "DependsOn": "B"}})
    assert stacks.steps("back", "DELETE_COMPLETE") == ["B"]
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["stays", "taken"]


def test_a_full_bucket_fails_the_deletion(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("full", {"Bucket": bucket("full-bucket")})
    aws.client("s3").put_object(Bucket="full-bucket", Key="key", Body=b"")
    stacks.client.delete_stack(StackName="full")
    assert stacks.status("full") == "DELETE_FAILED"
    reason = stacks.reason("full", "Bucket", "DELETE_FAILED")
    assert "The bucket you tried to delete is not empty" in reason
    aws.client("s3").delete_object(Bucket="full-bucket", Key="key")
    stacks.client.delete_stack(StackName="full")
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_what_a_failed_deletion_needs_stays(stacks: Stacks, aws: LocalAws) -> None:
    resources = {"Needed": bucket("needed"), "Full": {**bucket("full"), "DependsOn": "Needed"}}
    stacks.create("full", resources)
    aws.client("s3").put_object(Bucket="full", Key="key", Body=b"")
    stacks.client.delete_stack(StackName="full")
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["full", "needed"]
    stacks.client.delete_stack(StackName="full", RetainResources=["Full"])
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert names == ["full"]


# --- policies ----------------------------------------------------------------------------


def test_deletion_policy_retain_keeps_the_resource(stacks: Stacks, aws: LocalAws) -> None:
    kept = {**bucket("kept"), "DeletionPolicy": "Retain"}
    stack_id = stacks.create("retain", {"Bucket": kept})
    stacks.client.delete_stack(StackName="retain")
    assert stacks.steps(stack_id, "DELETE_SKIPPED") == ["Bucket"]
    assert aws.client("s3").head_bucket(Bucket="kept")


@pytest.mark.parametrize(
    ("deletion_policy", "left"), [("Retain", ["kept"]), ("RetainExceptOnCreate", [])]
)
def test_a_rollback_respects_the_deletion_policy(
    stacks: Stacks, aws: LocalAws, deletion_policy: str, left: list[str]
) -> None:
    aws.client("s3").create_bucket(Bucket="taken")
    kept = {**bucket("kept"), "DeletionPolicy": deletion_policy}
    stacks.create("retain", {"A": kept, "B": {**bucket("taken"), "DependsOn": "A"}})
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == sorted([*left, "taken"])


def test_a_renamed_bucket_is_replaced_after_its_successor_exists(stacks: Stacks) -> None:
    stacks.create("rename", {"B": bucket("before"), "P": policy({"Ref": "B"})})
    stacks.update("rename", {"B": bucket("after"), "P": policy({"Ref": "B"})})
    assert stacks.status("rename") == "UPDATE_COMPLETE"
    changes = [
        (event["LogicalResourceId"], event["ResourceStatus"], event["PhysicalResourceId"])
        for event in stacks.events("rename")
        if event["ResourceStatus"] in {"UPDATE_COMPLETE", "DELETE_COMPLETE"}
    ]
    assert changes[:2] == [("B", "UPDATE_COMPLETE", "after"), ("P", "UPDATE_COMPLETE", "after")]
    assert ("B", "DELETE_COMPLETE", "before") in changes


def test_update_replace_policy_retain_keeps_the_old_one(stacks: Stacks, aws: LocalAws) -> None:
    kept = {"UpdateReplacePolicy": "Retain"}
    stacks.create("rename", {"B": {**bucket("before"), **kept}})
    stacks.update("rename", {"B": {**bucket("after"), **kept}})
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["after", "before"]


def test_a_removed_resource_goes_last(stacks: Stacks) -> None:
    stacks.create("less", {"Old": bucket("old")})
    stacks.update("less", {"New": bucket("new")})
    events = [
        (event["LogicalResourceId"], event["ResourceStatus"]) for event in stacks.events("less")
    ]
    assert events.index(("New", "CREATE_COMPLETE")) < events.index(("Old", "DELETE_COMPLETE"))
    assert events[-1] == ("less", "UPDATE_COMPLETE")


def test_termination_protection_forbids_deletion(stacks: Stacks) -> None:
    stacks.create("safe", {"B": bucket()}, EnableTerminationProtection=True)
    code, message = refused(lambda: stacks.client.delete_stack(StackName="safe"))
    assert (code, "TerminationProtection" in message) == ("ValidationError", True)
    stacks.client.update_termination_protection(StackName="safe", EnableTerminationProtection=False)
    stacks.client.delete_stack(StackName="safe")
    assert stacks.client.describe_stacks()["Stacks"] == []


# --- what is refused up front ------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {}}}, "must contain a Type member"),
        ({"Resources": {"A-1": bucket()}}, "Resource name A-1 is non alphanumeric"),
        ({"Resources": {"A": bucket()}, "Extra": 1}, "Invalid template property"),
        (
            {"Resources": {"A": policy({"Ref": "Missing"})}},
            "Unresolved resource dependencies [Missing] in the Resources block",
        ),
        (
            {"Resources": {"A": {**bucket(), "DependsOn": "Missing"}}},
            "Unresolved resource dependencies [Missing] in the Resources block",
        ),
        (
            {"Resources": {"A": bucket()}, "Outputs": {"O": {"Value": {"Ref": "Missing"}}}},
            "Unresolved resource dependencies [Missing] in the Outputs block",
        ),
        (
            {"Resources": {"A": bucket(Tags={"Fn::GetAtt": ["Missing", "Arn"]})}},
            "instance of Fn::GetAtt references undefined resource Missing",
        ),
        (
            {"Resources": {"A": {**bucket(), "Condition": "Missing"}}},
            "Unresolved condition dependency Missing",
        ),
        (
            {
                "Resources": {
                    "A": {**bucket(), "DependsOn": "B"},
                    "B": {**bucket(), "DependsOn": "A"},
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        ({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": bucket()}}, "Transform"),
    ],
)
def test_an_invalid_template_is_refused(
    stacks: Stacks, template: dict[str, Any], message: str
) -> None:
    create = stacks.client.create_stack
    code, text = refused(lambda: create(StackName="bad", TemplateBody=json.dumps(template)))
    assert code == "ValidationError"
    assert message in text


def test_text_that_is_no_template_is_refused(stacks: Stacks) -> None:
    create = stacks.client.create_stack
    assert refused(lambda: create(StackName="bad", TemplateBody="a: [")) == (
        "ValidationError",
        "Template format error: YAML not well-formed. (line 2, column 1)",
    )


@pytest.mark.parametrize(
    ("properties", "capabilities", "needed"),
    [
        ({}, [], "CAPABILITY_IAM"),
        ({"RoleName": "named"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_iam_needs_its_capability(
    stacks: Stacks, properties: dict[str, str], capabilities: list[str], needed: str
) -> None:
    role = {**ROLE, "Properties": {**ROLE["Properties"], **properties}}  # type: ignore[dict-item]
    body = json.dumps({"Resources": {"Role": role}})
    create = stacks.client.create_stack
    assert refused(
        lambda: create(StackName="iam", TemplateBody=body, Capabilities=capabilities)
    ) == ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def test_a_taken_stack_name_is_refused(stacks: Stacks) -> None:
    stacks.create("taken", {"B": bucket()})
    code, message = refused(lambda: stacks.create("taken", {"B": bucket()}))
    assert (code, message) == ("AlreadyExistsException", "Stack [taken] already exists")


def test_an_update_without_changes_is_refused(stacks: Stacks) -> None:
    stacks.create("same", {"B": bucket()})
    assert refused(lambda: stacks.update("same", {"B": bucket()})) == (
        "ValidationError",
        "No updates are to be performed.",
    )


PARAMETERS = {
    "Parameters": {
        "Stage": {"Type": "String", "AllowedValues": ["test", "prod"]},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
    }
}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Parameters: [Stage] must have values"),
        ({"Stage": "x"}, "Parameter 'Stage' must be one of AllowedValues"),
        ({"Stage": "test", "Other": "x"}, "Parameters: [Other] do not exist in the template"),
    ],
)
def test_parameters_are_checked(stacks: Stacks, given: dict[str, str], message: str) -> None:
    values = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    code, text = refused(
        lambda: stacks.create("p", {"B": bucket()}, sections=PARAMETERS, Parameters=values)
    )
    assert (code, text) == ("ValidationError", message)


def test_the_default_of_a_list_parameter_is_a_list(stacks: Stacks) -> None:
    joined = {"Fn::Join": ["+", {"Ref": "Names"}]}
    sections = {**PARAMETERS, "Outputs": {"Joined": {"Value": joined}}}
    values = [{"ParameterKey": "Stage", "ParameterValue": "test"}]
    stacks.create("p", {"B": bucket()}, sections=sections, Parameters=values)
    assert stacks.outputs("p") == {"Joined": "a+b"}


def test_a_changed_parameter_updates_what_refers_to_it(stacks: Stacks, aws: LocalAws) -> None:
    tagged = bucket("staged", Tags=[{"Key": "stage", "Value": {"Ref": "Stage"}}])
    for stage, call in (("test", stacks.create), ("prod", stacks.update)):
        values = [{"ParameterKey": "Stage", "ParameterValue": stage}]
        call("p", {"B": tagged}, sections=PARAMETERS, Parameters=values)
    found = aws.client("s3").get_bucket_tagging(Bucket="staged")["TagSet"]
    assert found == [{"Key": "stage", "Value": "prod"}]


def test_an_export_in_use_keeps_its_stack(stacks: Stacks) -> None:
    exporting = {"Outputs": {"Name": {"Value": {"Ref": "B"}, "Export": {"Name": "shared"}}}}
    stacks.create("exporter", {"B": bucket("exported")}, sections=exporting)
    imported = bucket(Tags=[{"Key": "of", "Value": {"Fn::ImportValue": "shared"}}])
    stacks.create("importer", {"B": imported})
    assert stacks.client.list_imports(ExportName="shared")["Imports"] == ["importer"]
    code, message = refused(lambda: stacks.client.delete_stack(StackName="exporter"))
    assert (code, message) == (
        "ValidationError",
        "Cannot delete export shared as it is in use by importer",
    )


# --- change sets -------------------------------------------------------------------------


def change_set(stacks: Stacks, kind: str, resources: dict[str, Any]) -> dict[str, Any]:
    created = stacks.client.create_change_set(
        StackName="changing",
        ChangeSetName="change",
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
    )
    described: dict[str, Any] = stacks.client.describe_change_set(ChangeSetName=created["Id"])
    return described


def test_a_change_set_shows_a_new_stack_for_review_then_creates_it(stacks: Stacks) -> None:
    described = change_set(stacks, "CREATE", {"B": bucket()})
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert stacks.status("changing") == "REVIEW_IN_PROGRESS"
    stacks.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert stacks.status("changing") == "CREATE_COMPLETE"
    assert stacks.steps("changing", "CREATE_COMPLETE") == ["B"]


def test_a_change_set_lists_additions_modifications_and_removals(stacks: Stacks) -> None:
    stacks.create("changing", {"Gone": bucket(), "Kept": bucket(), "Same": bucket()})
    kept = bucket(Tags=[{"Key": "a", "Value": "b"}])
    described = change_set(stacks, "UPDATE", {"New": bucket(), "Kept": kept, "Same": bucket()})
    changes = [item["ResourceChange"] for item in described["Changes"]]
    assert [(item["Action"], item["LogicalResourceId"]) for item in changes] == [
        ("Add", "New"),
        ("Modify", "Kept"),
        ("Remove", "Gone"),
    ]
    assert stacks.status("changing") == "CREATE_COMPLETE"


def test_a_change_set_without_changes_fails_with_awss_reason(stacks: Stacks) -> None:
    stacks.create("changing", {"B": bucket()})
    described = change_set(stacks, "UPDATE", {"B": bucket()})
    assert described["Status"] == "FAILED"
    assert described["StatusReason"].startswith("The submitted information didn't contain changes.")
    execute = stacks.client.execute_change_set
    code, _ = refused(lambda: execute(ChangeSetName=described["ChangeSetId"]))
    assert code == "InvalidChangeSetStatus"


def test_an_update_change_set_needs_a_stack(stacks: Stacks) -> None:
    code, message = refused(lambda: change_set(stacks, "UPDATE", {"B": bucket()}))
    assert (code, message) == ("ValidationError", "Stack [changing] does not exist")


def test_a_missing_change_set_is_deleted_already(stacks: Stacks) -> None:
    stacks.create("changing", {"B": bucket()})
    stacks.client.delete_change_set(StackName="changing", ChangeSetName="never-made")
    describe = stacks.client.describe_change_set
    code, _ = refused(lambda: describe(StackName="changing", ChangeSetName="never-made"))
    assert code == "ChangeSetNotFound"


class Watched(ChangeSet):
    """A change set of which two who look at its status see it at the same time."""

    both = threading.Barrier(2)

    @property
    def execution_status(self) -> str:
        """AVAILABLE, or what it was set to; known once both have looked, or one looks alone."""
        status = self._status
        with suppress(threading.BrokenBarrierError):
            self.both.wait(0.2)
        return status

    @execution_status.setter
    def execution_status(self, status: str) -> None:
        self._status = status


def test_a_change_set_is_executed_once_however_many_ask_at_once(aws: LocalAws) -> None:
    aws.client("cloudformation").list_stacks()
    backend: Any = cloudformation_backends[ACCOUNT]["us-east-1"]
    wanted = StackInput("", {"Resources": {"H": {"Type": "AWS::CDK::Metadata"}}})
    stack = backend.new_stack("once", StackInput("", {}))
    found = Watched("id", "change", "CREATE", stack, wanted, [])
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(backend.start_change_set, found, None) for _ in range(2)]
    refusals = [one for one in asked if one.exception() is not None]
    assert [type(one.exception()) for one in refusals] == [InvalidChangeSetStatus]
    made = [event.resource_status for event in stack.events]
    assert made.count("CREATE_COMPLETE") == 2  # the resource's and the stack's


# --- templates by URL --------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/templates/path/a%20template.json",
        "http://localhost:{port}/templates/path/a%20template.json",
        "http://templates.localhost:{port}/path/a%20template.json",
        "https://s3.amazonaws.com/templates/path/a%20template.json",
        "https://s3.us-east-1.amazonaws.com/templates/path/a%20template.json",
        "https://templates.s3.amazonaws.com/path/a%20template.json",
        "https://templates.s3.us-east-1.amazonaws.com/path/a%20template.json",
    ],
)
def test_a_template_url_names_an_object_by_any_s3_host(
    stacks: Stacks, aws: LocalAws, url: str
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    body = json.dumps({"Resources": {"B": bucket()}})
    s3.put_object(Bucket="templates", Key="path/a template.json", Body=body)
    port = aws.endpoint_url.rpartition(":")[2]
    stacks.client.create_stack(StackName="url", TemplateURL=url.format(port=port))
    assert stacks.status("url") == "CREATE_COMPLETE"


def test_a_template_that_is_not_there_is_refused(stacks: Stacks, aws: LocalAws) -> None:
    url = f"{aws.endpoint_url}/missing/template.json"
    create = stacks.client.create_stack
    code, message = refused(lambda: create(StackName="url", TemplateURL=url))
    assert (code, message) == (
        "ValidationError",
        "S3 error: The specified bucket does not exist",
    )


def test_a_nested_stack_hands_its_outputs_up(stacks: Stacks, aws: LocalAws) -> None:
    inner = {"Resources": {"B": bucket("inner")}, "Outputs": {"Name": {"Value": {"Ref": "B"}}}}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="inner.json", Body=json.dumps(inner))
    url = "https://templates.s3.amazonaws.com/inner.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    outputs = {"Outputs": {"Up": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}}}
    stacks.create("outer", {"Nested": nested}, sections=outputs)
    assert stacks.outputs("outer") == {"Up": "inner"}
    stacks.client.delete_stack(StackName="outer")
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_a_yaml_template_with_short_functions_works(stacks: Stacks) -> None:
    body = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: '*', Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*'}
Outputs:
  Arn: {Value: !GetAtt Bucket.Arn}
"""
    stacks.client.create_stack(StackName="yaml", TemplateBody=body)
    assert stacks.status("yaml") == "CREATE_COMPLETE"
    assert stacks.outputs("yaml")["Arn"].startswith("arn:aws:s3:::yaml-bucket-")


# --- resource types ----------------------------------------------------------------------


def test_a_bucket_has_the_properties_that_its_template_gives(stacks: Stacks, aws: LocalAws) -> None:
    block = dict.fromkeys(
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
    )
    sse = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    properties = {
        "PublicAccessBlockConfiguration": block,
        "VersioningConfiguration": {"Status": "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [sse]},
        "LifecycleConfiguration": {
            "Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]
        },
    }
    stacks.create("bucket", {"B": bucket("whole", **properties)})
    s3 = aws.client("s3")
    found = s3.get_public_access_block(Bucket="whole")["PublicAccessBlockConfiguration"]
    assert found == block
    assert s3.get_bucket_versioning(Bucket="whole")["Status"] == "Enabled"
    rules = s3.get_bucket_ownership_controls(Bucket="whole")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    encryption = s3.get_bucket_encryption(Bucket="whole")["ServerSideEncryptionConfiguration"]
    default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "AES256"
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket="whole")["Rules"]
    assert (lifecycle[0]["ID"], lifecycle[0]["Expiration"]) == ("old", {"Days": 30})


def test_a_bucket_property_that_an_update_drops_goes_back_to_its_default(
    stacks: Stacks, aws: LocalAws
) -> None:
    block = {"BlockPublicAcls": True}
    stacks.create("bucket", {"B": bucket("less", PublicAccessBlockConfiguration=block)})
    stacks.update("bucket", {"B": bucket("less")})
    read = aws.client("s3").get_public_access_block
    code, _ = refused(lambda: read(Bucket="less"))
    assert code == "NoSuchPublicAccessBlockConfiguration"


def test_a_second_policy_for_a_bucket_is_refused(stacks: Stacks) -> None:
    stacks.create("one", {"B": bucket("shared"), "P": policy({"Ref": "B"})})
    stacks.create("two", {"P": policy("shared", "s3:PutObject")})
    reason = stacks.reason("two", "P", "CREATE_FAILED")
    assert "The bucket policy already exists on bucket shared." in reason


def test_a_bucket_policy_is_updated_and_taken_off(stacks: Stacks, aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="mine")
    stacks.create("policy", {"P": policy("mine"), "B": bucket()})
    stacks.update("policy", {"P": policy("mine", "s3:PutObject"), "B": bucket()})
    document = json.loads(s3.get_bucket_policy(Bucket="mine")["Policy"])
    assert document["Statement"][0]["Action"] == "s3:PutObject"
    stacks.update("policy", {"B": bucket()})
    code, _ = refused(lambda: s3.get_bucket_policy(Bucket="mine"))
    assert code == "NoSuchBucketPolicy"


def trail(**properties: Any) -> dict[str, Any]:
    """A trail with its bucket and the policy that lets CloudTrail write to it."""
    name = properties.get("TrailName", "stack-trail")
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"
    document = delivery_policy("trail-logs", "", ACCOUNT, arn)
    del document["Statement"][0]["Condition"]
    for statement in document["Statement"][1:]:
        del statement["Condition"]["StringEquals"]["aws:SourceArn"]
    given = {"TrailName": name, "S3BucketName": "trail-logs", "IsLogging": True, **properties}
    return {
        "Logs": bucket("trail-logs"),
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Logs"}, "PolicyDocument": document},
        },
        "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": given, "DependsOn": "Policy"},
    }


ONLY_TABLES = [
    {
        "Name": "tables",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ],
    }
]


def test_a_trail_has_the_settings_that_its_template_gives(stacks: Stacks, aws: LocalAws) -> None:
    outputs = {
        "Arn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}},
        "Ref": {"Value": {"Ref": "Trail"}},
    }
    resources = trail(
        IsMultiRegionTrail=True,
        InsightSelectors=[{"InsightType": "ApiCallRateInsight"}],
        Tags=[{"Key": "lab", "Value": "yes"}],
    )
    stacks.create("trail", resources, sections={"Outputs": outputs})
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
    assert stacks.outputs("trail") == {"Arn": arn, "Ref": "stack-trail"}
    cloudtrail = aws.client("cloudtrail")
    assert cloudtrail.get_trail(Name="stack-trail")["Trail"]["IsMultiRegionTrail"] is True
    assert cloudtrail.get_trail_status(Name="stack-trail")["IsLogging"] is True
    insights = cloudtrail.get_insight_selectors(TrailName="stack-trail")["InsightSelectors"]
    assert [item["InsightType"] for item in insights] == ["ApiCallRateInsight"]
    tags = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    assert tags == [{"Key": "lab", "Value": "yes"}]


def test_an_update_brings_a_trail_to_its_new_settings(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]))
    stacks.update("trail", trail(AdvancedEventSelectors=ONLY_TABLES, IsLogging=False))
    assert stacks.status("trail") == "UPDATE_COMPLETE"
    cloudtrail = aws.client("cloudtrail")
    selectors = cloudtrail.get_event_selectors(TrailName="stack-trail")
    assert selectors["AdvancedEventSelectors"] == ONLY_TABLES
    assert cloudtrail.get_trail_status(Name="stack-trail")["IsLogging"] is False
    code, _ = refused(lambda: cloudtrail.get_insight_selectors(TrailName="stack-trail"))
    assert code == "InsightNotEnabledException"


def test_a_renamed_trail_is_replaced(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(TrailName="before"))
    stacks.update("trail", trail(TrailName="after"))
    listed = aws.client("cloudtrail").list_trails()["Trails"]
    own = [item["Name"] for item in listed if f":{ACCOUNT}:" in item["TrailARN"]]
    assert own == ["after"]


def test_a_trail_without_bucket_policy_fails_as_aws_says_it(stacks: Stacks) -> None:
    resources = trail()
    del resources["Policy"], resources["Trail"]["DependsOn"]
    resources["Trail"]["DependsOn"] = "Logs"
    stacks.create("trail", resources)
    reason = stacks.reason("trail", "Trail", "CREATE_FAILED")
    assert reason.startswith(
        'Resource handler returned message: "Invalid request provided: Incorrect S3 bucket '
        "policy is detected for bucket: trail-logs (Service: CloudTrail, Status Code: 400, "
        "Request ID: "
    )
    assert reason.endswith("HandlerErrorCode: InvalidRequest)")


def test_a_trail_whose_selectors_are_refused_leaves_nothing(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(EventSelectors=[{"ReadWriteType": "Sometimes"}]))
    assert stacks.status("trail") == "ROLLBACK_COMPLETE"
    listed = aws.client("cloudtrail").list_trails()["Trails"]
    assert not [item for item in listed if f":{ACCOUNT}:" in item["TrailARN"]]


def test_a_roles_policies_are_given_changed_and_taken(stacks: Stacks, aws: LocalAws) -> None:
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    inline = [{"PolicyName": "inline", "PolicyDocument": document}]

    def role(**properties: Any) -> dict[str, Any]:
        base: dict[str, Any] = ROLE["Properties"]  # type: ignore[assignment]
        return {"Role": {**ROLE, "Properties": {**base, "RoleName": "r", **properties}}}

    iam = aws.client("iam")
    stacks.create("role", role(ManagedPolicyArns=[read_only], Policies=inline))
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [item["PolicyArn"] for item in attached] == [read_only]
    stacks.update("role", role(Policies=inline))
    assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["inline"]
    stacks.client.delete_stack(StackName="role")
    code, _ = refused(lambda: iam.get_role(RoleName="r"))
    assert code == "NoSuchEntity"


def wide(version: str) -> dict[str, Any]:
    """Resources of many services, each with a property that the version changes."""
    statement = {"Effect": "Allow", "Action": f"s3:Get{version}", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    trust = ROLE["Properties"]["AssumeRolePolicyDocument"]  # type: ignore[index]
    code = {"ZipFile": f"def handler(event, context): return {version}"}
    role_arn = {"Fn::GetAtt": ["Role", "Arn"]}
    key = {"AttributeName": "id", "AttributeType": "N"}
    tags = [{"Key": "version", "Value": version}]
    properties: dict[str, tuple[str, dict[str, Any]]] = {
        "Role": (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": trust, "Description": version},
        ),
        "Policy": (
            "AWS::IAM::Policy",
            {"PolicyName": "p", "Roles": [{"Ref": "Role"}], "PolicyDocument": document},
        ),
        "Managed": (
            "AWS::IAM::ManagedPolicy",
            {"ManagedPolicyName": "m", "Roles": [{"Ref": "Role"}], "PolicyDocument": document},
        ),
        "Function": (
            "AWS::Lambda::Function",
            {"Runtime": "python3.13", "Handler": "index.handler", "Role": role_arn, "Code": code},
        ),
        "Permission": (
            "AWS::Lambda::Permission",
            {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceAccount": version * 12,
            },
        ),
        "Topic": ("AWS::SNS::Topic", {"DisplayName": version}),
        "TopicPolicy": (
            "AWS::SNS::TopicPolicy",
            {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document},
        ),
        "Queue": ("AWS::SQS::Queue", {"VisibilityTimeout": int(version)}),
        "Table": (
            "AWS::DynamoDB::Table",
            {
                "AttributeDefinitions": [key],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "Tags": tags,
            },
        ),
        "Group": ("AWS::Logs::LogGroup", {"RetentionInDays": 7 * int(version)}),
        "Key": ("AWS::KMS::Key", {"Description": version, "KeyPolicy": document}),
        "Alias": ("AWS::KMS::Alias", {"AliasName": "alias/a", "TargetKeyId": {"Ref": "Key"}}),
        "Rule": ("AWS::Events::Rule", {"EventPattern": {"source": [version]}}),
        "Parameter": ("AWS::SSM::Parameter", {"Type": "String", "Name": "/a", "Value": version}),
        "Repository": ("AWS::ECR::Repository", {"RepositoryName": "repo", "Tags": tags}),
        "Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16", "Tags": tags}),
        "Subnet": ("AWS::EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}),
        "Metadata": ("AWS::CDK::Metadata", {"Analytics": version}),
        "Handle": ("AWS::CloudFormation::WaitConditionHandle", {}),
    }
    return {name: {"Type": kind, "Properties": given} for name, (kind, given) in properties.items()}


def test_resources_of_many_services_are_created_updated_and_deleted(stacks: Stacks) -> None:
    stack_id = stacks.create("wide", wide("1"))
    assert stacks.finished("wide")["StackStatus"] == "CREATE_COMPLETE"
    stacks.update("wide", wide("2"))
    assert stacks.finished("wide")["StackStatus"] == "UPDATE_COMPLETE"
    stacks.client.delete_stack(StackName="wide")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert [event for event in stacks.events(stack_id) if "FAILED" in event["ResourceStatus"]] == []


def table(**properties: Any) -> dict[str, Any]:
    given = {
        "TableName": "kept",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {**given, **properties}}}


def test_an_updated_table_keeps_its_items(stacks: Stacks, aws: LocalAws) -> None:
    dynamodb = aws.client("dynamodb")
    stacks.create("table", table())
    dynamodb.put_item(TableName="kept", Item={"id": {"N": "1"}})
    throughput = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}
    stream = {"StreamViewType": "NEW_IMAGE"}
    stacks.update(
        "table",
        table(
            BillingMode="PROVISIONED", ProvisionedThroughput=throughput, StreamSpecification=stream
        ),
    )
    assert stacks.status("table") == "UPDATE_COMPLETE"
    found = dynamodb.describe_table(TableName="kept")["Table"]
    assert found["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert found["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert dynamodb.scan(TableName="kept")["Count"] == 1


def test_a_named_table_cannot_get_another_key(stacks: Stacks) -> None:
    stacks.create("table", table())
    other = [{"AttributeName": "name", "AttributeType": "S"}]
    key = [{"AttributeName": "name", "KeyType": "HASH"}]
    stacks.update("table", table(AttributeDefinitions=other, KeySchema=key))
    assert stacks.status("table") == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason("table", "Table", "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename kept and update the stack again."
    )


def test_what_moto_cannot_delete_is_said_to_stay(stacks: Stacks) -> None:
    gateway = {"Type": "AWS::EC2::InternetGateway"}
    stack_id = stacks.create("stays", {"Gateway": gateway})
    stacks.client.delete_stack(StackName="stays")
    assert stacks.reason(stack_id, "Gateway", "DELETE_SKIPPED") == (
        "The local AWS cannot delete a resource of type AWS::EC2::InternetGateway"
    )


def test_a_topic_policy_goes_and_the_default_comes_back(stacks: Stacks, aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = sns.create_topic(Name="topic")["TopicArn"]
    default = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    document = {"Version": "2012-10-17", "Statement": []}
    properties = {"Topics": [arn], "PolicyDocument": document}
    stacks.create("topic", {"P": {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}})
    policy = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    assert json.loads(policy) == document
    stacks.client.delete_stack(StackName="topic")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"] == default


# --- custom resources --------------------------------------------------------------------


def test_a_custom_resources_answer_gives_ref_and_attributes(stacks: Stacks) -> None:
    outputs = {
        "Echo": {"Value": {"Fn::GetAtt": ["C", "Echo"]}},
        "Ref": {"Value": {"Ref": "C"}},
    }
    stacks.create("custom", custom(Value="hello", Id="mine"), sections={"Outputs": outputs})
    stacks.finished("custom")
    assert stacks.outputs("custom") == {"Echo": "hello", "Ref": "mine"}


def requests_seen(aws: LocalAws) -> list[str]:
    """What the function's log says it was asked, sorted."""
    logs = aws.client("logs")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    assert group.startswith("/aws/lambda/")
    events = logs.filter_log_events(logGroupName=group, filterPattern="")["events"]
    lines = [event["message"] for event in events if event["message"].startswith("REQUEST")]
    return sorted(lines)


def test_a_new_physical_id_makes_cloudformation_delete_the_old_one(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("custom", custom(Id="one"))
    stacks.finished("custom")
    stacks.update("custom", custom(Id="two"))
    assert stacks.finished("custom")["StackStatus"] == "UPDATE_COMPLETE"
    assert requests_seen(aws) == [
        "REQUEST Create None",
        "REQUEST Delete one",
        "REQUEST Update one",
    ]


def test_deleting_the_stack_sends_delete(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("custom", custom(Id="one"))
    stacks.finished("custom")
    stacks.client.delete_stack(StackName="custom")
    assert "REQUEST Delete one" in requests_seen(aws)


def test_a_failed_create_rolls_back_with_its_reason_and_sends_delete(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("custom", custom(Id="one", Fail="Create"))
    ended(stacks, "custom", "ROLLBACK_COMPLETE")
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert reason.startswith(
        "Received response status [FAILED] from custom resource. Message returned: as asked"
    )
    assert "REQUEST Delete one" in requests_seen(aws)


def test_a_failed_delete_fails_the_stack_until_it_succeeds(stacks: Stacks) -> None:
    stacks.create("custom", custom(Id="one", Fail="Delete"))
    stacks.finished("custom")
    stacks.client.delete_stack(StackName="custom")
    ended(stacks, "custom", "DELETE_FAILED")
    assert "as asked" in stacks.reason("custom", "C", "DELETE_FAILED")


def test_a_function_that_never_answers_fails_at_once_with_its_error(stacks: Stacks) -> None:
    stacks.create("custom", custom(Silent="Create"))
    ended(stacks, "custom", "ROLLBACK_COMPLETE")
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert "did not receive a response from your Custom Resource" in reason
    assert "RuntimeError: no answer" in reason


def test_a_service_token_that_is_no_function_is_said_so(stacks: Stacks) -> None:
    token = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:missing"
    properties = {"ServiceToken": token}
    stacks.create("custom", {"C": {"Type": "Custom::Echo", "Properties": properties}})
    reason = stacks.reason("custom", "C", "CREATE_FAILED")
    assert reason == f"Function not found: {token}"


def ended(stacks: Stacks, name: str, wanted: str) -> None:
    """Wait for a status that boto3's waiters take for a failure."""
    from botocore.waiter import WaiterModel, create_waiter_with_client

    acceptors = [
        {"matcher": "pathAny", "state": "success", "argument": path, "expected": wanted}
        for path in ["Stacks[].StackStatus"]
    ]
    config = {"operation": "DescribeStacks", "delay": 1, "maxAttempts": 30, "acceptors": acceptors}
    model = WaiterModel({"version": 2, "waiters": {"Ended": config}})
    create_waiter_with_client("Ended", model, stacks.client).wait(StackName=name)
    assert stacks.status(name) == wanted


# --- the CDK -----------------------------------------------------------------------------


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_the_cdk_cli_bootstraps_and_a_second_time_changes_nothing(
    aws: LocalAws, empty_home: Path
) -> None:
    root = Path(__file__).parents[2]
    cdk = shutil.which("cdk", path=f"{root / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}")
    if cdk is None:
        pytest.skip("the CDK CLI is not installed: run make setup")
    environment = {
        **aws.environment(),
        "PATH": f"{root / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(empty_home),
    }
    command = [cdk, "bootstrap", f"aws://{ACCOUNT}/us-east-1", "--ci"]
    first, second = (
        subprocess.run(
            command, env=environment, cwd=empty_home, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    )
    assert first.returncode == 0, first.stdout + first.stderr
    assert "bootstrapped.\n" in first.stdout + first.stderr
    assert "bootstrapped (no changes)" in second.stdout + second.stderr
    client = aws.client("cloudformation")
    client.delete_stack(StackName="CDKToolkit")
    assert client.describe_stacks()["Stacks"] == []
