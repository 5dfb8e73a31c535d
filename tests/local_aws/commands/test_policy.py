"""`python -m local_aws policy`: enough for what was called, and nothing too much, as enforced."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from cloudtrail.policies.policy_from_records import policy_of
from local_aws import LocalAws
from local_aws.__main__ import main
from local_aws.commands import policy_proof
from local_aws.commands.policy_proof import ActionVerdict
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
        TableName="worker",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": "a"}],
    )
    item = {"id": {"S": "1"}}
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "worker", "Item": item}}])
    dynamodb.get_item(TableName="worker", Key=item)
    dynamodb.list_tables()


def objects(make: Make) -> None:
    s3 = make("s3")
    s3.create_bucket(Bucket="worker-files")
    s3.put_object(Bucket="worker-files", Key="a/b", Body=b"1")
    s3.head_object(Bucket="worker-files", Key="a/b")
    s3.list_objects_v2(Bucket="worker-files")
    s3.list_buckets()
    s3.copy_object(Bucket="worker-files", Key="c", CopySource="worker-files/a/b")
    s3.delete_objects(Bucket="worker-files", Delete={"Objects": [{"Key": "c"}]})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(
        Bucket="worker-files", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


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


def queues(make: Make) -> None:
    make("sqs").create_queue(QueueName="worker")


def stacks(make: Make) -> None:
    """A stack whose resources CloudFormation makes with the caller's rights."""
    function = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": ANSWERING},
    }
    role = {"AssumeRolePolicyDocument": json.loads(TRUST), "Tags": [{"Key": "a", "Value": "b"}]}
    properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": "10"}
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Own": {"Type": "Custom::Own", "Properties": properties},
        }
    }
    cloudformation = make("cloudformation")
    cloudformation.create_stack(
        StackName="worker",
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="worker", WaiterConfig={"Delay": 1})


ANSWERING = """
import cfnresponse
def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {})
"""
APPS = [tables, objects, messages, secrets, gateways, stacks]


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


EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def derived(aws: LocalAws, capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    assert main(["policy", "--endpoint-url", aws.endpoint_url, *options]) == 0
    return json.loads(capsys.readouterr().out)


def work(app: Callable[[Make], None]) -> policy_proof.Work:
    """The app as work to be proved, done by clients that have the keys of the proof's user."""

    def do(variables: Mapping[str, str]) -> int:
        session = boto3.Session(
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_REGION"],
        )
        endpoint = variables["AWS_ENDPOINT_URL"]
        try:
            app(lambda service: session.client(service, endpoint_url=endpoint))  # type: ignore[call-overload]
        except (ClientError, WaiterError):
            return 1
        return 0

    return do


@pytest.mark.parametrize("app", APPS)
def test_the_policy_is_enough_and_nothing_in_it_is_too_much(
    app: Callable[[Make], None], aws: LocalAws
) -> None:
    recorded = policy_proof.record(aws, work(app))
    assert recorded.attempt.code == 0
    assert len(recorded.needs) >= 3
    enforced = policy_proof.enforce(aws, work(app), recorded.policy)
    assert (enforced.code, enforced.denied) == (0, ())
    assert enforced.calls == recorded.attempt.calls
    without = {
        each.action: each.verdict
        for each in policy_proof.take_away(aws, work(app), recorded.policy)
    }
    assert without.pop("s3:DeleteObject", ActionVerdict.NOT_MISSED) is ActionVerdict.NOT_MISSED
    assert set(without.values()) == {ActionVerdict.NEEDED}


@pytest.mark.parametrize("app", [objects, tables, queues, stacks])
def test_a_policy_for_other_resources_is_not_enough(
    app: Callable[[Make], None], aws: LocalAws
) -> None:
    needs = policy_proof.record(aws, work(app)).needs
    for need in needs.values():
        need.resources = {each.replace("worker", "other") for each in need.resources}
    enforced = policy_proof.enforce(aws, work(app), policy_of(needs))
    assert enforced.code == 1
    assert "worker" in str(enforced.denied)


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
    assert "there are no calls" in capsys.readouterr().err
    make = _worker(aws, EVERYTHING)
    make("sqs").list_queues()
    assert main(options) == 2
    told = capsys.readouterr().err
    assert "several principals made calls" in told
    assert f"1 call  {USER}" in told
    assert f"3 calls  {ROOT}" in told
    assert derived(aws, capsys, "--user", USER)["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:ListQueues"], "Resource": ["*"]}
    ]
    assert main([*options, "--role", "arn:aws:iam::123456789012:role/none"]) == 2
    assert "has made no calls" in capsys.readouterr().err
    assert main([*options, "--since", "2099-01-01T00:00:00Z"]) == 2
    assert main(["policy", "--endpoint-url", "http://127.0.0.1:1"]) == 3
