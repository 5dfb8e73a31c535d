"""Every property of every described type is sent to a service, or refused by its name.

The types' properties are those of AWS's own schemas, which cfn-lint ships. A plan runs against
answers made of the services' models, and what counts is the calls that it yields.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.validate import ParamValidator

from cloudtrail.records.service_models import operation_model
from local_aws.cloudformation.language.schemas import create_only
from local_aws.cloudformation.resources.failures import CallFailed, ResourceError
from local_aws.cloudformation.resources.handlers import Described
from local_aws.cloudformation.resources.resource_types import (
    ApiCall,
    Change,
    ResourceType,
    perform,
    without,
)
from local_aws.cloudformation.stacks import Resource
from local_aws.cloudformation.types import TYPES

OWN = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"}
"""Types that make nothing, so that nothing is sent."""

DESCRIBED = {each.name: each for each in TYPES if each.name not in OWN}

Properties = dict[str, Any]
Path = tuple[Any, ...]
Sent = list[tuple[str, Any]]


@functools.cache
def schema(name: str) -> Any:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema


ACCOUNT = "1" * 12
WITH = {"DefinitionString": "${of}"}
"""What texts end in, to show that what they refer to counts."""

GIVEN = {
    "IndexName": "index",
    "Protocol": "sqs",
    "Region": "us-east-1",
    "SecretStringTemplate": '{"user": "x"}',
}
"""Values of properties that not any text will do for."""


def names(described: ResourceType, kind: str) -> set[str]:
    """Top-level properties that the schema lists as `readOnlyProperties` and the like."""
    paths = schema(described.name).get(kind) or []
    return {path.split("/")[2] for path in paths if path.count("/") == 2}


def writable(described: ResourceType) -> list[str]:
    return sorted(
        set(schema(described.name)["properties"]) - names(described, "readOnlyProperties")
    )


def value_of(whole: Any, part: Any, path: Path, within: tuple[str, ...] = ()) -> Any:
    """A value that has everything the schema's part allows, each text its own.

    What is defined by itself is given twice, one in the other.
    """
    while "$ref" in part:
        within = (*within, part["$ref"])
        part = whole["definitions"][part["$ref"].rpartition("/")[2]]
    inner = {**part.get("properties", {})}
    for choice in [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]:
        inner = {**choice.get("properties", {}), **inner}
    if inner and all(within.count(each) < 3 for each in within):
        return {name: value_of(whole, each, (*path, name), within) for name, each in inner.items()}
    if "items" in part:
        return [value_of(whole, part["items"], path, within)]
    kinds = part.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if path[-1] in GIVEN and kind == "string":
        return GIVEN[path[-1]]
    if part.get("enum"):
        return part["enum"][0]
    if kind in ("integer", "number"):
        return 1000
    if kind == "boolean":
        return True
    text = f"arn:aws:any:us-east-1:{ACCOUNT}:{'-'.join(map(str, path))}{WITH.get(path[-1], '')}"
    return text if kind == "string" else {"of": text}


def full(described: ResourceType) -> Properties:
    """A value for every property that the type sends."""
    whole = schema(described.name)
    given = {
        name: value_of(whole, whole["properties"][name], (name,)) for name in described.properties
    }
    if described.name == GLOBAL:
        replica = without(given["Replicas"][0], *REFUSED_OF_REPLICAS)
        for index in replica["GlobalSecondaryIndexes"]:
            del index["ContributorInsightsSpecification"]
        for index in given["GlobalSecondaryIndexes"]:
            del index["ReadOnDemandThroughputSettings"], index["ReadProvisionedThroughputSettings"]
        given["Replicas"] = [replica]
    return given


GLOBAL = "AWS::DynamoDB::GlobalTable"
REFUSED_OF_REPLICAS = (
    "ContributorInsightsSpecification",
    "DisassociationProtectionEnabled",
    "GlobalTableSettingsReplicationMode",
    "KinesisStreamSpecification",
    "ReplicaStreamSpecification",
)
"""What of a replica its plans refuse by name."""


@pytest.mark.parametrize("refused", REFUSED_OF_REPLICAS)
def test_what_a_replica_does_not_have_is_refused_by_its_name(refused: str) -> None:
    described = DESCRIBED[GLOBAL]
    replica = {"Region": "us-east-1", refused: [{"Any": "thing"}]}
    with pytest.raises(ResourceError, match=rf"\b{refused}\b"):
        run(described, "create", {**full(described), "Replicas": [replica]}, {})


class Answer(dict[str, Any]):
    """An answer with whatever a plan looks for; what it waits for has succeeded."""

    def __missing__(self, name: str) -> Any:
        return "SUCCEEDED" if name == "Status" else Answer()


def run(described: ResourceType, kind: str, properties: Properties, before: Properties) -> Sent:
    """The calls of a plan, and what of their parameters the service does not know."""
    sent: Sent = []

    def send(call: ApiCall) -> Any:
        if not call.recorded:
            sent.append((call.operation, "read"))
            if call.service == "s3":
                raise CallFailed("NoSuchBucket", "", 404, "")
            return Answer()
        model = operation_model(call.service, call.operation)
        assert model is not None
        assert model.input_shape is not None
        report = ParamValidator().validate(dict(call.parameters), model.input_shape)
        unknown = [each for each in report._errors if each[0] == "unknown field"]
        sent.append((call.operation, repr((call.parameters, unknown))))
        return Answer()

    called = described.naming.given(properties) or "name"
    physical = f"arn:aws:any:us-east-1:{ACCOUNT}:physical"
    change = Change(called, physical, properties, before, ACCOUNT, "us-east-1")
    plan = getattr(described, kind)
    if plan is not None:
        perform(plan(copy.deepcopy(change)), send, lambda _: None)
    return sent


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place inside a value, from its members inwards."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def less(value: Any, path: Path) -> Any:
    """The value without what is at the path."""
    changed = copy.deepcopy(value)
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def with_other(value: Any, path: Path) -> Any:
    """The value with a text at the path that nothing else is."""
    changed = copy.deepcopy(value)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "another"
    return changed


def life(described: ResourceType, properties: Properties) -> Sent | str:
    """All that a resource's life sends; where a plan cannot do without a property, its name."""
    try:
        return [
            *run(described, "create", properties, {}),
            *run(described, "update", properties, {}),
            *run(described, "delete", properties, {}),
        ]
    except (AttributeError, KeyError, ResourceError, TypeError, ValueError) as error:
        return repr(error)


