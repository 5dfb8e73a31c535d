"""The resources an event refers to, as Event history lists them and lookups find them.

AWS publishes no table. Names come from the request and the response (`Users`, a trail's name), as
in real LookupEvents responses for StopLogging, GetTrailStatus and AssumeRole. If that gives no name
for a resource of the record, its ARN is used, as for KMS keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from cloudtrail.records.calls import Record


class EventResource(msgspec.Struct, frozen=True, gc=False):
    """A resource of an event: its CloudFormation type, and its name, ARN or id."""

    type: str
    name: str


_TRAIL = "AWS::CloudTrail::Trail"
_ASSUMED_ROLE = "AWS::STS::AssumedRole"
_TABLE = "AWS::DynamoDB::Table"

_REQUEST: Mapping[str, Mapping[str, str]] = {
    "cloudtrail.amazonaws.com": {
        "name": _TRAIL,
        "trailName": _TRAIL,
        "trailNameList": _TRAIL,
        "resourceId": _TRAIL,
        "resourceIdList": _TRAIL,
        "s3BucketName": "AWS::S3::Bucket",
        "snsTopicName": "AWS::SNS::Topic",
        "kmsKeyId": "AWS::KMS::Key",
        "cloudWatchLogsLogGroupArn": "AWS::Logs::LogGroup",
        "cloudWatchLogsRoleArn": "AWS::IAM::Role",
    },
    "cloudformation.amazonaws.com": {"stackName": "AWS::CloudFormation::Stack"},
    "dynamodb.amazonaws.com": {
        "tableName": _TABLE,
        "sourceTableName": _TABLE,
        "targetTableName": _TABLE,
        "globalTableName": "AWS::DynamoDB::GlobalTable",
    },
    "ec2.amazonaws.com": {
        "instancesSet.items.instanceId": "AWS::EC2::Instance",
        "instanceId": "AWS::EC2::Instance",
        "groupId": "AWS::EC2::SecurityGroup",
        "groupName": "AWS::EC2::SecurityGroup",
        "keyName": "AWS::EC2::KeyPair",
        "subnetId": "AWS::EC2::Subnet",
        "volumeId": "AWS::EC2::Volume",
        "vpcId": "AWS::EC2::VPC",
    },
    "iam.amazonaws.com": {
        "userName": "AWS::IAM::User",
        "roleName": "AWS::IAM::Role",
        "groupName": "AWS::IAM::Group",
        "policyName": "AWS::IAM::Policy",
        "policyArn": "AWS::IAM::Policy",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "accessKeyId": "AWS::IAM::AccessKey",
    },
    "kms.amazonaws.com": {
        "keyId": "AWS::KMS::Key",
        "targetKeyId": "AWS::KMS::Key",
        "aliasName": "AWS::KMS::Alias",
    },
    "lambda.amazonaws.com": {"functionName": "AWS::Lambda::Function"},
    "logs.amazonaws.com": {
        "logGroupName": "AWS::Logs::LogGroup",
        "logStreamName": "AWS::Logs::LogStream",
    },
    "s3.amazonaws.com": {"bucketName": "AWS::S3::Bucket"},
    "secretsmanager.amazonaws.com": {
        "name": "AWS::SecretsManager::Secret",
        "secretId": "AWS::SecretsManager::Secret",
    },
    "sns.amazonaws.com": {"name": "AWS::SNS::Topic", "topicArn": "AWS::SNS::Topic"},
    "sqs.amazonaws.com": {"queueName": "AWS::SQS::Queue", "queueUrl": "AWS::SQS::Queue"},
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role", "roleSessionName": _ASSUMED_ROLE},
}
"""Per event source: where in requestParameters a name is (a dotted path), and its type."""

_RESPONSE: Mapping[str, Mapping[str, str]] = {
    "cloudtrail.amazonaws.com": {"trailARN": _TRAIL},
    "ec2.amazonaws.com": {
        "instancesSet.items.instanceId": "AWS::EC2::Instance",
        "groupId": "AWS::EC2::SecurityGroup",
        "vpc.vpcId": "AWS::EC2::VPC",
    },
    "iam.amazonaws.com": {
        "accessKey.accessKeyId": "AWS::IAM::AccessKey",
        "policy.arn": "AWS::IAM::Policy",
        "role.arn": "AWS::IAM::Role",
        "user.arn": "AWS::IAM::User",
    },
    "kms.amazonaws.com": {"keyMetadata.arn": "AWS::KMS::Key"},
    "sts.amazonaws.com": {
        "credentials.accessKeyId": "AWS::IAM::AccessKey",
        "assumedRoleUser.assumedRoleId": _ASSUMED_ROLE,
        "assumedRoleUser.arn": _ASSUMED_ROLE,
    },
}
"""The same for responseElements."""


def event_resources(record: Record) -> tuple[EventResource, ...]:
    """The resources that `record` refers to, each once."""
    found = dict.fromkeys(_named(record))
    types = {resource.type for resource in found}
    for resource in record.get("resources") or ():
        kind, arn = resource.get("type"), resource.get("ARN")
        if kind and arn and kind not in types:
            found[EventResource(kind, arn)] = None
    return tuple(found)


def _named(record: Record) -> Iterator[EventResource]:
    source = record.get("eventSource", "")
    for table, element in ((_REQUEST, "requestParameters"), (_RESPONSE, "responseElements")):
        for path, kind in table.get(source, {}).items():
            for name in _texts(record.get(element), path.split(".")):
                yield EventResource(kind, name)


def _texts(node: object, path: list[str]) -> Iterator[str]:
    """The strings at `path` below `node`; every item of a list is looked into."""
    if isinstance(node, list):
        for item in node:
            yield from _texts(item, path)
    elif isinstance(node, Mapping) and path:
        yield from _texts(node.get(path[0]), path[1:])
    elif isinstance(node, str) and node and not path:
        yield node
