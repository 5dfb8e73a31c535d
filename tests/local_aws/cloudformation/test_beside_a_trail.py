"""What stands beside a trail now and then: streams, state machines, archives, dashboards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import ACCOUNT, Stacks
from tests.local_aws.delivered import client

BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


def trust(service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}


def resources(version: str, shards: int, role: str) -> dict[str, Any]:
    states = {"A": {"Type": "Pass", "Comment": "${Version}", "End": True}}
    tags = [{"Key": "version", "Value": version}]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": version,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stream = {"Fn::GetAtt": ["Stream", "Arn"]}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Stream": (
            "Kinesis::Stream",
            {"ShardCount": shards, "RetentionPeriodHours": 24 * shards, "Tags": tags},
        ),
        "Machine": (
            "StepFunctions::StateMachine",
            {
                "RoleArn": {"Fn::GetAtt": ["States", "Arn"]},
                "DefinitionString": json.dumps({"StartAt": "A", "States": states}),
                "DefinitionSubstitutions": {"Version": version},
                "Tags": tags,
            },
        ),
        "Archive": (
            "Events::Archive",
            {"SourceArn": BUS, "Description": version, "EventPattern": {"source": [version]}},
        ),
        "Dashboard": ("CloudWatch::Dashboard", {"DashboardBody": json.dumps({"widgets": []})}),
        "Profile": ("IAM::InstanceProfile", {"Roles": [{"Ref": role}]}),
        "LogsPolicy": ("Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": policy}),
        "Destination": (
            "Logs::Destination",
            {
                "DestinationName": "central",
                "RoleArn": {"Fn::GetAtt": ["Ec2", "Arn"]},
                "TargetArn": stream,
                "DestinationPolicy": policy,
            },
        ),
    }
    made = {
        name: {"Type": f"AWS::{kind}", "Properties": given} for name, (kind, given) in kinds.items()
    }
    roles = {"States": trust("states"), "Ec2": trust("ec2"), "Other": trust("ec2")}
    return {**roles, **made}


def test_flow_logs_go_to_a_folder_of_a_bucket(stacks: Stacks, aws: LocalAws) -> None:
    destination = {"Fn::Sub": "${Logs.Arn}/vpc/"}
    flows = {
        "ResourceId": {"Ref": "Vpc"},
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": destination,
    }
    made = {
        "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "flows"}},
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Flows": {"Type": "AWS::EC2::FlowLog", "Properties": flows},
    }
    stacks.create("flows", made)
    assert stacks.status("flows") == "CREATE_COMPLETE", stacks.events("flows")
    ec2 = client(aws, "ec2")
    (found,) = ec2.describe_flow_logs()["FlowLogs"]
    assert found["LogDestination"] == "arn:aws:s3:::flows/vpc/"
    same = {"ResourceIds": [found["ResourceId"]], "ResourceType": "VPC", "TrafficType": "ALL"}
    with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
        ec2.create_flow_logs(
            **same, LogDestinationType="s3", LogDestination="arn:aws:s3:::flows/vpc/"
        )


def test_a_named_query_is_made_anew_and_goes(stacks: Stacks, aws: LocalAws) -> None:
    athena = client(aws, "athena")

    def query(text: str) -> dict[str, Any]:
        given = {"Database": "logs", "QueryString": text, "WorkGroup": "primary"}
        return {"Query": {"Type": "AWS::Athena::NamedQuery", "Properties": given}}

    def texts() -> list[str]:
        ids = athena.list_named_queries()["NamedQueryIds"]
        found = [athena.get_named_query(NamedQueryId=each)["NamedQuery"] for each in ids]
        return [each["QueryString"] for each in found]

    stacks.create("queries", query("SELECT 1"))
    assert texts() == ["SELECT 1"]
    stacks.update("queries", query("SELECT 2"))
    assert texts() == ["SELECT 2"]
    stacks.client.delete_stack(StackName="queries")
    assert texts() == []
    with pytest.raises(ClientError, match="InvalidRequestException"):
        athena.get_named_query(NamedQueryId="nobody's")


def test_a_delivery_channel_waits_for_the_recorder(stacks: Stacks, aws: LocalAws) -> None:
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    made = {
        "Channel": {
            "Type": "AWS::Config::DeliveryChannel",
            "Properties": {"S3BucketName": {"Ref": "Bucket"}},
        },
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Recorder": {
            "Type": "AWS::Config::ConfigurationRecorder",
            "Properties": {"RoleARN": role, "RecordingGroup": {"AllSupported": True}},
        },
        "Role": trust("config"),
    }
    stack_id = stacks.create("config", made)
    assert stacks.status("config") == "CREATE_COMPLETE", stacks.events("config")
    config = client(aws, "config")
    (status,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert status["recording"]
    stacks.client.delete_stack(StackName="config")
    assert stacks.status(stack_id) == "DELETE_COMPLETE", stacks.events(stack_id)


def test_a_secret_has_a_policy(stacks: Stacks, aws: LocalAws) -> None:
    def template(account: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        given = {"SecretId": {"Ref": "S"}, "ResourcePolicy": policy, "BlockPublicPolicy": True}
        return {
            "S": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"Name": "s", "SecretString": "text"},
            },
            "P": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": given},
        }

    def principal() -> str:
        policy = client(aws, "secretsmanager").get_resource_policy(SecretId="s")["ResourcePolicy"]
        return str(json.loads(policy)["Statement"][0]["Principal"]["AWS"])

    stacks.create("secret", template("111122223333"))
    assert stacks.status("secret") == "CREATE_COMPLETE", stacks.events("secret")
    assert principal() == "arn:aws:iam::111122223333:root"
    stacks.update("secret", template("444455556666"))
    assert principal() == "arn:aws:iam::444455556666:root"
    stacks.update("secret", {"S": template("")["S"]})
    assert "ResourcePolicy" not in client(aws, "secretsmanager").get_resource_policy(SecretId="s")


def physical(stacks: Stacks) -> dict[str, str]:
    found = stacks.client.describe_stack_resources(StackName="beside")["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def test_they_change_in_place_and_go(stacks: Stacks, aws: LocalAws) -> None:
    stack_id = stacks.create("beside", resources("1", 1, "Ec2"))
    assert stacks.status("beside") == "CREATE_COMPLETE", stacks.events("beside")
    before = physical(stacks)
    stacks.update("beside", resources("2", 2, "Other"))
    assert stacks.status("beside") == "UPDATE_COMPLETE", stacks.events("beside")
    assert physical(stacks) == before
    kinesis, states = client(aws, "kinesis"), client(aws, "stepfunctions")
    summary = kinesis.describe_stream_summary(StreamName=before["Stream"])
    described = summary["StreamDescriptionSummary"]
    assert (described["OpenShardCount"], described["RetentionPeriodHours"]) == (2, 48)
    tags = kinesis.list_tags_for_stream(StreamName=before["Stream"])["Tags"]
    assert {"Key": "version", "Value": "2"} in tags
    machine = states.describe_state_machine(stateMachineArn=before["Machine"])
    assert json.loads(machine["definition"])["States"]["A"]["Comment"] == "2"
    archive = client(aws, "events").describe_archive(ArchiveName=before["Archive"])
    assert (archive["Description"], json.loads(archive["EventPattern"])) == ("2", {"source": ["2"]})
    iam = client(aws, "iam")
    profile = iam.get_instance_profile(InstanceProfileName=before["Profile"])["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [before["Other"]]
    (policy,) = client(aws, "logs").describe_resource_policies()["resourcePolicies"]
    assert json.loads(policy["policyDocument"])["Statement"][0]["Resource"] == "2"
    stacks.client.delete_stack(StackName="beside")
    assert stacks.status(stack_id) == "DELETE_COMPLETE", stacks.events(stack_id)
    assert kinesis.list_streams()["StreamNames"] == []
    assert states.list_state_machines()["stateMachines"] == []
    assert client(aws, "events").list_archives()["Archives"] == []
    assert client(aws, "cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert client(aws, "logs").describe_destinations()["destinations"] == []
