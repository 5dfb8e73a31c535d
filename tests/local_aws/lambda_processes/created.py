"""Functions made for a test, and what they answer."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from local_aws import LocalAws

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
ROLE = "arn:aws:iam::123456789012:role/function-role"


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
