"""The calls that Amazon EventBridge gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, Properties, api_call


def _rule_put(change: Change) -> Iterator[ApiCall]:
    arn = getattr(change.model, "arn", None)
    answer = {"RuleArn": arn} if arn else None
    tags = change.items("Tags") or None
    wanted = {**change.properties, "Name": change.name, "Tags": tags}
    yield api_call("events", "PutRule", wanted, answer)
    gone = _target_ids(change.gone("Targets")) - _target_ids(change.items("Targets"))
    if gone:
        yield _targets_removed(change, gone)
    if change.new("Targets"):
        targets = {"Rule": change.name, "Targets": change.new("Targets")}
        wanted = {**change.properties, **targets}
        yield api_call("events", "PutTargets", wanted, {"FailedEntryCount": 0})


def _target_ids(targets: Iterable[Properties]) -> set[str]:
    return {str(target["Id"]) for target in targets}


def _targets_removed(change: Change, ids: Iterable[str]) -> ApiCall:
    wanted = {**change.properties, "Rule": change.name, "Ids": sorted(ids)}
    return api_call("events", "RemoveTargets", wanted, {"FailedEntryCount": 0})


def _rule_deleted(change: Change) -> Iterator[ApiCall]:
    if change.items("Targets"):
        yield _targets_removed(change, _target_ids(change.items("Targets")))
    yield api_call("events", "DeleteRule", {**change.properties, "Name": change.name})


CALLS = {
    "AWS::Events::Rule": Calls(_rule_put, _rule_put, _rule_deleted),
}
