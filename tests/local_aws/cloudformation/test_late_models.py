"""moto's models of resources are loaded when they are asked for, and then all of them."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.waiting import LONG

DEPLOY = """
import boto3
from local_aws import LocalAws

with LocalAws() as aws:
    session = boto3.Session("test", "test", region_name="us-east-1")
    stacks = session.client("cloudformation", endpoint_url=aws.endpoint_url)
    template = {"Resources": {"Logs": {"Type": "AWS::S3::Bucket"}}}
    stacks.create_stack(StackName="logs", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="logs", WaiterConfig={"Delay": 1})
print(json.dumps("moto.ec2" in sys.modules))

import importlib.util
from moto.cloudformation import parsing

asked = sorted(parsing.get_model_map())
plain = importlib.util.spec_from_file_location("moto.cloudformation.plain", parsing.__file__)
loaded = importlib.util.module_from_spec(plain)
plain.loader.exec_module(loaded)
print(json.dumps(asked == sorted(loaded.get_model_map())))
print(json.dumps(len(asked)))
"""


def test_a_stack_of_described_types_loads_no_models_and_a_look_all_that_moto_has() -> None:
    command = [sys.executable, "-c", f"import json, sys\n{DEPLOY}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=True).stdout
    has_ec2, are_all, types = map(json.loads, said.splitlines())
    assert (has_ec2, are_all) == (False, True)
    assert types > 90
