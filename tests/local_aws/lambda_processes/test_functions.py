"""Lambda functions as local processes: what a function sees, and what its caller gets."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.lambda_processes import functions
from local_aws.web.web_server import THREADS
from tests.conftest import OneAtATime
from tests.local_aws.delivered import trail
from tests.local_aws.processes import runs
from tests.waiting import LONG, until

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
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
        "Timeout": 30,  # not more than a queue hides a message for
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


def ends_late(client: Any, begun: Callable[[], bool]) -> None:
    """Have its time be up once the function has begun, for which a busy machine needs more."""
    for seconds in (1, 5, 25, 125):
        client.update_function_configuration(FunctionName="f", Timeout=seconds)
        error = failure(client)
        assert error["errorType"] == "Sandbox.Timedout"
        if begun():
            break
    assert error["errorMessage"].endswith(f"Task timed out after {seconds}.00 seconds")
    assert begun()


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
        "Timeout": 240,
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
    waiter.wait(StackName="node", WaiterConfig={"Delay": 1, "MaxAttempts": 240})
    stack = client.describe_stacks(StackName="node")["Stacks"][0]
    assert stack["Outputs"] == [{"OutputKey": "Up", "OutputValue": "there"}]


LIST_BUCKETS = """
    const found = await new S3Client({}).send(new ListBucketsCommand({}));
    return { names: found.Buckets.map((bucket) => bucket.Name) };
};
"""
REQUIRE = """
const { S3Client, ListBucketsCommand } = require("@aws-sdk/client-s3");
exports.handler = async () => {
"""
IMPORT = """
import { S3Client, ListBucketsCommand } from "@aws-sdk/client-s3";
export const handler = async () => {
"""
IMPORT_LATER = """
export const handler = async () => {
    const { S3Client, ListBucketsCommand } = await import("@aws-sdk/client-s3");
"""


@needs_node
@pytest.mark.parametrize(
    ("file", "start"), [("index.js", REQUIRE), ("index.mjs", IMPORT), ("index.mjs", IMPORT_LATER)]
)
def test_a_node_function_has_the_sdk_with_its_roles_keys(
    aws: LocalAws, file: str, start: str
) -> None:
    aws.client("s3").create_bucket(Bucket="seen")
    client = create(aws, start + LIST_BUCKETS, file=file, Runtime="nodejs24.x")
    assert answer(client, {}) == {"names": ["seen"]}
    events = aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListBuckets"}]
    )["Events"]
    record = json.loads(events[0]["CloudTrailEvent"])
    assert record["userIdentity"]["type"] == "AssumedRole"
    assert "aws-sdk-js" in record["userAgent"]


@needs_node
def test_a_promise_that_is_kept_ends_the_invocation_whatever_else_waits(aws: LocalAws) -> None:
    source = "exports.handler = async () => { setTimeout(() => {}, 600_000); return { n: 1 }; };"
    client = create(aws, source, file="index.js", Runtime="nodejs24.x")
    assert answer(client, {}) == {"n": 1}


@needs_node
def test_a_client_that_is_not_installed_is_named_with_what_to_run(aws: LocalAws) -> None:
    source = 'exports.handler = async () => require("@aws-sdk/client-no-such");'
    error = failure(create(aws, source, file="index.js", Runtime="nodejs24.x"))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "npm install --no-save --prefix" in error["errorMessage"]
    assert error["errorMessage"].endswith(" @aws-sdk/client-no-such")


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")

LEAVE = """
import os, sys, time
def leave(path):
    # Detached as a daemon is: another session, another parent, and the output kept open.
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open(path, "w") as out:
                out.write(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    while not os.path.exists(path) or not open(path).read():
        time.sleep(0.01)
"""


@linux_only
def test_a_detached_child_ends_with_the_invocation(aws: LocalAws, tmp_path: Path) -> None:
    source = f"{LEAVE}def handler(event, context): leave(event['path'])"
    client = create(aws, source)
    assert answer(client, {"path": str(tmp_path / "child")}) is None
    assert not runs(int((tmp_path / "child").read_text()))


@linux_only
def test_a_detached_child_ends_when_the_time_is_up(aws: LocalAws, tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = f"{LEAVE}def handler(event, context):\n leave({str(child)!r})\n time.sleep(600)"
    ends_late(create(aws, source), lambda: child.exists() and bool(child.read_text()))
    assert not runs(int(child.read_text()))


SERVE = """
import json, sys
from local_aws import LocalAws
from tests.local_aws.lambda_processes.test_functions import create
with LocalAws() as aws:
    create(aws, sys.stdin.read(), Timeout=600).invoke(FunctionName="f", InvocationType="Event")
    import threading
    threading.Event().wait()
"""


@linux_only
def test_a_function_and_its_children_end_with_a_killed_server(tmp_path: Path) -> None:
    child, own = tmp_path / "child", tmp_path / "own"
    source = (
        f"{LEAVE}def handler(event, context):\n leave({str(child)!r})\n"
        f" open({str(own)!r}, 'w').write(str(os.getpid()))\n time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as server:
        assert server.stdin
        server.stdin.write(source.encode())
        server.stdin.close()
        until(lambda: own.exists() and own.read_text())
        server.kill()
    until(lambda: not runs(int(own.read_text())))
    until(lambda: not runs(int(child.read_text())))


@linux_only
def test_nothing_of_the_server_is_in_the_process(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
import os, pathlib
def handler(event, context):
    environments = [f"/proc/{each}/environ" for each in ("self", os.getppid())]
    opened = {name: os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
              if os.path.lexists(f"/proc/self/fd/{name}")}
    return {
        "environments": [pathlib.Path(each).read_text() for each in environments],
        "open": opened,
        "cwd": os.getcwd(),
        "task": os.environ["LAMBDA_TASK_ROOT"],
        "home": os.listdir(pathlib.Path.home()),
    }
"""
    monkeypatch.setenv("MY_TOKEN", "a-secret-of-the-server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret-of-the-server")
    seen = answer(create(aws, source))
    assert "secret-of-the-server" not in "".join(seen["environments"])
    assert (seen["cwd"], seen["open"]["0"]) == (seen["task"], "/dev/null")
    assert sorted(seen["open"]) == ["0", "1", "2"]
    assert ".aws" not in seen["home"]


def test_what_a_function_prints_is_kept_within_bounds(aws: LocalAws) -> None:
    source = "def handler(event, context):\n for _ in range(50): print('x' * 1_000_000)"
    client = create(aws, source)
    allow(aws, "logs:*")
    assert answer(client) is None
    kept = log(aws)
    assert len(kept) < 1_100_000
    assert "bytes more were left out" in kept


@linux_only
def test_the_memory_of_a_function_is_bounded(aws: LocalAws) -> None:
    source = "def handler(event, context): return len(bytearray(3 << 30))"
    assert failure(create(aws, source))["errorType"] == "MemoryError"


@needs_node
def test_a_node_function_is_stopped_when_its_time_is_up(aws: LocalAws) -> None:
    source = "exports.handler = async () => { for (;;); };"
    error = failure(create(aws, source, file="index.js", Runtime="nodejs24.x", Timeout=1))
    assert error["errorType"] == "Sandbox.Timedout"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return 'x' * 7_000_000", "Function.ResponseSizeTooLarge"),
        ("os.mkfifo('../result'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('no JSON'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('{}'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('[' * 100_000); os._exit(0)", "Runtime.ExitError"),
    ],
)
def test_a_result_is_a_file_of_json_within_bounds(aws: LocalAws, body: str, kind: str) -> None:
    source = f"import os\ndef handler(event, context): {body}"
    assert failure(create(aws, source))["errorType"] == kind


def test_names_in_a_package_never_leave_the_functions_folder(aws: LocalAws, tmp_path: Path) -> None:
    source = """
import os
def handler(event, context):
    found = [os.path.join(folder, name) for folder, _, names in os.walk("..") for name in names]
    return {"files": found, "link": os.path.islink("link")}
"""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", source)
        archive.writestr("../../../../../../escaped", "x")
        archive.writestr(f"{tmp_path}/absolute", "x")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    seen = answer(create(aws, "", Code={"ZipFile": content.getvalue()}))
    task = {name for name in seen["files"] if name.startswith("../task/")}
    others = {"../code.zip", "../request"}
    assert set(seen["files"]) == task | others
    assert not seen["link"]
    assert list(tmp_path.iterdir()) == []


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(27):
            archive.writestr(f"{number}", bytes(10_000_000))
    return content.getvalue()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (bomb, "Unzipped size must be smaller than 262144000 bytes"),
        (lambda: b"no zip", "Could not unzip uploaded file."),
        (lambda: package("x", "a/" * 3000), "Could not unzip uploaded file."),
    ],
    ids=["bomb", "no zip", "long name"],
)
def test_a_package_that_lambda_would_not_take_is_not_run(
    aws: LocalAws, code: Callable[[], bytes], message: str
) -> None:
    error = failure(create(aws, "", Code={"ZipFile": code()}))
    assert error["errorType"] == "InvalidParameterValueException"
    assert error["errorMessage"].startswith(message)


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


