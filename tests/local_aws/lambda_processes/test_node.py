"""Functions in JavaScript: handlers of each kind, the SDK, and the way out."""

from __future__ import annotations

import json
import shutil

import pytest

from local_aws import LocalAws
from tests.local_aws.lambda_processes.created import ROLE, answer, create, create_role, failure

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


@needs_node
def test_a_node_function_is_stopped_when_its_time_is_up(aws: LocalAws) -> None:
    source = "exports.handler = async () => { for (;;); };"
    error = failure(create(aws, source, file="index.js", Runtime="nodejs24.x", Timeout=1))
    assert error["errorType"] == "Sandbox.Timedout"
