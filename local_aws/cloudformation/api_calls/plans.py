"""Plans: what API calls CloudFormation makes for a resource that it changes.

A plan yields the calls of a creation, update or deletion in their order, parameters taken
from the resolved properties and outputs from the model that the resource became. Where the
Template Reference names the operations behind a property, these are they; types that are
not in the table make no calls that are known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cloudtrail.records.service_models import error_shape, operation_model
from local_aws.cloudformation.api_shapes import output_of, parameters_of, text

Kind = Literal["created", "updated", "deleted"]
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """An operation with its parameters and output, by botocore's member names."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    output: Mapping[str, Any]


def api_call(
    service: str, operation: str, parameters: Properties, output: Properties | None = None
) -> ApiCall:
    """The call, with what the operation's model knows of parameters and output."""
    return ApiCall(
        service,
        operation,
        parameters_of(service, operation, parameters),
        output_of(service, operation, output or {}),
    )


def declares(call: ApiCall, error_code: str) -> bool:
    """Whether the call's operation is documented to fail with the error."""
    model = operation_model(call.service, call.operation)
    declared = [shape.name for shape in model.error_shapes] if model else []
    return error_shape(call.service, error_code) in declared


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that was created, updated or deleted.

    `name` is what it was created under, `physical_id` what `Ref` gives; `before` holds an
    updated resource's earlier properties, and is empty otherwise. `model` is None where the
    creation failed.
    """

    type: str
    name: str
    physical_id: str
    properties: Properties
    before: Properties
    model: Any
    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def changed(self, names: Iterable[str]) -> dict[str, Any]:
        """The properties of these names that differ from before; None where one is gone."""
        return {
            name: self.properties.get(name)
            for name in names
            if self.properties.get(name) != self.before.get(name)
        }

    def items(self, name: str) -> list[Any]:
        """A list property, empty where it is not given."""
        return list(self.properties.get(name) or [])

    def gone(self, name: str) -> list[Any]:
        """What a list property held before and does not now."""
        kept = self.items(name)
        return [item for item in self.before.get(name) or [] if item not in kept]

    def new(self, name: str) -> list[Any]:
        """What a list property holds now and did not before."""
        return [item for item in self.items(name) if item not in (self.before.get(name) or [])]


Plan = Callable[[Change], Iterator[ApiCall]]


@dataclass(frozen=True, slots=True)
class Calls:
    """The plans of a type.

    `undone_when_failed`: a creation that fails half-way deletes what it had made.
    `answers_at_once`: the calls succeed, and what becomes of them shows later.
    """

    created: Plan
    updated: Plan
    deleted: Plan
    undone_when_failed: bool = False
    answers_at_once: bool = False

    def of(self, kind: Kind) -> Plan:
        """The plan of a creation, update or deletion."""
        return {"created": self.created, "updated": self.updated, "deleted": self.deleted}[kind]


def without(properties: Properties, *names: str) -> dict[str, Any]:
    """The properties but those of these names."""
    return {name: value for name, value in properties.items() if name not in names}


def retag(
    change: Change, service: str, operations: tuple[str, str], identifier: Properties
) -> Iterator[ApiCall]:
    """The calls that put new and changed tags, and remove those that are gone."""
    tag, untag = operations
    now, before = tags_of(change.properties), tags_of(change.before)
    new = [{"Key": key, "Value": now[key]} for key in now if now[key] != before.get(key)]
    gone = [key for key in before if key not in now]
    if new:
        yield api_call(service, tag, {**identifier, "Tags": new})
    if gone:
        yield api_call(service, untag, {**identifier, "TagKeys": gone})


def tags_of(properties: Properties) -> dict[str, Any]:
    """Values of the tags by their keys, whether the type lists or maps them."""
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def unchanging(change: Change) -> Iterator[ApiCall]:  # noqa: ARG001 - a plan
    """The plan of updates that the engine makes by a new resource in place of the old one."""
    yield from ()


def attributes(properties: Properties, *others: str) -> dict[str, str]:
    """Properties as the attributes that SNS and SQS take, all of them texts; not the `others`."""
    given = without(properties, *others)
    return {name: text(value) for name, value in given.items() if value is not None}
