"""Custom resources: `Custom::*` and `AWS::CloudFormation::CustomResource`.

Every Create, Update and Delete invokes the Lambda function of `ServiceToken` and waits for
what it puts at `ResponseURL` (CloudFormation user guide, *Custom resource reference*).
"""

from __future__ import annotations

import json
import queue
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from moto.awslambda.utils import get_backend
from moto.core.exceptions import ServiceException

from local_aws.cloudformation.handlers import ResourceError
from local_aws.cloudformation.local_models import LocalModel
from local_aws.lambda_processes import functions

Properties = Mapping[str, Any]

LATE_ANSWER_WITHIN = 60.0
"""Seconds to wait for an answer after the function has ended, without `ServiceTimeout`.

AWS waits an hour. A function that ended without an error may have handed its request on;
one that failed has not, and its request fails at once.
"""

_PHYSICAL_ID_LIMIT = 1024
_waiting: dict[str, queue.SimpleQueue[Properties]] = {}


class CustomResource(LocalModel):
    """A custom resource as its function last described it."""

    leaves_replaced = True

    def __init__(self, physical_resource_id: str, request: Properties, data: Properties) -> None:
        super().__init__(physical_resource_id)
        self._request = request
        self._data = data

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::CloudFormation::CustomResource."""
        return "AWS::CloudFormation::CustomResource"

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """A value of the answer's `Data`."""
        if attribute_name not in self._data:
            raise ServiceException(
                "ValidationError",
                f"CustomResource attribute error: Vendor response doesn't contain "
                f"{attribute_name} attribute",
            )
        return self._data[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,  # noqa: ARG003 - the function's ARN names account and Region
        region_name: str,
        **kwargs: Any,
    ) -> CustomResource:
        """Send Create; raises ResourceError, which the rollback answers with Delete."""
        request = {
            "ServiceToken": cloudformation_json["Properties"]["ServiceToken"],
            "StackId": kwargs["StackId"],
            "LogicalResourceId": kwargs["LogicalId"],
            "ResourceType": kwargs["ResourceType"],
            "ResourceProperties": _as_text(cloudformation_json["Properties"]),
        }
        answer = _send("Create", request, region_name)
        created = cls(_physical_id(answer) or resource_name, request, answer.get("Data") or {})
        _check(answer, created)
        return created

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: CustomResource,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,  # noqa: ARG003 - the function's ARN names account and Region
        region_name: str,
    ) -> CustomResource:
        """Send Update; another physical id in the answer means that the old one is to go."""
        request = {
            **original_resource._request,
            "ServiceToken": cloudformation_json["Properties"]["ServiceToken"],
            "PhysicalResourceId": original_resource.physical_resource_id,
            "ResourceProperties": _as_text(cloudformation_json["Properties"]),
            "OldResourceProperties": original_resource._request["ResourceProperties"],
        }
        answer = _send("Update", request, region_name)
        _check(answer, None)
        kept = {key: value for key, value in request.items() if key != "OldResourceProperties"}
        physical_id = _physical_id(answer) or original_resource.physical_resource_id
        return cls(physical_id, kept, answer.get("Data") or {})

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002 - moto's interface
        """Send Delete for this physical id."""
        request = {**self._request, "PhysicalResourceId": self.physical_resource_id}
        _check(_send("Delete", request, region_name), None)


def _as_text(value: Any) -> Any:
    """Properties as CloudFormation sends them: every number and boolean as a string."""
    if isinstance(value, Mapping):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _send(kind: str, request: Properties, region_name: str) -> Properties:
    """Invoke the function with one request; its answer comes back."""
    request_id = str(uuid.uuid4())
    query = urlencode({"stack": request["StackId"], "request": request_id})
    event = {
        "RequestType": kind,
        **request,
        "RequestId": request_id,
        "ResponseURL": (
            f"{functions.endpoint_url()}/cloudformation_{region_name}/cfnresponse?{query}"
        ),
    }
    answers = _waiting.setdefault(request_id, queue.SimpleQueue())
    try:
        outcome = functions.invoke(_function(request["ServiceToken"]), event)
        return _wait(answers, outcome, request)
    finally:
        del _waiting[request_id]


def _function(service_token: str) -> Any:
    parts = service_token.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise ResourceError(
            f"The local AWS needs the ARN of a Lambda function as ServiceToken, got {service_token}"
        )
    try:
        return get_backend(parts[4], parts[3]).get_function(service_token)
    except Exception as error:
        raise ResourceError(f"Function not found: {service_token}") from error


def _wait(
    answers: queue.SimpleQueue[Properties], outcome: functions.Outcome, request: Properties
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


def _check(answer: Properties, created: CustomResource | None) -> None:
    if answer.get("Status") != "SUCCESS":
        raise ResourceError(
            f"Received response status [{answer.get('Status')}] from custom resource. "
            f"Message returned: {answer.get('Reason', 'No reason given')} "
            f"(RequestId: {answer.get('RequestId')})",
            created,
        )
    physical_id = _physical_id(answer)
    if physical_id is None or len(physical_id) > _PHYSICAL_ID_LIMIT:
        raise ResourceError("Invalid PhysicalResourceId", created)


def receive(request: Any, _full_url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """Take what a function puts at its ResponseURL: 200, 400 for no JSON object, 403 when late."""
    answers = _waiting.get(request.args.get("request", ""))
    if answers is None:
        return 403, {}, "Request has expired"
    try:
        answer = json.loads(request.get_data())
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return 400, {}, "A JSON object was wanted: Status, PhysicalResourceId, ..."
    answers.put(answer)
    return 200, {}, ""


HANDLERS = (CustomResource,)
