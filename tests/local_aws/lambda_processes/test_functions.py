"""Lambda functions as local processes: what a function sees, and what its caller gets."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.web.web_server import THREADS
from tests.local_aws.lambda_processes.created import allow, answer, create, ends_late, failure, log
from tests.waiting import LONG, until


def test_the_event_goes_in_and_the_result_comes_out(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): return {'doubled': event['n'] * 2}")
    assert answer(client, {"n": 21}) == {"doubled": 42}


def test_the_function_acts_as_a_session_of_its_role(aws: LocalAws) -> None:
    source = """
import boto3
def handler(event, context):
    return {"arn": boto3.client("sts").get_caller_identity()["Arn"]}
"""
    arn = "arn:aws:sts::123456789012:assumed-role/function-role/f"
    assert answer(create(aws, source)) == {"arn": arn}


def test_the_function_has_its_variables_and_none_of_the_servers(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import os\ndef handler(event, context): return dict(os.environ)"
    client = create(aws, source, Environment={"Variables": {"STAGE": "test"}})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "the-servers-own")
    seen = answer(client)
    assert seen["STAGE"] == "test"
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {"AWS_ENDPOINT_URL_S3", "HTTP_PROXY", "AWS_PROFILE"} & set(seen)


def test_the_context_describes_the_invocation(aws: LocalAws) -> None:
    source = """
def handler(event, context):
    return {
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "left": context.get_remaining_time_in_millis(),
        "id": context.aws_request_id,
    }
"""
    seen = answer(create(aws, source, MemorySize=256))
    assert seen["name"] == "f"
    assert seen["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert seen["memory"] == "256"
    assert seen["group"] == "/aws/lambda/f"
    assert 0 < seen["left"] <= 30_000
    assert len(seen["id"]) == 36


def test_an_exception_is_a_function_error_with_its_type(aws: LocalAws) -> None:
    error = failure(create(aws, "def handler(event, context): raise ValueError('wrong')"))
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "wrong")
    assert "index.py" in "".join(error["stackTrace"])


def test_a_function_is_stopped_when_its_time_is_up(aws: LocalAws) -> None:
    source = """
import subprocess
def handler(event, context):
    print("started", flush=True)
    subprocess.run(["sleep", "600"])
"""
    client = create(aws, source)
    allow(aws, "logs:*")
    ends_late(client, lambda: "started" in log(aws))


def test_a_process_that_dies_is_a_function_error(aws: LocalAws) -> None:
    error = failure(create(aws, "import os\ndef handler(event, context): os._exit(3)"))
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("exit status 3")


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("missing.handler", "Runtime.ImportModuleError"),
        ("index.missing", "Runtime.HandlerNotFound"),
    ],
)
def test_a_handler_that_is_not_there_is_said_so(aws: LocalAws, handler: str, kind: str) -> None:
    error = failure(create(aws, "def handler(event, context): pass", Handler=handler))
    assert error["errorType"] == kind


def test_a_runtime_that_cannot_run_here_is_said_so(aws: LocalAws) -> None:
    error = failure(create(aws, "", Runtime="java21"))
    assert error["errorType"] == "Runtime.NotSupported"
    assert "not java21" in error["errorMessage"]


def test_a_role_without_rights_to_log_leaves_no_log_group(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): print('hello')")
    assert b"hello" in base64.b64decode(
        client.invoke(FunctionName="f", LogType="Tail")["LogResult"]
    )
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    allow(aws, "logs:CreateLogStream", "logs:PutLogEvents")
    client.invoke(FunctionName="f")
    assert aws.client("logs").describe_log_groups()["logGroups"] == []


def test_a_role_that_may_not_write_leaves_an_empty_stream(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): print('hello')")
    allow(aws, "logs:*")
    allow(aws, "logs:PutLogEvents", effect="Deny")
    client.invoke(FunctionName="f")
    logs = aws.client("logs")
    assert len(logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]) == 1
    assert log(aws) == ""


def test_what_a_function_prints_is_in_cloudwatch_logs(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): print('hello from inside')")
    allow(aws, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    response = client.invoke(FunctionName="f", LogType="Tail")
    lines = log(aws).splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert lines[1] == "hello from inside"
    assert lines[2].startswith("END RequestId: ")
    assert lines[3].startswith("REPORT RequestId: ")
    assert "hello from inside" in base64.b64decode(response["LogResult"]).decode()


def test_an_event_invocation_is_answered_before_the_function_ends(aws: LocalAws) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="done")
"""
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="done")["QueueUrl"]
    client = create(aws, source)
    payload = json.dumps({"queue": queue})
    response = client.invoke(FunctionName="f", InvocationType="Event", Payload=payload)
    assert response["StatusCode"] == 202
    messages = until(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
    assert messages[0]["Body"] == "done"


def test_functions_that_call_back_find_the_server(aws: LocalAws) -> None:
    source = """
import os, time, urllib.request
def handler(event, context):
    time.sleep(1)
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_local-aws/status") as answer:
        return answer.status
"""
    create(aws, source, Timeout=240)
    many = THREADS + 4
    config = Config(max_pool_connections=many, read_timeout=LONG, retries={"max_attempts": 0})
    caller = boto3.Session("test", "test", region_name="us-east-1").client(
        "lambda", endpoint_url=aws.endpoint_url, config=config
    )
    with ThreadPoolExecutor(many) as pool:
        answers = pool.map(lambda _: caller.invoke(FunctionName="f"), range(many))
        assert {answer["Payload"].read() for answer in answers} == {b"200"}


def test_more_functions_than_run_at_once_are_refused(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_aws.lambda_processes.concurrency.MOST", 0)
    client = create(aws, "def handler(event, context): pass")
    with pytest.raises(ClientError) as error:
        client.invoke(FunctionName="f")
    assert error.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_a_dry_run_runs_nothing(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): raise ValueError('ran')")
    response = client.invoke(FunctionName="f", InvocationType="DryRun")
    assert response["StatusCode"] == 204
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
