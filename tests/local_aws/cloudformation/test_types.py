"""Resource types: what their resources become, by the services' own word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    ROLE,
    Stacks,
    bucket,
    policy,
    refused,
)
from tests.local_aws.subscribers import log_group, topic


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
    document = delivery_policy("trail-logs", properties.get("S3KeyPrefix", ""), ACCOUNT, arn)
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
        IncludeGlobalServiceEvents=True,
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
    assert {"Key": "lab", "Value": "yes"} in tags


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


@pytest.mark.parametrize(
    "empty",
    [
        {"EventSelectors": []},
        {"EventSelectors": [], "AdvancedEventSelectors": ONLY_TABLES},
        {"InsightSelectors": [], "Tags": []},
    ],
)
def test_empty_lists_of_a_trail_are_none(stacks: Stacks, empty: Any, aws: LocalAws) -> None:
    stacks.create("trail", trail(**empty))
    assert stacks.status("trail") == "CREATE_COMPLETE"
    found = aws.client("cloudtrail").get_event_selectors(TrailName="stack-trail")
    advanced = empty.get("AdvancedEventSelectors")
    assert found.get("AdvancedEventSelectors") == advanced
    assert ("EventSelectors" in found) == (advanced is None)


def open_key(aws: LocalAws) -> str:
    """The ARN of a key that anybody may use."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = aws.client("kms").create_key(Policy=document)["KeyMetadata"]["Arn"]
    return arn


def test_what_a_trails_template_no_longer_says_is_what_aws_makes_of_it(
    stacks: Stacks, aws: LocalAws
) -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
    key, pair, (news, _) = open_key(aws), log_group(aws), topic(aws, "news", arn)
    whole = {
        "S3KeyPrefix": "prefix",
        "KMSKeyId": key,
        "SnsTopicName": news,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
        "EventSelectors": [{"ReadWriteType": "WriteOnly"}],
        **pair,
    }
    stacks.create("trail", trail(**whole))
    assert stacks.status("trail") == "CREATE_COMPLETE"
    stacks.update("trail", trail())
    assert stacks.status("trail") == "UPDATE_COMPLETE"
    cloudtrail = aws.client("cloudtrail")
    assert cloudtrail.get_trail(Name="stack-trail")["Trail"] == {
        "Name": "stack-trail",
        "S3BucketName": "trail-logs",
        "IncludeGlobalServiceEvents": False,
        "IsMultiRegionTrail": False,
        "HomeRegion": "us-east-1",
        "TrailARN": arn,
        "LogFileValidationEnabled": False,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
        **pair,
    }


def test_a_trail_waits_for_no_policy_of_its_log_role(stacks: Stacks, aws: LocalAws) -> None:
    pair = log_group(aws)
    aws.client("iam").delete_role_policy(RoleName="trail-logs-role", PolicyName="logs")
    resources = trail(**pair)
    arn = pair["CloudWatchLogsLogGroupArn"]
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": arn}
    given = {
        "PolicyName": "late",
        "Roles": ["trail-logs-role"],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    late = {"Type": "AWS::IAM::Policy", "DependsOn": "Trail", "Properties": given}
    stacks.create("trail", {**resources, "Late": late})
    reason = stacks.reason("trail", "Trail", "CREATE_FAILED")
    assert "Access denied. Check the permissions for your role." in reason
    early = {**late, "DependsOn": []}
    stacks.create(
        "early",
        {
            **resources,
            "Late": early,
            "Trail": {**resources["Trail"], "DependsOn": ["Policy", "Late"]},
        },
    )
    assert stacks.status("early") == "CREATE_COMPLETE"


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
        base: dict[str, Any] = ROLE["Properties"]
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
    versions = aws.client("iam").list_policy_versions(PolicyArn=arn)["Versions"]
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
        listed = aws.client("sns").list_subscriptions()["Subscriptions"]
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
    role = aws.client("iam").get_role(RoleName="AWSServiceRoleForAutoScaling")["Role"]
    assert role["Description"] == "2"
    described = aws.client("firehose").describe_delivery_stream(DeliveryStreamName="delivery")
    (destination,) = described["DeliveryStreamDescription"]["Destinations"]
    assert destination["S3DestinationDescription"]["Prefix"] == "2"
    (aggregator,) = aws.client("config").describe_configuration_aggregators()[
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
        keys = aws.client("iam").list_access_keys(UserName="u")["AccessKeyMetadata"]
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
    gateway = {"Type": "AWS::EC2::VPNGateway", "Properties": {"Type": "ipsec.1"}}
    stack_id = stacks.create("stays", {"Gateway": gateway})
    stacks.client.delete_stack(StackName="stays")
    assert stacks.reason(stack_id, "Gateway", "DELETE_SKIPPED") == (
        "The local AWS cannot delete a resource of type AWS::EC2::VPNGateway"
    )


def test_a_topic_policy_goes_and_the_default_comes_back(stacks: Stacks, aws: LocalAws) -> None:
    sns = aws.client("sns")
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