FAILS = "def handler(event, context): raise ValueError('no')"


def _queue(aws: LocalAws, name: str) -> tuple[str, str]:
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def _invoked_by_an_event(aws: LocalAws, client: Any) -> None:
    client.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"n": 1}')
    for _ in range(3):
        aws.deliver_now()
        aws.advance(timedelta(minutes=2))


@pytest.mark.parametrize(("most", "count"), [(None, 3), (1, 2), (0, 1)])
def test_an_event_is_tried_again_and_told_of(
    most: int | None, count: int, patient_aws: LocalAws
) -> None:
    url, arn = _queue(patient_aws, "failed")
    client = create(patient_aws, FAILS)
    client.put_function_event_invoke_config(
        FunctionName="f",
        DestinationConfig={"OnFailure": {"Destination": arn}},
        **({} if most is None else {"MaximumRetryAttempts": most}),
    )
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == count
    assert told["requestPayload"] == {"n": 1}
    assert told["responsePayload"]["errorType"] == "ValueError"


def test_an_event_that_fails_goes_to_the_dead_letter_queue(patient_aws: LocalAws) -> None:
    url, arn = _queue(patient_aws, "dead")
    client = create(patient_aws, FAILS, DeadLetterConfig={"TargetArn": arn})
    described = client.get_function_configuration(FunctionName="f")
    assert described["DeadLetterConfig"] == {"TargetArn": arn}
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"]
    )["Messages"]
    assert json.loads(message["Body"]) == {"n": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"


def test_a_result_is_sent_where_it_is_asked_for(patient_aws: LocalAws) -> None:
    url, arn = _queue(patient_aws, "done")
    client = create(patient_aws, "def handler(event, context): return event['n'] + 1")
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == 2
