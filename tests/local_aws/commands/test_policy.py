"""`python -m local_aws policy`: enough for what was called, and nothing too much, as enforced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.__main__ import main
from tests.local_aws.delivered import client

USER = "arn:aws:iam::123456789012:user/worker"
ROOT = "arn:aws:iam::123456789012:root"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
Make = Callable[[str], Any]


def tables(make: Make) -> None:
    dynamodb = make("dynamodb")
    dynamodb.create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": "a"}],
    )
    item = {"id": {"S": "1"}}
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "Users", "Item": item}}])
    dynamodb.get_item(TableName="Users", Key=item)
    dynamodb.list_tables()


def objects(make: Make) -> None:
    s3 = make("s3")
    s3.create_bucket(Bucket="worker-files")
    s3.put_object(Bucket="worker-files", Key="a/b", Body=b"1")
    s3.head_object(Bucket="worker-files", Key="a/b")
    s3.list_objects_v2(Bucket="worker-files")
    s3.list_buckets()
    s3.delete_object(Bucket="worker-files", Key="a/b")


def messages(make: Make) -> None:
    sqs, sns = make("sqs"), make("sns")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.publish(TopicArn=topic, Message="m")


def secrets(make: Make) -> None:
    make("secretsmanager").create_secret(Name="password", SecretString="1")
    make("secretsmanager").get_secret_value(SecretId="password")
    make("ssm").put_parameter(Name="/app/stage", Value="dev", Type="String")
    make("ssm").get_parameters(Names=["/app/stage"])
    key = make("kms").create_key()["KeyMetadata"]["KeyId"]
    make("kms").encrypt(KeyId=key, Plaintext=b"1")


def gateways(make: Make) -> None:
    make("apigateway").create_rest_api(name="api")
    make("logs").create_log_group(logGroupName="/app")
    make("cloudwatch").put_metric_data(
        Namespace="app", MetricData=[{"MetricName": "m", "Value": 1.0}]
    )


APPS = [tables, objects, messages, secrets, gateways]


def _worker(aws: LocalAws, policy: Any) -> Make:
    """What makes clients of a user that has this policy alone."""
    iam = client(aws, "iam")
    iam.create_user(UserName="worker")
    key = iam.create_access_key(UserName="worker")["AccessKey"]
    iam.put_user_policy(UserName="worker", PolicyName="derived", PolicyDocument=json.dumps(policy))
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    return lambda service: session.client(  # type: ignore[call-overload]
        service, endpoint_url=aws.endpoint_url
    )


@contextmanager
def enforced(aws: LocalAws, policy: Any) -> Iterator[Make]:
    aws.reset()
    make = _worker(aws, policy)
    _judge(aws, b"0")
    try:
        yield make
    finally:
        _judge(aws, b"inf")


def _judge(aws: LocalAws, after: bytes) -> None:
    url = f"{aws.endpoint_url}/moto-api/reset-auth"
    urlopen(Request(url, data=after, headers={"Content-Type": "text/plain"})).close()


def without(policy: Any, action: str) -> Any:
    statements = [
        {**each, "Action": [one for one in each["Action"] if one != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in statements if each["Action"]]}


REFUSALS = {"AccessDenied", "AccessDeniedException", "403", "AuthorizationError"}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def derived(aws: LocalAws, capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    assert main(["policy", "--endpoint-url", aws.endpoint_url, *options]) == 0
    return json.loads(capsys.readouterr().out)


def _is_refused(aws: LocalAws, app: Callable[[Make], None], policy: Any) -> bool:
    with enforced(aws, policy) as make:
        try:
            app(make)
        except ClientError as error:
            return error.response["Error"]["Code"] in REFUSALS
        return False


@pytest.mark.parametrize("app", APPS)
def test_the_policy_is_enough_and_nothing_in_it_is_too_much(
    app: Callable[[Make], None], aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    app(_worker(aws, EVERYTHING))
    policy = derived(aws, capsys, "--user", USER)
    with enforced(aws, policy) as make:
        app(make)
    actions = [action for each in policy["Statement"] for action in each["Action"]]
    assert len(actions) >= 3
    needless = [each for each in actions if not _is_refused(aws, app, without(policy, each))]
    assert needless == []


def test_a_policy_for_other_resources_is_not_enough(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    objects(client_of(aws))
    text = json.dumps(derived(aws, capsys))
    assert "worker-files" in text
    assert _is_refused(aws, objects, json.loads(text.replace("worker-files", "other-files")))


def client_of(aws: LocalAws) -> Make:
    return lambda service: client(aws, service)


def test_a_stack_needs_what_cloudformation_does_for_its_caller(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    function = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): return 1"},
    }
    role = {"AssumeRolePolicyDocument": json.loads(TRUST)}
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Files": {"Type": "AWS::S3::Bucket"},
        }
    }
    cloudformation = client(aws, "cloudformation")
    cloudformation.create_stack(
        StackName="app", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="app")
    found = {
        action: each["Resource"]
        for each in derived(aws, capsys)["Statement"]
        for action in each["Action"]
    }
    stack = ["arn:aws:cloudformation:us-east-1:123456789012:stack/app/*"]
    roles = ["arn:aws:iam::123456789012:role/app-Role-*"]
    assert found["cloudformation:CreateStack"] == stack
    assert (found["iam:CreateRole"], found["iam:PassRole"]) == (roles, roles)
    assert found["lambda:CreateFunction"] == [
        "arn:aws:lambda:us-east-1:123456789012:function:app-Function-*"
    ]
    assert found["s3:CreateBucket"] == ["arn:aws:s3:::app-files-*"]
    assert "lambda:TagResource" not in found  # the tags are CloudFormation's own


def test_of_several_callers_one_has_to_be_named(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["policy", "--endpoint-url", aws.endpoint_url]
    assert main(options) == 2
    assert "nothing was called" in capsys.readouterr().err
    make = _worker(aws, EVERYTHING)
    make("sqs").list_queues()
    assert main(options) == 2
    told = capsys.readouterr().err
    assert "several have called" in told
    assert f"1 calls  {USER}" in told
    assert f"3 calls  {ROOT}" in told
    assert derived(aws, capsys, "--user", USER)["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:ListQueues"], "Resource": ["*"]}
    ]
    assert main([*options, "--role", "arn:aws:iam::123456789012:role/none"]) == 2
    assert "has called nothing" in capsys.readouterr().err
    assert main([*options, "--since", "2099-01-01T00:00:00Z"]) == 2
    assert main(["policy", "--endpoint-url", "http://127.0.0.1:1"]) == 3
