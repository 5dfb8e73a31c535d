"""Amazon CloudWatch Logs' groups, streams and filters."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    ResourceType,
    Steps,
    call,
    one,
    retag,
    tags_of,
)


def _create(change: Change) -> Steps:
    group = {"logGroupName": change.name}
    tags = tags_of(change.properties) or None
    yield call("logs", "CreateLogGroup", {**change.properties, **group, "Tags": tags})
    yield Made(change.name, {"Arn": f"{_arn(change)}:*"})
    yield from _retain(change)


def _arn(change: Change) -> str:
    return change.arn("logs", f"log-group:{change.name}")


def _retain(change: Change) -> Steps:
    group = {"logGroupName": change.name}
    for days in change.changed(["RetentionInDays"]).values():
        verb = "Put" if days else "Delete"
        yield call("logs", f"{verb}RetentionPolicy", {**group, "retentionInDays": days})


def _update(change: Change) -> Steps:
    yield from _retain(change)
    for key in change.changed(["KmsKeyId"]).values():
        verb = "Associate" if key else "Disassociate"
        yield call("logs", f"{verb}KmsKey", {"logGroupName": change.name, "kmsKeyId": key})
    arn = {"resourceArn": _arn(change)}
    yield from retag("logs", arn, change)


_PUT_METRIC = one("logs", "PutMetricFilter", filterName="name")
_PUT_SUBSCRIPTION = one("logs", "PutSubscriptionFilter", filterName="name")


def _put_destination(change: Change) -> Steps:
    tags = None if change.before else tags_of(change.properties) or None
    named = {**change.properties, "destinationName": change.name, "tags": tags}
    answer = yield call("logs", "PutDestination", named)
    arn = answer["destination"]["arn"]
    yield Made(change.name, {"Arn": arn})
    for policy in change.changed(["DestinationPolicy"]).values():
        access = {"destinationName": change.name, "accessPolicy": policy}
        yield call("logs", "PutDestinationPolicy", access)
    if change.before:
        yield from retag("logs", {"resourceArn": arn}, change)


_PUT_RESOURCE_POLICY = one("logs", "PutResourcePolicy", policyName="name")

TYPES = (
    ResourceType(
        name="AWS::Logs::Destination",
        create=_put_destination,
        update=_put_destination,
        delete=one("logs", "DeleteDestination", destinationName="name"),
        naming=Naming("DestinationName", longest=512),
        properties=("DestinationName", "DestinationPolicy", "RoleArn", "Tags", "TargetArn"),
    ),
    ResourceType(
        name="AWS::Logs::ResourcePolicy",
        create=_PUT_RESOURCE_POLICY,
        update=_PUT_RESOURCE_POLICY,
        delete=one("logs", "DeleteResourcePolicy", policyName="name"),
        naming=Naming("PolicyName"),
        properties=("PolicyDocument", "PolicyName"),
    ),
    ResourceType(
        name="AWS::Logs::LogGroup",
        create=_create,
        update=_update,
        delete=one("logs", "DeleteLogGroup", logGroupName="name"),
        naming=Naming("LogGroupName", longest=512),
        fixed=("LogGroupClass",),
        properties=("KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::Logs::LogStream",
        create=one("logs", "CreateLogStream", logStreamName="name"),
        delete=one("logs", "DeleteLogStream", logStreamName="name"),
        naming=Naming("LogStreamName", longest=512),
        properties=("LogGroupName", "LogStreamName"),
    ),
    ResourceType(
        name="AWS::Logs::MetricFilter",
        create=_PUT_METRIC,
        update=_PUT_METRIC,
        delete=one("logs", "DeleteMetricFilter", filterName="name"),
        naming=Naming("FilterName", longest=512),
        properties=(
            "ApplyOnTransformedLogs",
            "EmitSystemFieldDimensions",
            "FieldSelectionCriteria",
            "FilterName",
            "FilterPattern",
            "LogGroupName",
            "MetricTransformations",
        ),
    ),
    ResourceType(
        name="AWS::Logs::SubscriptionFilter",
        create=_PUT_SUBSCRIPTION,
        update=_PUT_SUBSCRIPTION,
        delete=one("logs", "DeleteSubscriptionFilter", filterName="name"),
        naming=Naming("FilterName", longest=512),
        properties=(
            "ApplyOnTransformedLogs",
            "Distribution",
            "DestinationArn",
            "EmitSystemFields",
            "FieldSelectionCriteria",
            "FilterName",
            "FilterPattern",
            "LogGroupName",
            "RoleArn",
        ),
    ),
)
