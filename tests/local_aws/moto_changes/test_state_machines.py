"""State machines that moto interprets, calling this server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import client, history, table
from tests.local_aws.preconditions import ALLOW_ALL
from tests.local_aws.wire import Wire, send
from tests.waiting import until

PUT = {
    "StartAt": "Put",
    "States": {
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": "Users", "Item": {"id": {"S.$": "$.id"}}},
            "Next": "List",
        },
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sns:listTopics",
            "End": True,
        },
    },
}


@pytest.fixture
def _interpreted(aws: LocalAws) -> Iterator[None]:
    def tell(*, executes: bool) -> None:
        told = json.dumps({"stepfunctions": {"execute_state_machine": executes}}).encode()
        headers = {"Content-Type": "application/json"}
        assert send(aws.endpoint_url, Wire("POST", "/moto-api/config", headers, told)).status < 300

    tell(executes=True)
    yield
    tell(executes=False)


@pytest.mark.usefixtures("_interpreted")
def test_a_machine_calls_this_server_as_its_role(aws: LocalAws) -> None:
    table(aws)
    role = client(aws, "iam").create_role(RoleName="runner", AssumeRolePolicyDocument=ALLOW_ALL)
    states = client(aws, "stepfunctions")
    machine = states.create_state_machine(
        name="machine", definition=json.dumps(PUT), roleArn=role["Role"]["Arn"]
    )["stateMachineArn"]
    started = states.start_execution(stateMachineArn=machine, input=json.dumps({"id": "7"}))

    def ended() -> Any:
        found = states.describe_execution(executionArn=started["executionArn"])
        return None if found["status"] == "RUNNING" else found

    assert (found := until(ended))["status"] == "SUCCEEDED", found
    assert client(aws, "dynamodb").get_item(TableName="Users", Key={"id": {"S": "7"}})["Item"]
    (record,) = [each for each in history(aws) if each["eventName"] == "ListTopics"]
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "runner"
    assert record["userIdentity"]["invokedBy"] == "states.amazonaws.com"
    assert record["sourceIPAddress"] == "states.amazonaws.com"