INSTEAD: dict[str, dict[str, str]] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": dict.fromkeys(
        ("ResourceId", "ScalableDimension", "ServiceNamespace"), "ScalingTargetId"
    ),
    "AWS::DynamoDB::GlobalTable": {"SeedCapacity": "ReadCapacityUnits"},
    "AWS::EC2::KeyPair": dict.fromkeys(("KeyFormat", "KeyType"), "PublicKeyMaterial"),
    "AWS::EC2::VPCGatewayAttachment": {
        "InternetGatewayId": "VpnGatewayId",
        "VpcId": "VpnGatewayId",
        "VpnGatewayId": "InternetGatewayId",
    },
    "AWS::Events::EventBusPolicy": dict.fromkeys(("Action", "Condition", "Principal"), "Statement"),
    "AWS::StepFunctions::StateMachine": {"Definition": "DefinitionString"},
    "AWS::S3::Bucket": {
        "NoncurrentVersionExpirationInDays": "NoncurrentVersionExpiration",
    },
    "AWS::SecretsManager::Secret": {"SecretString": "GenerateSecretString"},
}
"""Properties that count only without another one."""

COUNTED = {"AWS::IAM::AccessKey": {"Serial"}}
"""What no service has: its change alone makes a new resource."""


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_property_is_sent_or_refused_by_its_name(name: str) -> None:
    described, lost = DESCRIBED[name], []
    whole = full(described)
    usual = functools.cache(lambda gone: life(described, without_name(whole, gone)))
    for top in set(writable(described)) - COUNTED.get(name, set()):
        if top not in described.properties:
            assert Described(described).lacks([top]) == [top]
            continue
        for path in [(top,), *((top, *inner) for inner in paths(whole[top]))]:
            instead = INSTEAD.get(name, {})
            gone = instead.get(str(path[-1])) or instead.get(top, "")
            base = without_name(whole, gone)
            others = (change(base, path) for change in (less, with_other))
            if all(usual(gone) == life(described, other) for other in others):
                lost.append(".".join(map(str, path)))
    assert lost == []


