"""A function that tells what it was called with."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from local_aws import LocalAws
from tests.local_aws.delivered import client
from tests.local_aws.subscribers import trust

_CODE = """
import boto3, json

def handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="received")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
"""


_ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def function(aws: LocalAws, name: str, code: str = _CODE) -> str:
    """A function that puts its events into a queue, or of this code; returns its ARN."""
    client(aws, "sqs").create_queue(QueueName="received")
    role = client(aws, "iam").create_role(
        RoleName=f"{name}-role", AssumeRolePolicyDocument=json.dumps(trust("lambda"))
    )["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [_ANYTHING]}
    client(aws, "iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="all", PolicyDocument=json.dumps(document)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    arn: str = client(aws, "lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="index.handler",
        Timeout=30,  # not more than a queue hides a message for
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    return arn


def received(aws: LocalAws) -> list[Any]:
    """The events that functions were called with."""
    sqs = client(aws, "sqs")
    url = sqs.get_queue_url(QueueName="received")["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]
