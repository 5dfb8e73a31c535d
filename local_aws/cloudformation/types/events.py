"""Amazon EventBridge's rules."""

from __future__ import annotations

from collections.abc import Iterable

from local_aws.cloudformation.resources.resource_types import (
    Call,
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
)


def _put(change: Change) -> Steps:
    tags = change.items("Tags") or None
    wanted = {**change.properties, "Name": change.name, "Tags": tags}
    answer = yield call("events", "PutRule", wanted)
    yield Made(change.name, {"Arn": answer["RuleArn"]})
    gone = _ids(change.gone("Targets")) - _ids(change.items("Targets"))
    if gone:
        yield _removal(change, gone)
    if change.new("Targets"):
        targets = {"Rule": change.name, "Targets": change.new("Targets")}
        yield call("events", "PutTargets", {**change.properties, **targets})


def _ids(targets: Iterable[Properties]) -> set[str]:
    return {str(target["Id"]) for target in targets}


def _removal(change: Change, ids: Iterable[str]) -> Call:
    wanted = {**change.properties, "Rule": change.name, "Ids": sorted(ids)}
    return call("events", "RemoveTargets", wanted)


def _delete(change: Change) -> Steps:
    if change.items("Targets"):
        yield _removal(change, _ids(change.items("Targets")))
    yield call("events", "DeleteRule", {**change.properties, "Name": change.name})


TYPES = (
    ResourceType(
        name="AWS::Events::Rule",
        create=_put,
        update=_put,
        delete=_delete,
        naming=Naming("Name", longest=64),
        replaced_by=("EventBusName",),
    ),
)