def without_name(value: Any, name: str) -> Any:
    """The value without members of this name, wherever they are."""
    if isinstance(value, dict):
        return {key: without_name(inner, name) for key, inner in value.items() if key != name}
    return [without_name(each, name) for each in value] if isinstance(value, list) else value


def test_a_property_inside_of_another_is_replaced_as_the_schema_says() -> None:
    kind = "AWS::EC2::VPCEndpoint"
    before, after = (
        Resource("Endpoint", kind, {}, properties={"DnsOptions": options})
        for options in ({"PrivateDnsPreference": "ALL_DOMAINS"}, {"DnsRecordIpType": "ipv4"})
    )
    handler = Described(DESCRIBED[kind])
    assert handler.replaces(before, after)
    assert not handler.replaces(after, after)


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_is_replaced_besides_what_the_schema_says_may_be(name: str) -> None:
    described = DESCRIBED[name]
    perhaps = names(described, "conditionalCreateOnlyProperties") | UNCHANGEABLE.get(name, set())
    assert set(described.replaced_by) <= perhaps
    assert not set(described.replaced_by) & set(create_only(name))


UNCHANGEABLE = {
    "AWS::DynamoDB::Table": {"LocalSecondaryIndexes"},
    "AWS::EC2::EIP": {"Domain", "PublicIpv4Pool"},
    "AWS::Glue::Database": {"DatabaseInput.Name"},
}
"""What the schema does not list, and no operation changes."""

NEEDED = {"AWS::Glue::Table": {"TableInput"}}
"""What a plan cannot do without, though a schema can."""

KEPT = {
    "AWS::CloudTrail::Trail": {"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"},
    "AWS::EC2::VPCEndpoint": {"DnsOptions", "IpAddressType"},
    "AWS::KinesisFirehose::DeliveryStream": {
        "ExtendedS3DestinationConfiguration",
        "HttpEndpointDestinationConfiguration",
        "S3DestinationConfiguration",
    },
    "AWS::S3::Bucket": {"ObjectLockEnabled"},
}
"""What an update leaves as it is, as AWS does, or refuses where a property is no longer given."""

ONLY_ONCE = {
    "AWS::Athena::WorkGroup": {"RecursiveDeleteOption"},
    "AWS::CloudFormation::StackSet": {"OperationPreferences"},
    "AWS::ECR::Repository": {"EmptyOnDelete"},
    "AWS::KMS::Key": {"BypassPolicyLockoutSafetyCheck", "PendingWindowInDays"},
    "AWS::SNS::Subscription": {"Region"},
}
"""What counts when a resource is created or deleted, or when something else of it changes."""


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_property_that_changes_or_goes_is_sent(name: str) -> None:
    described, silent = DESCRIBED[name], []
    if described.update is None:
        return
    still = {*create_only(name), *described.replaced_by, *described.fixed, described.naming.by}
    required = {*(schema(name).get("required") or ()), *NEEDED.get(name, set())}
    for top in set(described.properties) - still - ONLY_ONCE.get(name, set()):
        whole = without_name(full(described), INSTEAD.get(name, {}).get(top, ""))
        other = {**whole, top: changed(whole[top])}
        pairs = {"changes": [(whole, other)]}
        if top not in required:
            pairs["comes"] = [(given, less(whole, (top,))) for given in (whole, other)]
        if top not in required | KEPT.get(name, set()):
            pairs["goes"] = [(less(whole, (top,)), given) for given in (whole, other)]
        silent += [
            f"{top} {what}"
            for what, both in pairs.items()
            if not any(differs(described, now, before) for now, before in both)
        ]
    assert silent == []


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, dict):
        return {name: changed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner) for inner in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value if value in GIVEN.values() else f"{value}-other"


def differs(described: ResourceType, now: Properties, before: Properties) -> bool:
    """Whether an update sends something else than one that changes nothing."""
    return run(described, "update", now, before) != run(described, "update", before, before)
