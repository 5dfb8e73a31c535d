"""Templates by URL, those of nested stacks included."""

from __future__ import annotations

import json
import socket

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    Stacks,
    bucket,
    refused,
)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/templates/path/a%20template.json",
        "http://localhost:{port}/templates/path/a%20template.json",
        "http://templates.localhost:{port}/path/a%20template.json",
        "https://s3.amazonaws.com/templates/path/a%20template.json",
        "https://s3.us-east-1.amazonaws.com/templates/path/a%20template.json",
        "https://templates.s3.amazonaws.com/path/a%20template.json",
        "https://templates.s3.us-east-1.amazonaws.com/path/a%20template.json",
    ],
)
def test_a_template_url_names_an_object_by_any_s3_host(
    stacks: Stacks, aws: LocalAws, url: str
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    body = json.dumps({"Resources": {"B": bucket()}})
    s3.put_object(Bucket="templates", Key="path/a template.json", Body=body)
    port = aws.endpoint_url.rpartition(":")[2]
    stacks.client.create_stack(StackName="url", TemplateURL=url.format(port=port))
    assert stacks.status("url") == "CREATE_COMPLETE"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://127.0.0.1:{port}/a/b"])
def test_a_template_url_opens_no_file_and_no_connection(stacks: Stacks, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        url = url.format(port=elsewhere.getsockname()[1])
        create = stacks.client.create_stack
        code, _ = refused(lambda: create(StackName="url", TemplateURL=url))
        assert code == "ValidationError"
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_a_template_that_is_not_there_is_refused(stacks: Stacks, aws: LocalAws) -> None:
    url = f"{aws.endpoint_url}/missing/template.json"
    create = stacks.client.create_stack
    code, message = refused(lambda: create(StackName="url", TemplateURL=url))
    assert (code, message) == (
        "ValidationError",
        "S3 error: The specified bucket does not exist",
    )


def test_a_nested_stack_hands_its_outputs_up(stacks: Stacks, aws: LocalAws) -> None:
    inner = {"Resources": {"B": bucket("inner")}, "Outputs": {"Name": {"Value": {"Ref": "B"}}}}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="inner.json", Body=json.dumps(inner))
    url = "https://templates.s3.amazonaws.com/inner.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    outputs = {"Outputs": {"Up": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}}}
    tags = [{"Key": "of", "Value": "outer"}]
    stacks.create("outer", {"Nested": nested}, sections=outputs, Tags=tags)
    assert stacks.outputs("outer") == {"Up": "inner"}
    assert tags[0] in s3.get_bucket_tagging(Bucket="inner")["TagSet"]
    tags = [{"Key": "of", "Value": "another"}]
    stacks.update("outer", {"Nested": nested}, sections=outputs, Tags=tags)
    assert tags[0] in s3.get_bucket_tagging(Bucket="inner")["TagSet"]
    stacks.client.delete_stack(StackName="outer")
    assert stacks.client.describe_stacks()["Stacks"] == []
