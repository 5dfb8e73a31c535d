"""The calls that AWS CloudFormation gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, Plan, api_call
from local_aws.cloudformation.api_shapes import text


def _stack_put(operation: str) -> Plan:
    def plan(change: Change) -> Iterator[ApiCall]:
        given = change.properties.get("Parameters") or {}
        parameters = [
            {"ParameterKey": key, "ParameterValue": text(value)} for key, value in given.items()
        ]
        named = {"StackName": change.name, "Parameters": parameters or None}
        answer = None if change.model is None else {"StackId": change.physical_id}
        yield api_call("cloudformation", operation, {**change.properties, **named}, answer)

    return plan


def _stack_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("cloudformation", "DeleteStack", {"StackName": change.physical_id})


def _function_invoked(change: Change) -> Iterator[ApiCall]:
    token = change.properties["ServiceToken"]
    yield api_call("lambda", "Invoke", {"FunctionName": token, "InvocationType": "Event"})


CALLS = {
    "AWS::CloudFormation::CustomResource": Calls(
        _function_invoked, _function_invoked, _function_invoked, answers_at_once=True
    ),
    "AWS::CloudFormation::Stack": Calls(
        _stack_put("CreateStack"), _stack_put("UpdateStack"), _stack_deleted, answers_at_once=True
    ),
}
