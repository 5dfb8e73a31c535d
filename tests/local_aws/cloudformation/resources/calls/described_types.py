"""A resource of each described type, and the calls that make it."""

from __future__ import annotations

import json

from tests.local_aws.cloudformation.resources.calls.deployer import (
    POLICY,
    resource,
)
from tests.local_aws.delivered import ACCOUNT

CODE = "def handler(event, context):\n    return event\n"
ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}
TAGS = [{"Key": "lab", "Value": "cloudtrail"}]
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
QUEUE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
        }
    ],
}
OTHERS = {
    "Inline": resource(
        "AWS::IAM::Policy", PolicyName="inline", PolicyDocument=POLICY, Roles=[{"Ref": "Role"}]
    ),
    "Managed": resource(
        "AWS::IAM::ManagedPolicy",
        ManagedPolicyName="managed",
        PolicyDocument=POLICY,
        Roles=[{"Ref": "Role"}],
    ),
    "Function": resource(
        "AWS::Lambda::Function",
        FunctionName="echo",
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE_ARN,
        Timeout="30",
        Code={"ZipFile": CODE},
        Environment={"Variables": {"PASSWORD": "hidden"}},
        Tags=TAGS,
    ),
    "Permission": resource(
        "AWS::Lambda::Permission",
        FunctionName={"Ref": "Function"},
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    ),
    "Version": resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
    "Parameter": resource("AWS::SSM::Parameter", Name="/lab/name", Type="String", Value="x"),
    "Topic": resource(
        "AWS::SNS::Topic",
        TopicName="news",
        DisplayName="News",
        Subscription=[{"Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}],
        Tags=TAGS,
    ),
    "TopicPolicy": resource(
        "AWS::SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=KEY_POLICY
    ),
    "Queue": resource("AWS::SQS::Queue", QueueName="jobs", VisibilityTimeout=60, Tags=TAGS),
    "GlobalTable": resource(
        "AWS::DynamoDB::GlobalTable",
        TableName="everywhere",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Replicas=[{"Region": "us-east-1", "DeletionProtectionEnabled": "false", "Tags": TAGS}],
    ),
    "QueuePolicy": resource(
        "AWS::SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=QUEUE_POLICY
    ),
    "Subscription": resource(
        "AWS::SNS::Subscription",
        TopicArn={"Ref": "Topic"},
        Protocol="lambda",
        Endpoint={"Fn::GetAtt": ["Function", "Arn"]},
        FilterPolicy={"kind": ["new"]},
    ),
    "Source": resource(
        "AWS::Lambda::EventSourceMapping",
        FunctionName={"Ref": "Function"},
        EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
        BatchSize=1,
    ),
    "MetricFilter": resource(
        "AWS::Logs::MetricFilter",
        LogGroupName={"Ref": "LogGroup"},
        FilterPattern="{ $.errorCode = AccessDenied }",
        MetricTransformations=[
            {"MetricName": "denied", "MetricNamespace": "Lab", "MetricValue": "1"}
        ],
    ),
    "SubscriptionFilter": resource(
        "AWS::Logs::SubscriptionFilter",
        LogGroupName={"Ref": "LogGroup"},
        FilterPattern="",
        DestinationArn={"Fn::GetAtt": ["Function", "Arn"]},
    ),
    "Alarm": resource(
        "AWS::CloudWatch::Alarm",
        AlarmName="denied",
        Namespace="Lab",
        MetricName="denied",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[{"Ref": "Topic"}],
    ),
    "Composite": resource(
        "AWS::CloudWatch::CompositeAlarm",
        AlarmRule={"Fn::Sub": "ALARM(${Alarm.Arn})"},
        AlarmActions=[{"Ref": "Topic"}],
    ),
    "Bus": resource("AWS::Events::EventBus", Name="lab-bus", Description="The lab's"),
    "BusPolicy": resource(
        "AWS::Events::EventBusPolicy",
        EventBusName={"Ref": "Bus"},
        StatementId="lab",
        Statement={
            "Effect": "Allow",
            "Principal": {"AWS": ACCOUNT},
            "Action": "events:PutEvents",
            "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        },
    ),
    "Recorder": resource("AWS::Config::ConfigurationRecorder", Name="all", RoleARN=ROLE_ARN),
    "Channel": resource(
        "AWS::Config::DeliveryChannel", "Recorder", Name="all", S3BucketName="config-logs"
    ),
    "ConfigRule": resource(
        "AWS::Config::ConfigRule",
        "Recorder",
        ConfigRuleName="trails",
        Source={"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"},
    ),
    "Secret": resource(
        "AWS::SecretsManager::Secret",
        Name="lab/secret",
        GenerateSecretString={"SecretStringTemplate": "{}", "GenerateStringKey": "password"},
    ),
    "User": resource("AWS::IAM::User", UserName="student", Groups=[{"Ref": "Group"}]),
    "Group": resource("AWS::IAM::Group", GroupName="class"),
    **{
        f"{kind}Policy": resource(
            f"AWS::IAM::{kind}Policy",
            None,
            **{f"{kind}Name": {"Ref": kind}, "PolicyName": "one", "PolicyDocument": POLICY},
        )
        for kind in ("Role", "User", "Group")
    },
    "Key": resource(
        "AWS::KMS::Key",
        KeyPolicy=KEY_POLICY,
        EnableKeyRotation=True,
        PendingWindowInDays="7",
    ),
    "Alias": resource("AWS::KMS::Alias", AliasName="alias/lab", TargetKeyId={"Ref": "Key"}),
    "LogGroup": resource(
        "AWS::Logs::LogGroup", LogGroupName="/lab", RetentionInDays="7", Tags=TAGS
    ),
    "Rule": resource(
        "AWS::Events::Rule",
        Name="lab",
        EventPattern={"source": ["lab"]},
        State="ENABLED",
        Targets=[{"Id": "echo", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}}],
    ),
    "Repository": resource(
        "AWS::ECR::Repository",
        RepositoryName="images",
        ImageScanningConfiguration={"ScanOnPush": "true"},
        ImageTagMutability="IMMUTABLE",
        Tags=TAGS,
    ),
    "Database": resource(
        "AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": "logs", "Description": "a"}
    ),
    "LogTable": resource(
        "AWS::Glue::Table",
        CatalogId=ACCOUNT,
        DatabaseName={"Ref": "Database"},
        TableInput={"Name": "trail", "Parameters": {"classification": "cloudtrail"}},
    ),
    "WorkGroup": resource(
        "AWS::Athena::WorkGroup",
        Name="graders",
        RecursiveDeleteOption="true",
        WorkGroupConfiguration={"BytesScannedCutoffPerQuery": "10000000"},
    ),
    "StackSet": resource(
        "AWS::CloudFormation::StackSet",
        StackSetName="class",
        PermissionModel="SELF_MANAGED",
        CallAs="SELF",
        TemplateBody=json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}),
    ),
}
RESPONDER = """
import cfnresponse

def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, "made")
"""
INVOCATIONS = [
    {
        "Name": "functions",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
        ],
    }
]
CREATED = [
    "AddPermission20150331v2",
    "AttachRolePolicy",
    "CreateAlias",
    "CreateEventBus",
    "CreateEventSourceMapping20150331",
    "CreateFunction20150331",
    "CreateKey",
    "CreateLogGroup",
    "CreatePolicy",
    "CreateQueue",
    "CreateRepository",
    "CreateSecret",
    "CreateStackSet",
    "CreateTopic",
    "EnableKeyRotation",
    "PutConfigRule",
    "PutConfigurationRecorder",
    "PutDeliveryChannel",
    "PutGroupPolicy",
    "PutMetricAlarm",
    "PutMetricFilter",
    "PutParameter",
    "PutPermission",
    "PutRetentionPolicy",
    "PutRolePolicy",
    "PutRule",
    "PutSubscriptionFilter",
    "PutTargets",
    "PutUserPolicy",
    "SetQueueAttributes",
    "SetTopicAttributes",
    "StartConfigurationRecorder",
    "Subscribe",
]
