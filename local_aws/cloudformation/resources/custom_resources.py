"""Custom resources: `Custom::*` and `AWS::CloudFormation::CustomResource`.

Every Create, Update and Delete invokes the Lambda function of `ServiceToken` and waits for its
answer at `ResponseURL` (CloudFormation user guide, *Custom resource reference*).
"""

from __future__ import annotations

import json
import queue
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from moto.awslambda.utils import get_backend

from cloudtrail.partitions import arn_parts_if_any
from local_aws.cloudformation.resources.failures import ResourceError, call_failed
from local_aws.cloudformation.resources.handlers import Handler, StackContext
from local_aws.cloudformation.resources.resource_types import call
from local_aws.cloudformation.stacks import Resource
from local_aws.lambda_processes import functions

Properties = Mapping[str, Any]

LATE_ANSWER_WITHIN = 60.0
"""Seconds to wait for an answer after the function has ended, without `ServiceTimeout`.

AWS waits an hour. A function that ended without an error may have passed its request on. If it
failed, the request fails at once.
"""

_PHYSICAL_ID_LIMIT = 1024
_waiting: dict[str, queue.SimpleQueue[Properties]] = {}


class _Data(dict[str, Any]):
    """An answer's `Data`, as the resource's attributes."""

    def __missing__(self, name: str) -> Any:
        raise ResourceError(
            f"CustomResource attribute error: Vendor response doesn't contain {name} attribute"
        )


class CustomResource(Handler):
    """Resources that a function creates.

    The invocation itself is announced, not sent: an invocation of type `Event` does not report a
    failure.
    """

    def create(self, work: StackContext, resource: Resource) -> None:
        """Send Create. If that raises ResourceError, the rollback sends Delete."""
        answer = _send("Create", work, resource)
        resource.physical_id = _physical_id(answer) or resource.name
        _enter(resource, answer)

    def update(self, work: StackContext, current: Resource, wanted: Resource) -> None:
        """Send Update. If the answer has another physical id, the old resource will be deleted."""
        old = {"OldResourceProperties": _as_text(current.properties)}
        answer = _send("Update", work, wanted, PhysicalResourceId=current.physical_id, **old)
        _enter(wanted, answer)
        wanted.physical_id = _physical_id(answer) or current.physical_id

    def delete(self, work: StackContext, resource: Resource) -> None:
        """Send Delete for this physical id."""
        _check(_send("Delete", work, resource, PhysicalResourceId=resource.physical_id))


def _enter(resource: Resource, answer: Properties) -> None:
    _check(answer)
    resource.attributes = _Data(answer.get("Data") or {})


def _as_text(value: Any) -> Any:
    """Properties as CloudFormation sends them: numbers and booleans as strings."""
    if isinstance(value, Mapping):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _send(kind: str, work: StackContext, resource: Resource, **more: Any) -> Properties:
    """Invoke the function with one request and return its answer."""
    request_id = str(uuid.uuid4())
    stack, service_token = work.stack, resource.properties["ServiceToken"]
    query = urlencode({"stack": stack.stack_id, "request": request_id})
    place = f"{functions.endpoint_url()}/cloudformation_{stack.region_name}/cfnresponse"
    event = {
        "RequestType": kind,
        "ServiceToken": service_token,
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type,
        "ResourceProperties": _as_text(resource.properties),
        **more,
        "RequestId": request_id,
        "ResponseURL": f"{place}?{query}",
    }
    function = _function(work, service_token)
    answers = _waiting.setdefault(request_id, queue.SimpleQueue())
    try:
        return _wait(answers, functions.invoke(function, event), event)
    finally:
        del _waiting[request_id]


def _function(work: StackContext, service_token: str) -> Any:
    """The function. Its invocation is recorded first."""
    named = arn_parts_if_any(service_token)
    if named is None or named.service != "lambda":
        raise ResourceError(
            f"The local AWS needs the ARN of a Lambda function as ServiceToken, got {service_token}"
        )
    asked = {"FunctionName": service_token, "InvocationType": "Event"}
    invocation = call("lambda", "Invoke", asked)
    work.on_behalf.require(invocation)
    try:
        function = get_backend(named.account_id, named.region).get_function(service_token)
    except Exception as error:
        work.on_behalf.announce(invocation, error=call_failed(error))
        raise ResourceError(f"Function not found: {service_token}") from error
    work.on_behalf.announce(invocation)
    return function


def _wait(
    answers: queue.SimpleQueue[Properties], outcome: functions.InvocationResult, request: Properties
) -> Properties:
    seconds = float(request["ResourceProperties"].get("ServiceTimeout") or LATE_ANSWER_WITHIN)
    try:
        return answers.get(timeout=0 if outcome.failed else seconds)
    except queue.Empty:
        cause = f" The function failed: {outcome.error_message}." if outcome.failed else ""
        raise ResourceError(
            "CloudFormation did not receive a response from your Custom Resource. Please check "
            f"your logs for requestId [{outcome.request_id}].{cause}"
        ) from None


def _physical_id(answer: Properties) -> str | None:
    physical_id = answer.get("PhysicalResourceId")
    return str(physical_id) if physical_id else None


def _check(answer: Properties) -> None:
    if answer.get("Status") != "SUCCESS":
        raise ResourceError(
            f"Received response status [{answer.get('Status')}] from custom resource. "
            f"Message returned: {answer.get('Reason', 'No reason given')} "
            f"(RequestId: {answer.get('RequestId')})"
        )
    physical_id = _physical_id(answer)
    if physical_id is None or len(physical_id) > _PHYSICAL_ID_LIMIT:
        raise ResourceError("Invalid PhysicalResourceId")


def receive(request: Any, _full_url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """Take a function's answer at its ResponseURL: 200, 400 if it is no JSON object, 403 if too
    late."""
    answers = _waiting.get(request.args.get("request", ""))
    if answers is None:
        return 403, {}, "Request has expired"
    try:
        answer = json.loads(request.get_data())
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return 400, {}, "Wanted a JSON object: Status, PhysicalResourceId, ..."
    answers.put(answer)
    return 200, {}, ""
