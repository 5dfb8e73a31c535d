"""The calls that AWS CloudTrail gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, api_call
from local_aws.cloudformation.trail_models import creation_requests


def _trail_created(change: Change) -> Iterator[ApiCall]:
    answers = change.model.answers if change.model is not None else {}
    for operation, request in creation_requests(change.name, change.properties):
        yield api_call("cloudtrail", operation, request, answers.get(operation))


def _trail_updated(change: Change) -> Iterator[ApiCall]:
    for operation, request in change.model.requests:
        yield api_call("cloudtrail", operation, request, change.model.answers.get(operation))


def _trail_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("cloudtrail", "DeleteTrail", {"Name": change.name})


CALLS = {
    "AWS::CloudTrail::Trail": Calls(
        _trail_created, _trail_updated, _trail_deleted, undone_when_failed=True
    ),
}
