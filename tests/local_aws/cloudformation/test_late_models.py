"""moto's models of resources are loaded when they are asked for, and then all of them."""

from __future__ import annotations

import json
import subprocess
import sys

TYPES = """
from moto.cloudformation.parsing import get_model_map
print(json.dumps(sorted(get_model_map())))
"""
DEPLOY = """
import boto3
from local_aws import LocalAws

with LocalAws() as aws:
    session = boto3.Session("test", "test", region_name="us-east-1")
    stacks = session.client("cloudformation", endpoint_url=aws.endpoint_url)
    template = {"Resources": {"Logs": {"Type": "AWS::S3::Bucket"}}}
    stacks.create_stack(StackName="logs", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="logs", WaiterConfig={"Delay": 0.1})
print(json.dumps("moto.ec2" in sys.modules))
"""


def printed(script: str) -> list[object]:
    """The lines, as JSON, of a process that has loaded nothing yet."""
    command = [sys.executable, "-c", f"import json, sys\n{script}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def test_a_stack_of_described_types_loads_no_models_and_a_look_all_that_moto_has() -> None:
    has_ec2, types = printed(DEPLOY + TYPES)
    assert has_ec2 is False
    assert [types] == printed(TYPES)
