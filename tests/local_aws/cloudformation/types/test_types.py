"""Resource types: what their resources become, by the services' own word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    ROLE,
    Stacks,
    refused,
)
from tests.local_aws.delivered import client


def test_a_roles_policies_are_given_changed_and_taken(stacks: Stacks, aws: LocalAws) -> None:
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    inline = [{"PolicyName": "inline", "PolicyDocument": document}]

    def role(**properties: Any) -> dict[str, Any]:
        base: dict[str, Any] = ROLE["Properties"]
        return {"Role": {**ROLE, "Properties": {**base, "RoleName": "r", **properties}}}

    iam = client(aws, "iam")
    stacks.create("role", role(ManagedPolicyArns=[read_only], Policies=inline))
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [item["PolicyArn"] for item in attached] == [read_only]
    stacks.update("role", role(Policies=inline))
    assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["inline"]
    stacks.client.delete_stack(StackName="role")
    code, _ = refused(lambda: iam.get_role(RoleName="r"))
    assert code == "NoSuchEntity"


def test_a_managed_policy_can_be_changed_again_and_again(stacks: Stacks, aws: LocalAws) -> None:
    def managed(action: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        properties = {"ManagedPolicyName": "m", "PolicyDocument": document}
        return {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}

    stack_id = stacks.create("policy", managed("s3:Get0"))
    for number in range(1, 7):
        stacks.update("policy", managed(f"s3:Get{number}"))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/m"
    versions = client(aws, "iam").list_policy_versions(PolicyArn=arn)["Versions"]
    assert [each["IsDefaultVersion"] for each in versions].count(True) == 1
    assert len(versions) == 5
    stacks.client.delete_stack(StackName="policy")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def test_a_topics_changed_subscription_takes_the_place_of_the_old(
    stacks: Stacks, aws: LocalAws
) -> None:
    def topic(*endpoints: str) -> dict[str, Any]:
        subscriptions = [{"Protocol": "email", "Endpoint": endpoint} for endpoint in endpoints]
        return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": subscriptions}}}

    def endpoints() -> set[str]:
        listed = client(aws, "sns").list_subscriptions()["Subscriptions"]
        return {each["Endpoint"] for each in listed}

    stacks.create("topic", topic("a@example.com", "b@example.com"))
    stacks.update("topic", topic("b@example.com", "c@example.com"))
    assert endpoints() == {"b@example.com", "c@example.com"}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("AWS::KMS::Key", {"Description": "a"}, {"Description": "b", "EnableKeyRotation": "true"}),
        ("AWS::Logs::LogGroup", {"RetentionInDays": 7}, {"RetentionInDays": "30"}),
        ("AWS::Logs::LogGroup", {"RetentionInDays": 7}, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ],
)
def test_what_aws_changes_in_place_is_not_replaced(
    stacks: Stacks, kind: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    outputs = {"Outputs": {"Ref": {"Value": {"Ref": "R"}}}}
    stacks.create("place", {"R": {"Type": kind, "Properties": before}}, sections=outputs)
    made = stacks.outputs("place")
    stacks.update("place", {"R": {"Type": kind, "Properties": after}}, sections=outputs)
    assert stacks.status("place") == "UPDATE_COMPLETE"
    assert stacks.outputs("place") == made


def test_a_log_groups_arn_ends_in_a_star(stacks: Stacks) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}
    outputs = {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["G", "Arn"]}}}}
    stacks.create("group", {"G": group}, sections=outputs)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g:*"
    assert stacks.outputs("group") == {"Arn": arn}


def wide(version: str) -> dict[str, Any]:
    """Resources of many services, each with a property that the version changes."""
    statement = {"Effect": "Allow", "Action": f"s3:Get{version}", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for_anybody = {**document, "Statement": [{**statement, "Principal": "*"}]}
    trust = ROLE["Properties"]["AssumeRolePolicyDocument"]
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
            {"Topics": [{"Ref": "Topic"}], "PolicyDocument": for_anybody},
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
        "Key": ("AWS::KMS::Key", {"Description": version, "KeyPolicy": for_anybody}),
        "Alias": ("AWS::KMS::Alias", {"AliasName": "alias/a", "TargetKeyId": {"Ref": "Key"}}),
        "Rule": ("AWS::Events::Rule", {"EventPattern": {"source": [version]}}),
        "Parameter": ("AWS::SSM::Parameter", {"Type": "String", "Name": "/a", "Value": version}),
        "Repository": ("AWS::ECR::Repository", {"RepositoryName": "repo", "Tags": tags}),
        "Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16", "Tags": tags}),
        "Subnet": ("AWS::EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}),
        "Stream": ("AWS::Logs::LogStream", {"LogGroupName": {"Ref": "Group"}}),
        "Version": ("AWS::Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
        "Live": (
            "AWS::Lambda::Alias",
            {
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                "Name": "live",
                "Description": version,
            },
        ),
        "Aggregator": (
            "AWS::Config::ConfigurationAggregator",
            {"AccountAggregationSources": [{"AccountIds": [version * 12], "AllAwsRegions": True}]},
        ),
        "Authorization": (
            "AWS::Config::AggregationAuthorization",
            {"AuthorizedAccountId": version * 12, "AuthorizedAwsRegion": "us-east-1"},
        ),
        "Linked": (
            "AWS::IAM::ServiceLinkedRole",
            {"AWSServiceName": "autoscaling.amazonaws.com", "Description": version},
        ),
        "Delivery": (
            "AWS::KinesisFirehose::DeliveryStream",
            {
                "DeliveryStreamName": "delivery",
                "S3DestinationConfiguration": {
                    "BucketARN": "arn:aws:s3:::delivered",
                    "RoleARN": role_arn,
                    "Prefix": version,
                },
            },
        ),
        "Metadata": ("AWS::CDK::Metadata", {"Analytics": version}),
        "Handle": ("AWS::CloudFormation::WaitConditionHandle", {}),
    }
    return {name: {"Type": kind, "Properties": given} for name, (kind, given) in properties.items()}


def test_resources_of_many_services_are_created_updated_and_deleted(
    stacks: Stacks, aws: LocalAws
) -> None:
    stack_id = stacks.create("wide", wide("1"))
    assert stacks.finished("wide")["StackStatus"] == "CREATE_COMPLETE"
    stacks.update("wide", wide("2"))
    assert stacks.finished("wide")["StackStatus"] == "UPDATE_COMPLETE"
    role = client(aws, "iam").get_role(RoleName="AWSServiceRoleForAutoScaling")["Role"]
    assert role["Description"] == "2"
    described = client(aws, "firehose").describe_delivery_stream(DeliveryStreamName="delivery")
    (destination,) = described["DeliveryStreamDescription"]["Destinations"]
    assert destination["S3DestinationDescription"]["Prefix"] == "2"
    (aggregator,) = client(aws, "config").describe_configuration_aggregators()[
        "ConfigurationAggregators"
    ]
    assert aggregator["AccountAggregationSources"][0]["AccountIds"] == ["2" * 12]
    stacks.client.delete_stack(StackName="wide")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert [event for event in stacks.events(stack_id) if "FAILED" in event["ResourceStatus"]] == []


def test_an_access_key_is_switched_off_in_place(stacks: Stacks, aws: LocalAws) -> None:
    def keyed(status: str) -> dict[str, Any]:
        user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}}
        key = {"UserName": {"Ref": "User"}, "Status": status}
        return {"User": user, "Key": {"Type": "AWS::IAM::AccessKey", "Properties": key}}

    def found() -> list[tuple[str, str]]:
        keys = client(aws, "iam").list_access_keys(UserName="u")["AccessKeyMetadata"]
        return [(key["AccessKeyId"], key["Status"]) for key in keys]

    stack_id = stacks.create("keyed", keyed("Active"))
    ((key_id, _),) = found()
    stacks.update("keyed", keyed("Inactive"))
    assert found() == [(key_id, "Inactive")]
    stacks.client.delete_stack(StackName="keyed")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def table(**properties: Any) -> dict[str, Any]:
    given = {
        "TableName": "kept",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {**given, **properties}}}


def test_an_updated_table_keeps_its_items(stacks: Stacks, aws: LocalAws) -> None:
    dynamodb = client(aws, "dynamodb")
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
    gateway = {"Type": "AWS::EC2::VPNGateway", "Properties": {"Type": "ipsec.1"}}
    stack_id = stacks.create("stays", {"Gateway": gateway})
    stacks.client.delete_stack(StackName="stays")
    assert stacks.reason(stack_id, "Gateway", "DELETE_SKIPPED") == (
        "The local AWS cannot delete a resource of type AWS::EC2::VPNGateway"
    )


def test_a_topic_policy_goes_and_the_default_comes_back(stacks: Stacks, aws: LocalAws) -> None:
    sns = client(aws, "sns")
    arn = sns.create_topic(Name="topic")["TopicArn"]
    default = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"Topics": [arn], "PolicyDocument": document}
    stacks.create("topic", {"P": {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}})
    policy = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    assert json.loads(policy) == document
    stacks.client.delete_stack(StackName="topic")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"] == default
