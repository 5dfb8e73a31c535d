"""With `functions=False` nothing runs, whatever would start it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws import LocalAws
from local_aws.lambda_processes import functions
from tests.conftest import OneAtATime
from tests.local_aws.delivered import trail
from tests.local_aws.lambda_processes.created import ACCOUNT, FUNCTION, allow, create, failure, log
from tests.waiting import until


def by_event(aws: LocalAws) -> None:
    aws.client("lambda").invoke(FunctionName="f", InvocationType="Event")


def let_read(aws: LocalAws, service: str) -> None:
    """Let the function's role read sources of a service."""
    statement = {"Effect": "Allow", "Action": f"{service}:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    asked = {"RoleName": "function-role", "PolicyName": "read", "PolicyDocument": document}
    aws.client("iam").put_role_policy(**asked)


def by_queue(aws: LocalAws) -> None:
    let_read(aws, "sqs")
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    aws.client("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=arn)
    sqs.send_message(QueueUrl=queue, MessageBody="x")


def by_table_stream(aws: LocalAws) -> None:
    let_read(aws, "dynamodb")
    dynamodb = aws.client("dynamodb")
    table = dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]
    aws.client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=table["LatestStreamArn"], StartingPosition="LATEST"
    )
    dynamodb.put_item(TableName="t", Item={"k": {"S": "x"}})


def by_bucket(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="notifying")
    notified = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="notifying",
        NotificationConfiguration={"LambdaFunctionConfigurations": [notified]},
    )
    s3.put_object(Bucket="notifying", Key="x", Body=b"x")


def by_topic(aws: LocalAws) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    sns.publish(TopicArn=topic, Message="x")


def by_rule(aws: LocalAws) -> None:
    trail(aws, "all")
    events = aws.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"eventName": ["CreateBucket"]}}
    events.put_rule(Name="r", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": FUNCTION}])
    aws.client("s3").create_bucket(Bucket="made")


def by_log_group(aws: LocalAws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_subscription_filter(
        logGroupName="g", filterName="x", filterPattern="", destinationArn=FUNCTION
    )
    line = {"timestamp": int(time.time() * 1000), "message": "x"}
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[line])


def by_custom_resource(aws: LocalAws) -> None:
    resource = {"Type": "Custom::X", "Properties": {"ServiceToken": FUNCTION}}
    client = aws.client("cloudformation")
    body = json.dumps({"Resources": {"C": resource}})
    client.create_stack(StackName="custom", TemplateBody=body, OnFailure="DO_NOTHING")


def by_secret(aws: LocalAws) -> None:
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="x")
    with contextlib.suppress(secrets.exceptions.ClientError):  # whose rotation does not go on
        secrets.rotate_secret(SecretId="s", RotationLambdaARN=FUNCTION, RotateImmediately=True)


WAYS = (
    by_event,
    by_queue,
    by_table_stream,
    by_bucket,
    by_topic,
    by_rule,
    by_log_group,
    by_custom_resource,
    by_secret,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_without_functions_nothing_runs_by_any_way(
    aws_with: OneAtATime, tmp_path: Path, way: Callable[[LocalAws], None]
) -> None:
    aws = aws_with(functions=False)
    source = f"open({str(tmp_path / 'ran')!r}, 'w')\ndef handler(event, context): pass"
    create(aws, source)
    allow(aws, "logs:*")
    way(aws)
    until(lambda: "--no-functions" in refusals(aws))
    assert list(tmp_path.iterdir()) == []


def refusals(aws: LocalAws) -> str:
    """The function's log, empty before it has one."""
    with contextlib.suppress(aws.client("logs").exceptions.ResourceNotFoundException):
        return log(aws)
    return ""


def test_without_functions_invoke_says_why_and_how_to_allow_them(aws_with: OneAtATime) -> None:
    error = failure(create(aws_with(functions=False), "def handler(event, context): pass"))
    assert error["errorType"] == "LocalAws.FunctionsAreOff"
    assert "--no-functions" in error["errorMessage"]
    assert "start it without that option" in error["errorMessage"]


def test_without_functions_no_container_runs_either(aws_with: OneAtATime) -> None:
    from moto.utilities.docker_utilities import DockerModel

    aws_with(functions=False)
    with pytest.raises(functions.NotRun, match="--no-functions"):
        DockerModel().docker_client  # noqa: B018 - a property
