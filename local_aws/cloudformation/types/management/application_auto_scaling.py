"""Application Auto Scaling's scalable targets and policies, such as those of DynamoDB's tables."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
)

_PLACE = ("ResourceId", "ScalableDimension", "ServiceNamespace")


def _register(change: Change) -> Steps:
    yield call("application-autoscaling", "RegisterScalableTarget", change.properties)
    target = "|".join(change.properties[name] for name in _PLACE)
    yield Made(target, {"Id": target})


def _place(properties: Properties) -> Properties:
    """What is scaled, from the policy or from the id of its target."""
    target = properties.get("ScalingTargetId")
    own = {name: properties[name] for name in _PLACE if name in properties}
    return {**own, **dict(zip(_PLACE, str(target).split("|"), strict=False))} if target else own


def _put_policy(change: Change) -> Steps:
    wanted = {**change.properties, **_place(change.properties)}
    answer = yield call("application-autoscaling", "PutScalingPolicy", wanted)
    yield Made(answer["PolicyARN"], {"Arn": answer["PolicyARN"]})


def _delete_policy(change: Change) -> Steps:
    wanted = {**change.properties, **_place(change.properties)}
    yield call("application-autoscaling", "DeleteScalingPolicy", wanted)


TYPES = (
    ResourceType(
        name="AWS::ApplicationAutoScaling::ScalableTarget",
        properties=(*_PLACE, "MaxCapacity", "MinCapacity", "RoleARN", "SuspendedState"),
        create=_register,
        update=_register,
        delete=one("application-autoscaling", "DeregisterScalableTarget"),
    ),
    ResourceType(
        name="AWS::ApplicationAutoScaling::ScalingPolicy",
        properties=(
            *_PLACE,
            "PolicyName",
            "PolicyType",
            "ScalingTargetId",
            "StepScalingPolicyConfiguration",
            "TargetTrackingScalingPolicyConfiguration",
        ),
        create=_put_policy,
        update=_put_policy,
        delete=_delete_policy,
    ),
)
