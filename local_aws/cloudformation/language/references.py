"""What the parts of a template refer to, and the resulting order of creation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec import Struct

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.functions import VARIABLE, sub_arguments


class Reference(Struct, frozen=True):
    """A name that a template value refers to, by `Ref` or (with `attribute`) by `Fn::GetAtt`."""

    name: str
    attribute: str | None = None


def references(value: Any) -> Iterator[Reference]:
    """Every `Ref`, `Fn::GetAtt` and `${...}` of `Fn::Sub` inside a template value."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        yield from _references_of_mapping(value)


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a template value, outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from mappings(item)


def conditions(value: Any) -> Iterator[str]:
    """The names of the conditions in a template value, in `Fn::If` or `Condition`."""
    for each in mappings(value):
        if set(each) == {"Condition"} and isinstance(each["Condition"], str):
            yield each["Condition"]
        if set(each) == {"Fn::If"}:
            yield str(each["Fn::If"][0])


def _references_of_mapping(value: Mapping[str, Any]) -> Iterator[Reference]:
    if isinstance(value.get("Ref"), str) and len(value) == 1:
        yield Reference(value["Ref"])
        return
    if "Fn::GetAtt" in value and len(value) == 1:
        name, attribute = value["Fn::GetAtt"][:2]
        yield Reference(name, attribute if isinstance(attribute, str) else "")
        yield from references(attribute)
        return
    if "Fn::Sub" in value and len(value) == 1:
        yield from _references_of_sub(value["Fn::Sub"])
        return
    for item in value.values():
        yield from references(item)


def _references_of_sub(argument: Any) -> Iterator[Reference]:
    template, variables = sub_arguments(argument)
    yield from references(variables)
    for literal, name in VARIABLE.findall(template):
        if not literal and name not in variables:
            logical_id, _, attribute = name.strip().partition(".")
            yield Reference(logical_id, attribute or None)


def dependencies(definition: Mapping[str, Any]) -> set[str]:
    """Names that a resource's definition depends on: `DependsOn` and every reference."""
    explicit = definition.get("DependsOn", [])
    names = {explicit} if isinstance(explicit, str) else set(explicit)
    return names | {reference.name for reference in references(definition.get("Properties", {}))}


_IMPLICIT = {"AWS::Config::DeliveryChannel": "AWS::Config::ConfigurationRecorder"}
"""Types that wait for another, although no template says so, as in CloudFormation's own example."""


def creation_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Logical ids, each after everything that it depends on.

    Raises ValidationError if resources depend on each other in a circle.
    """
    graph = {
        logical_id: [name for name in resources if name in dependencies(definition)]
        for logical_id, definition in resources.items()
    }
    for logical_id, definition in resources.items():
        implicit = _IMPLICIT.get(definition["Type"])
        for name, other in resources.items():
            if other["Type"] == implicit and logical_id not in graph[name]:
                graph[logical_id].append(name)
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{circle}]") from error


def imports(value: Any) -> Iterator[Any]:
    """Every `Fn::ImportValue` argument inside a template value, unresolved."""
    return (each["Fn::ImportValue"] for each in mappings(value) if "Fn::ImportValue" in each)
