"""Operations on stacks: their order, their events, and what policies keep."""

from __future__ import annotations

from typing import Any

import boto3

from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    UNSUPPORTED,
    Stacks,
    bucket,
    own_tags,
    policy,
    refused,
)
from tests.local_aws.delivered import client

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
    found = client(aws, "s3").get_bucket_tagging(Bucket="no-value")["TagSet"]
    assert own_tags(found) == [{"Key": "kept", "Value": "yes"}]


def test_events_reach_the_stacks_topics(stacks: Stacks, aws: LocalAws) -> None:
    sqs, sns = client(aws, "sqs"), client(aws, "sns")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    topic = sns.create_topic(Name="events")["TopicArn"]
    queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    gone = topic.replace("events", "gone")
    stacks.create("told", {"B": bucket()}, NotificationARNs=[gone, topic])
    assert stacks.status("told") == "CREATE_COMPLETE"
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert "ResourceStatus='CREATE_IN_PROGRESS'" in messages[0]["Body"]


def test_an_unsupported_type_fails_the_stack_before_anything_is_made(
    stacks: Stacks, aws: LocalAws
) -> None:
    stacks.create("loud", {"Bucket": bucket("loud-bucket"), "Odd": UNSUPPORTED})
    assert stacks.status("loud") == "ROLLBACK_COMPLETE"
    reason = stacks.reason("loud", "Odd", "CREATE_FAILED")
    assert reason.startswith(
        "Template contains a resource type the local AWS does not support: "
        "AWS::Detective::Graph (logical id Odd)"
    )
    assert client(aws, "s3").list_buckets()["Buckets"] == []


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
    reason = stacks.reason("failing", "Mine", "CREATE_FAILED")
    assert "HandlerErrorCode: AlreadyExists" in reason


# --- policies ----------------------------------------------------------------------------


def test_deletion_policy_retain_keeps_the_resource(stacks: Stacks, aws: LocalAws) -> None:
    kept = {**bucket("kept"), "DeletionPolicy": "Retain"}
    stack_id = stacks.create("retain", {"Bucket": kept})
    stacks.client.delete_stack(StackName="retain")
    assert stacks.steps(stack_id, "DELETE_SKIPPED") == ["Bucket"]
    assert client(aws, "s3").head_bucket(Bucket="kept")


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
    names = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
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


def test_unknown_types_are_ignored_where_that_was_asked_for(aws_with: OneAtATime) -> None:
    stacks = Stacks(aws_with(ignore_unknown_types=True).client("cloudformation"))
    outputs = {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Odd", "Arn"]}}}}
    private = {"Type": "Mine::Own::Thing"}
    stacks.create("quiet", {"B": bucket(), "Odd": UNSUPPORTED, "Own": private}, sections=outputs)
    assert stacks.status("quiet") == "CREATE_COMPLETE"
    reason = stacks.reason("quiet", "Odd", "CREATE_COMPLETE")
    assert reason.startswith("Ignored: the local AWS does not support this type")
    assert stacks.outputs("quiet")["Arn"].startswith("quiet-Odd-")
    stacks.client.delete_stack(StackName="quiet")
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_an_export_that_is_used_stays_as_it_is(stacks: Stacks) -> None:
    def exporting(logical_id: str, *, exported: bool = True) -> dict[str, Any]:
        output = {"Value": {"Ref": logical_id}, "Export": {"Name": "logs"}}
        return {"Outputs": {"Logs": output}} if exported else {}

    stacks.create("exporter", {"A": bucket()}, sections=exporting("A"))
    reader = {"Type": "String", "Value": {"Fn::ImportValue": "logs"}}
    stacks.create("importer", {"P": {"Type": "AWS::SSM::Parameter", "Properties": reader}})
    for sections, verb in ((exporting("B"), "updated"), (exporting("", exported=False), "deleted")):
        stacks.update("exporter", {"A": bucket(), "B": bucket()}, sections=sections)
        assert stacks.status("exporter") == "UPDATE_ROLLBACK_COMPLETE"
        reasons = [
            event.get("ResourceStatusReason")
            for event in stacks.events("exporter")
            if event["ResourceStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"
        ]
        assert reasons[-1] == f"Export logs cannot be {verb} as it is in use by importer"


def test_a_parameter_of_awss_own_types_names_what_there_is(stacks: Stacks, aws: LocalAws) -> None:
    ec2 = client(aws, "ec2")
    sections = {
        "Parameters": {
            "Vpc": {"Type": "AWS::EC2::VPC::Id"},
            "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
        }
    }
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    given = {"Vpc": ec2.describe_vpcs()["Vpcs"][0]["VpcId"], "Subnets": ",".join(subnets)}

    def parameters(**changed: str) -> list[dict[str, str]]:
        values = {**given, **changed}
        return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]

    stacks.create("right", {"B": bucket()}, sections=sections, Parameters=parameters())
    assert stacks.status("right") == "CREATE_COMPLETE", stacks.events("right")
    wrong = parameters(Subnets=f"{subnets[0]},subnet-12345678")
    stacks.create("wrong", {"B": bucket()}, sections=sections, Parameters=wrong)
    reason = (
        "Parameter validation failed: parameter value subnet-12345678 for parameter name Subnets "
        "does not exist"
    )
    assert stacks.describe("wrong")["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [event.get("ResourceStatusReason", "") for event in stacks.events("wrong")]
    assert f"{reason}. Rollback requested by user." in reasons
    created = stacks.client.create_change_set(
        StackName="right",
        ChangeSetName="wrong",
        UsePreviousTemplate=True,
        Parameters=parameters(Vpc="vpc-12345678"),
    )
    described = stacks.client.describe_change_set(ChangeSetName=created["Id"])
    assert described["Status"] == "FAILED"
    assert "vpc-12345678 for parameter name Vpc does not exist" in described["StatusReason"]


def test_a_branch_that_is_not_taken_imports_nothing(stacks: Stacks) -> None:
    branch = {"Fn::If": ["Alerting", {"Fn::ImportValue": {"Fn::Sub": "${Module}-Arn"}}, "none"]}
    sections = {
        "Parameters": {"Module": {"Type": "String", "Default": ""}},
        "Conditions": {"Alerting": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Module"}, ""]}]}},
    }
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": branch}}
    stacks.create("module", {"P": parameter}, sections=sections)
    assert stacks.status("module") == "CREATE_COMPLETE", stacks.events("module")
    given = [{"ParameterKey": "Module", "ParameterValue": "alerting"}]
    stacks.update("module", {"P": parameter}, sections=sections, Parameters=given)
    assert stacks.status("module") == "UPDATE_ROLLBACK_COMPLETE"
