"""Lambda functions as local processes: what a function sees, and what its caller gets."""

from __future__ import annotations

import base64
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.lambda_processes import functions

ROLE = "arn:aws:iam::123456789012:role/function-role"


@pytest.fixture(autouse=True)
def _without_docker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where a Docker daemon answers, moto's own way would be taken; leave none to find."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    functions.docker_answers.cache_clear()
    yield
    functions.docker_answers.cache_clear()


def package(source: str, name: str = "index.py") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, source)
    return content.getvalue()


def create_role(aws: LocalAws) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    iam = aws.client("iam")
    iam.create_role(RoleName="function-role", AssumeRolePolicyDocument=json.dumps(trust))


def create(aws: LocalAws, source: str, **settings: Any) -> Any:
    """A function f; answers the Lambda client."""
    create_role(aws)
    client = aws.client("lambda")
    request = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Timeout": 30,
        "Code": {"ZipFile": package(source, settings.pop("file", "index.py"))},
    }
    client.create_function(**{**request, **settings})
    return client


def answer(client: Any, event: Any = None) -> dict[str, Any]:
    """An invocation's payload, which must be no error."""
    response = client.invoke(FunctionName="f", Payload=json.dumps(event or {}))
    payload = json.loads(response["Payload"].read())
    assert "FunctionError" not in response, payload
    found: dict[str, Any] = payload
    return found


def failure(client: Any) -> dict[str, Any]:
    """The error payload of an invocation, which must fail as Lambda's fail."""
    response = client.invoke(FunctionName="f")
    assert response["FunctionError"] == "Unhandled"
    assert response["StatusCode"] == 200
    found: dict[str, Any] = json.loads(response["Payload"].read())
    return found


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
    subprocess.run(["sleep", "60"])
"""
    client = create(aws, source, Timeout=1)
    allow(aws, "logs:*")
    error = failure(client)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert "started" in log(aws)


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


def log(aws: LocalAws) -> str:
    """The function's log: all lines of all streams."""
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/f", filterPattern="")
    return "\n".join(event["message"] for event in events["events"])


def allow(aws: LocalAws, *actions: str, effect: str = "Allow") -> None:
    """Give the function's role these rights, or take them, on every log group."""
    statement = {"Effect": effect, "Action": actions, "Resource": "arn:aws:logs:*:*:log-group:*"}
    aws.client("iam").put_role_policy(
        RoleName="function-role",
        PolicyName=effect,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


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
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert messages[0]["Body"] == "done"


def test_a_dry_run_runs_nothing(aws: LocalAws) -> None:
    client = create(aws, "def handler(event, context): raise ValueError('ran')")
    response = client.invoke(FunctionName="f", InvocationType="DryRun")
    assert response["StatusCode"] == 204
    assert aws.client("logs").describe_log_groups()["logGroups"] == []


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node on the PATH")


@needs_node
@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "exports.handler = async (event) => ({ doubled: event.n * 2 });"),
        ("index.mjs", "export const handler = async (event) => ({ doubled: event.n * 2 });"),
        ("index.js", "exports.handler = (event, _, done) => done(null, { doubled: event.n * 2 });"),
    ],
)
def test_a_node_function_runs(aws: LocalAws, file: str, source: str) -> None:
    client = create(aws, source, file=file, Runtime="nodejs24.x")
    assert answer(client, {"n": 21}) == {"doubled": 42}


@needs_node
def test_a_node_functions_exception_is_a_function_error(aws: LocalAws) -> None:
    source = "exports.handler = async () => { throw new TypeError('wrong'); };"
    error = failure(create(aws, source, file="index.js", Runtime="nodejs24.x"))
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "wrong")


CDK_STYLE_ANSWER = """
const https = require("https");
const url = require("url");
exports.handler = async (event, context) => {
  const body = JSON.stringify({
    Status: "SUCCESS", PhysicalResourceId: "node", StackId: event.StackId,
    RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId, Data: { Up: "there" },
  });
  const parsed = url.parse(event.ResponseURL);
  const request = {
    hostname: parsed.hostname, path: parsed.path, method: "PUT",
    headers: { "content-type": "", "content-length": Buffer.byteLength(body) },
  };
  await new Promise((resolve, reject) => {
    https.request(request, (response) => { response.resume(); resolve(); })
      .on("error", reject).end(body);
  });
};
"""
MODULE_ANSWER = """
const response = require("cfn-response");
exports.handler = (event, context) =>
  response.send(event, context, response.SUCCESS, { Up: "there" }, "node");
"""


@needs_node
@pytest.mark.parametrize("source", [CDK_STYLE_ANSWER, MODULE_ANSWER])
def test_a_node_custom_resource_reaches_its_response_url(aws: LocalAws, source: str) -> None:
    create_role(aws)
    function = {
        "Runtime": "nodejs24.x",
        "Handler": "index.handler",
        "Role": ROLE,
        "Timeout": 30,
        "Code": {"ZipFile": source},
    }
    resources = {
        "F": {"Type": "AWS::Lambda::Function", "Properties": function},
        "C": {
            "Type": "Custom::Node",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}},
        },
    }
    outputs = {"Up": {"Value": {"Fn::GetAtt": ["C", "Up"]}}}
    client = aws.client("cloudformation")
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    client.create_stack(StackName="node", TemplateBody=body)
    waiter = client.get_waiter("stack_create_complete")
    waiter.wait(StackName="node", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    stack = client.describe_stacks(StackName="node")["Stacks"][0]
    assert stack["Outputs"] == [{"OutputKey": "Up", "OutputValue": "there"}]
