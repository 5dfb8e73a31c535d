"""The calls that AWS Lambda gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import (
    ApiCall,
    Calls,
    Change,
    api_call,
    retag,
    unchanging,
    without,
)


def _function_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "FunctionName": change.name}
    answer = None if change.model is None else change.model.get_configuration(on_create=True)
    yield api_call("lambda", "CreateFunction", wanted, answer)


def _function_updated(change: Change) -> Iterator[ApiCall]:
    function = {"FunctionName": change.name}
    answer = change.model.get_configuration()
    for code in change.changed(["Code"]).values():
        yield api_call("lambda", "UpdateFunctionCode", {**(code or {}), **function}, answer)
    settings = without(change.changed({**change.properties, **change.before}), "Code", "Tags")
    if settings:
        wanted = {**settings, **function}
        yield api_call("lambda", "UpdateFunctionConfiguration", wanted, answer)
    arn = change.arn("lambda", f"function:{change.name}")
    yield from retag(change, "lambda", ("TagResource", "UntagResource"), {"Resource": arn})


def _function_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("lambda", "DeleteFunction", {"FunctionName": change.name})


def _permission_created(change: Change) -> Iterator[ApiCall]:
    wanted = {**change.properties, "StatementId": change.name}
    answer = None if change.model is None else {"Statement": change.model.statement}
    yield api_call("lambda", "AddPermission", wanted, answer)


def _permission_deleted(change: Change) -> Iterator[ApiCall]:
    function = {"FunctionName": change.properties["FunctionName"]}
    yield api_call("lambda", "RemovePermission", {**function, "StatementId": change.name})


CALLS = {
    "AWS::Lambda::Function": Calls(_function_created, _function_updated, _function_deleted),
    "AWS::Lambda::Permission": Calls(_permission_created, unchanging, _permission_deleted),
}
