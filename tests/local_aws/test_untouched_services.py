"""moto's other services answer here as they answer in plain moto_server.

Both are asked the same; what is drawn at random or told by the clock is masked. What differs on
purpose is in `DIFFERENCES` and, with the same names, in docs/fidelity.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.preconditions import lambda_code
from tests.local_aws.wire import address

DOCUMENT = Path(__file__).parents[2] / "docs" / "fidelity.md"
TRUST = '{"Version":"2012-10-17","Statement":[]}'
KEY = {"AttributeName": "id", "KeyType": "HASH"}
ATTRIBUTE = {"AttributeName": "id", "AttributeType": "S"}
TABLE = {
    "TableName": "Users",
    "KeySchema": [KEY],
    "AttributeDefinitions": [ATTRIBUTE],
    "BillingMode": "PAY_PER_REQUEST",
}
ROLE = "arn:aws:iam::123456789012:role/lab"
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:"
ITEM = {"id": {"S": "1"}}
TEMPLATE = '{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}'
PATTERN = '{"source":["aws.s3"]}'
QUEUE_URL = "http://127.0.0.1/123456789012/queue"

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("iam", "create_role", {"RoleName": "lab", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "get_role", {"RoleName": "lab"}),
    ("iam", "create_user", {"UserName": "alice"}),
    ("iam", "create_user", {"UserName": "alice"}),
    ("iam", "get_user", {"UserName": "nobody"}),
    ("iam", "list_users", {}),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "lab"}),
    ("sts", "get_caller_identity", {}),
    ("s3", "create_bucket", {"Bucket": "bucket"}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "key", "Body": b"text"}),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "key"}),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "unknown"}),
    ("s3", "list_objects_v2", {"Bucket": "bucket"}),
    ("s3", "delete_bucket", {"Bucket": "bucket"}),
    ("s3", "get_bucket_policy", {"Bucket": "unknown"}),
    ("dynamodb", "create_table", TABLE),
    ("dynamodb", "describe_table", {"TableName": "Users"}),
    ("dynamodb", "update_table", {"TableName": "Users", "DeletionProtectionEnabled": False}),
    ("dynamodb", "put_item", {"TableName": "Users", "Item": ITEM}),
    ("dynamodb", "get_item", {"TableName": "Users", "Key": ITEM}),
    ("dynamodb", "scan", {"TableName": "Users"}),
    ("dynamodb", "get_item", {"TableName": "Unknown", "Key": ITEM}),
    ("dynamodb", "list_tables", {}),
    ("sqs", "create_queue", {"QueueName": "queue"}),
    ("sqs", "list_queues", {}),
    ("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "text"}),
    ("sqs", "receive_message", {"QueueUrl": QUEUE_URL}),
    ("sqs", "get_queue_url", {"QueueName": "unknown"}),
    ("sns", "create_topic", {"Name": "topic"}),
    ("sns", "publish", {"TopicArn": TOPIC, "Message": "text"}),
    ("sns", "list_topics", {}),
    ("sns", "get_topic_attributes", {"TopicArn": f"{TOPIC}-unknown"}),
    ("kms", "create_key", {"Description": "lab"}),
    ("kms", "list_keys", {}),
    ("kms", "describe_key", {"KeyId": "unknown"}),
    ("logs", "create_log_group", {"logGroupName": "group"}),
    ("logs", "describe_log_groups", {}),
    ("logs", "describe_log_streams", {"logGroupName": "unknown"}),
    ("events", "put_rule", {"Name": "rule", "EventPattern": PATTERN}),
    ("events", "list_rules", {}),
    ("events", "describe_rule", {"Name": "unknown"}),
    (
        "lambda",
        "create_function",
        {
            "FunctionName": "lab",
            "Role": ROLE,
            "Runtime": "python3.11",
            "Handler": "handler.handler",
            "Code": {"ZipFile": lambda_code()},
        },
    ),
    ("lambda", "get_function_configuration", {"FunctionName": "lab"}),
    ("lambda", "get_function", {"FunctionName": "unknown"}),
    ("lambda", "get_policy", {"FunctionName": "lab"}),
    ("ssm", "put_parameter", {"Name": "p", "Value": "text", "Type": "String"}),
    ("ssm", "get_parameter", {"Name": "p"}),
    ("ssm", "get_parameter", {"Name": "unknown"}),
    ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "text"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "s"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "unknown"}),
    ("ec2", "describe_regions", {}),
    ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
    ("ec2", "describe_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
    ("cloudwatch", "put_metric_data", {"Namespace": "lab", "MetricData": []}),
    ("cloudwatch", "list_metrics", {}),
    ("cloudwatch", "get_dashboard", {"DashboardName": "unknown"}),
    ("kinesis", "create_stream", {"StreamName": "stream", "ShardCount": 1}),
    ("kinesis", "describe_stream", {"StreamName": "unknown"}),
    ("stepfunctions", "list_state_machines", {}),
    ("stepfunctions", "describe_state_machine", {"stateMachineArn": f"{MACHINE}unknown"}),
    ("route53", "create_hosted_zone", {"Name": "example.com", "CallerReference": "1"}),
    ("route53", "get_hosted_zone", {"Id": "Z0UNKNOWN"}),
    ("ecr", "create_repository", {"repositoryName": "images"}),
    ("ecr", "describe_repositories", {"repositoryNames": ["unknown"]}),
    ("athena", "list_work_groups", {}),
    ("athena", "start_query_execution", {"QueryString": "SELECT 1"}),
    ("glue", "create_database", {"DatabaseInput": {"Name": "logs"}}),
    ("glue", "get_table", {"DatabaseName": "logs", "Name": "unknown"}),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "unknown"}),
    ("cognito-idp", "create_user_pool", {"PoolName": "pool"}),
    ("cognito-idp", "describe_user_pool", {"UserPoolId": "us-east-1_unknown"}),
    ("organizations", "describe_organization", {}),
    ("organizations", "create_organization", {"FeatureSet": "ALL"}),
    ("acm", "list_certificates", {}),
    ("apigateway", "create_rest_api", {"name": "api"}),
    ("apigateway", "get_rest_api", {"restApiId": "unknown"}),
    ("cloudformation", "validate_template", {"TemplateBody": TEMPLATE}),
    ("cloudformation", "describe_stacks", {"StackName": "unknown"}),
    ("cloudtrail", "list_trails", {}),
    ("cloudtrail", "lookup_events", {"MaxResults": 1}),
]
"""Asked in this order, each of a server that has answered those before."""

DIFFERENCES = {
    "athena start_query_execution",
    "sts assume_role",
    "sts get_caller_identity",
    "s3 put_object",
    "s3 get_object",
    "dynamodb create_table",
    "dynamodb describe_table",
    "dynamodb update_table",
    "lambda create_function",
    "lambda get_function_configuration",
    "cloudformation validate_template",
    "cloudtrail lookup_events",
}
"""Calls whose answers differ on purpose; docs/fidelity.md gives the reasons."""

_RANDOM = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"[0-9A-Za-z/+=]{16,}"), "RANDOM"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+0000)?"), "TIME"),
    (re.compile(r"\b(vpc|dopt|acl|rtb|sg|igw|subnet)-[0-9a-f]+"), r"\1-ID"),
    (re.compile(r"(us-east-1_)\w+"), r"\1ID"),
    (re.compile(r"\bo-[a-z0-9]{10}\b"), "o-ID"),
    (re.compile(r"(secret:s-)\w+"), r"\1ID"),
)
_VARYING = {"id", "rootResourceId", "creationTime", "RequestId", "HostId"}
"""Members that are short and drawn at random, or times that are numbers."""


_SESSION = boto3.Session("test", "test", region_name="us-east-1")
_ONCE = Config(retries={"total_max_attempts": 1})


def _answer(endpoint: str, service: str, operation: str, parameters: dict[str, Any]) -> Any:
    client: Any = _SESSION.client(service, endpoint_url=endpoint, config=_ONCE)  # type: ignore[call-overload]
    if "QueueUrl" in parameters:
        parameters = parameters | {"QueueUrl": f"{endpoint}/123456789012/queue"}
    try:
        answer = getattr(client, operation)(**parameters)
    except ClientError as error:
        answer = error.response
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    return status, _masked(answer, address(endpoint))


def _masked(value: Any, host: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: "VARYING" if key in _VARYING else _masked(inner, host)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, host) for inner in value]
    if isinstance(value, datetime):
        return "TIME"
    if hasattr(value, "read"):
        value = value.read().decode()
    return _masked_text(value, host) if isinstance(value, str) else value


def _masked_text(text: str, host: str) -> str:
    text = text.replace(host, "HOST")
    for pattern, instead in _RANDOM:
        text = pattern.sub(instead, text)
    return text


def _differing(answers: dict[str, list[Any]]) -> dict[str, tuple[Any, Any]]:
    return {
        f"{service} {operation}": (plain, local)
        for (service, operation, _), plain, local in zip(
            CALLS, answers["plain"], answers["local"], strict=True
        )
        if plain != local
    }


def test_answers_are_equal_but_for_the_listed(aws: LocalAws, plain_moto: str) -> None:
    endpoints = {"plain": plain_moto, "local": aws.endpoint_url}
    answers = {name: [_answer(url, *call) for call in CALLS] for name, url in endpoints.items()}
    differing = _differing(answers)
    print(json.dumps({name: differing[name] for name in differing}, indent=1, default=str))
    assert differing.keys() == DIFFERENCES
    services = {service for service, _, _ in CALLS}
    refused = [status for status, _ in answers["local"] if status >= 400]
    assert len(CALLS) >= 60
    assert len(services) >= 20
    assert len(refused) >= 15


def test_every_difference_is_explained_in_the_docs() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9-]+ [a-z_]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    assert listed == DIFFERENCES
