"""CloudFormation templates as values: reading, checking, ordering, comparing.

Pure functions; a template is the dictionary that its JSON or YAML text holds, with
`Fn::GetAtt` always in its list form. Every rule that a template breaks is a
`ValidationError` with CloudFormation's own message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml  # type: ignore[import-untyped]

from local_aws.cloudformation.exceptions import (
    InsufficientCapabilities,
    ValidationError,
)

Template = dict[str, Any]

SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
TEMPLATE_BODY_LIMIT = 51_200
"""Bytes of a `TemplateBody`; larger templates must come by `TemplateURL`."""

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]+")
_IAM_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_IAM_TYPES = frozenset(_IAM_NAMES) | {
    "AWS::IAM::AccessKey",
    "AWS::IAM::Policy",
    "AWS::IAM::UserToGroupAddition",
}


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # untyped
    """YAML with CloudFormation's short function tags; dates and the like stay text."""


def _short_function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_function)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_template(text: str) -> Template:
    """Read a template's JSON or YAML text.

    Raises ValidationError where the text is neither, or not a JSON object.
    """
    try:
        template = json.loads(text)
    except ValueError:
        template = _parse_yaml(text)
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    normalised: Template = _with_attribute_lists(template)
    return normalised


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"Template format error: YAML not well-formed.{where}") from error


def _with_attribute_lists(value: Any) -> Any:
    """The value with every `Fn::GetAtt` as `[logical id, attribute]`."""
    if isinstance(value, list):
        return [_with_attribute_lists(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::GetAtt"}:
        return {"Fn::GetAtt": _attribute_list(value["Fn::GetAtt"])}
    return {key: _with_attribute_lists(item) for key, item in value.items()}


def _attribute_list(argument: Any) -> list[Any]:
    parts = argument.split(".") if isinstance(argument, str) else list(argument)
    if all(isinstance(part, str) for part in parts):
        return [parts[0], ".".join(parts[1:])]
    return [parts[0], *map(_with_attribute_lists, parts[1:])]


@dataclass(frozen=True, slots=True)
class Reference:
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
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    yield from references(variables)
    for name in _VARIABLE.findall(text):
        if name not in variables:
            logical_id, _, attribute = name.strip().partition(".")
            yield Reference(logical_id, attribute or None)


def dependencies(definition: Mapping[str, Any]) -> set[str]:
    """Names that a resource's definition depends on: `DependsOn` and every reference."""
    explicit = definition.get("DependsOn", [])
    names = {explicit} if isinstance(explicit, str) else set(explicit)
    return names | {reference.name for reference in references(definition.get("Properties", {}))}


def creation_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Logical ids, each after everything that it depends on.

    Raises ValidationError where resources depend on each other in a circle.
    """
    graph = {
        logical_id: [name for name in resources if name in dependencies(definition)]
        for logical_id, definition in resources.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{circle}]") from error


def check_template(template: Template) -> None:
    """Raise ValidationError for what CloudFormation refuses before it starts."""
    unknown = [name for name in template if name not in SECTIONS]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if template.get("Transform"):
        raise ValidationError(
            f"Transform {template['Transform']} is not supported by the local AWS: "
            "deploy the transformed template instead."
        )
    _check_resources(template.get("Resources"))
    _check_conditions(template)
    _check_references(template)
    creation_order(template["Resources"])


def _check_resources(resources: Any) -> None:
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    for logical_id, definition in resources.items():
        if not _LOGICAL_ID.fullmatch(logical_id):
            raise ValidationError(
                f"Template format error: Resource name {logical_id} is non alphanumeric."
            )
        if not isinstance(definition, dict) or not isinstance(definition.get("Type"), str):
            raise ValidationError(
                f"Template format error: [/Resources/{logical_id}] "
                "Every Resources object must contain a Type member."
            )


def _check_conditions(template: Template) -> None:
    declared = template.get("Conditions") or {}
    for section in ("Resources", "Outputs"):
        for definition in (template.get(section) or {}).values():
            condition = definition.get("Condition")
            if condition is not None and condition not in declared:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {condition} "
                    f"in the {section} block of the template"
                )


def _check_references(template: Template) -> None:
    resources = template["Resources"]
    names = set(resources) | set(template.get("Parameters") or {})
    for section in ("Resources", "Outputs"):
        body = template.get(section) or {}
        missing = sorted(set(_unresolved(body, names, resources)))
        if missing:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] "
                f"in the {section} block of the template"
            )


def _unresolved(
    section: Mapping[str, Any], names: set[str], resources: Mapping[str, Any]
) -> Iterator[str]:
    for definition in section.values():
        yield from dependencies({"DependsOn": definition.get("DependsOn", [])}) - set(resources)
        checked = {key: definition[key] for key in ("Properties", "Value") if key in definition}
        for reference in references(checked):
            if reference.name.startswith("AWS::"):
                continue
            if reference.attribute is not None and reference.name not in resources:
                raise ValidationError(
                    "Template error: instance of Fn::GetAtt references undefined resource "
                    f"{reference.name}"
                )
            if reference.name not in names:
                yield reference.name


def required_capabilities(template: Template) -> str | None:
    """The capability that a template's IAM resources need, None without such resources."""
    resources = template["Resources"].values()
    iam = [definition for definition in resources if definition["Type"] in _IAM_TYPES]
    if any(_IAM_NAMES.get(item["Type"]) in item.get("Properties", {}) for item in iam):
        return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM" if iam else None


def check_capabilities(template: Template, capabilities: Iterable[str]) -> None:
    """Raise InsufficientCapabilities where the template changes IAM without leave to."""
    needed = required_capabilities(template)
    if needed and not {needed, "CAPABILITY_NAMED_IAM"} & set(capabilities):
        raise InsufficientCapabilities(f"Requires capabilities : [{needed}]")


def check_parameters(template: Template, values: Mapping[str, str]) -> None:
    """Raise ValidationError for parameter values that the template does not allow."""
    declared = template.get("Parameters") or {}
    unknown = [name for name in values if name not in declared]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [
        name for name, slot in declared.items() if name not in values and "Default" not in slot
    ]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in declared.items():
        _check_parameter(name, slot, str(values.get(name, slot.get("Default"))))


def _check_parameter(name: str, slot: Mapping[str, Any], value: str) -> None:
    broken = next(
        (message for holds, message in _constraints(name, slot) if not holds(value)), None
    )
    if broken is None:
        return
    description = slot.get("ConstraintDescription")
    raise ValidationError(
        f"Parameter {name} failed to satisfy constraint: {description}" if description else broken
    )


def _constraints(name: str, slot: Mapping[str, Any]) -> Iterator[tuple[Callable[[str], bool], str]]:
    if "AllowedValues" in slot:
        allowed = {str(item) for item in slot["AllowedValues"]}
        yield (lambda value: value in allowed), f"Parameter '{name}' must be one of AllowedValues"
    if "AllowedPattern" in slot:
        pattern = re.compile(slot["AllowedPattern"])
        yield (
            lambda value: pattern.fullmatch(value) is not None,
            f"Parameter '{name}' must match pattern {slot['AllowedPattern']}",
        )
    if "MinLength" in slot:
        least = int(slot["MinLength"])
        yield (
            lambda value: len(value) >= least,
            f"Parameter '{name}' must contain at least {least} characters",
        )
    if "MaxLength" in slot:
        most = int(slot["MaxLength"])
        yield (
            lambda value: len(value) <= most,
            f"Parameter '{name}' must contain at most {most} characters",
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What an update would do to one resource: `Add`, `Modify` or `Remove`."""

    action: str
    logical_id: str
    type: str
    scope: tuple[str, ...] = ()


def changes(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    changed_parameters: Iterable[str] = (),
) -> list[Change]:
    """Changes from one `Resources` section to another, additions first, removals last.

    A resource is modified too where a parameter it refers to has changed, or where it
    refers to a resource that is modified.
    """
    touched = set(changed_parameters)
    modified = []
    for logical_id in creation_order(new):
        if logical_id not in old:
            continue
        scope = _scope(old[logical_id], new[logical_id], touched)
        if scope:
            touched.add(logical_id)
            modified.append(Change("Modify", logical_id, new[logical_id]["Type"], scope))
    added = [Change("Add", name, new[name]["Type"]) for name in new if name not in old]
    removed = [Change("Remove", name, old[name]["Type"]) for name in old if name not in new]
    return [*added, *modified, *removed]


def _scope(old: Mapping[str, Any], new: Mapping[str, Any], touched: set[str]) -> tuple[str, ...]:
    scope = [
        part
        for part in ("Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy")
        if old.get(part) != new.get(part)
    ]
    if "Properties" not in scope:
        used = {reference.name for reference in references(new.get("Properties", {}))}
        if used & touched:
            scope.insert(0, "Properties")
    if old["Type"] != new["Type"] and "Properties" not in scope:
        scope.insert(0, "Properties")
    return tuple(scope)


@dataclass(frozen=True, slots=True)
class ObjectLocation:
    """Where a `TemplateURL` points."""

    bucket: str
    key: str
    version_id: str | None = None


def object_location(url: str) -> ObjectLocation:
    """Bucket and key of an S3 URL: path-style or virtual-hosted, AWS's hosts or loopback.

    Raises ValidationError for a URL that names no object.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    path = unquote(parts.path).lstrip("/")
    bucket = _bucket_of_host(host)
    if bucket is None:
        bucket, _, path = path.partition("/")
    if parts.scheme not in {"http", "https"} or not (bucket and path):
        raise ValidationError(
            f"TemplateURL must be a supported URL: wanted http(s)://HOST/BUCKET/KEY, got {url}"
        )
    return ObjectLocation(bucket, path, parse_qs(parts.query).get("versionId", [None])[0])


def _bucket_of_host(host: str) -> str | None:
    """The bucket of a virtual-hosted S3 host name, None for a path-style host."""
    aws = re.fullmatch(r"(?:(.+)\.)?s3[.-](?:.+\.)?amazonaws\.com(?:\.cn)?", host)
    if aws:
        return aws.group(1)
    loopback = re.fullmatch(r"(.+?)(?:\.s3)?\.localhost", host)
    return loopback.group(1) if loopback and loopback.group(1) != "s3" else None


def imports(value: Any) -> Iterator[Any]:
    """Every `Fn::ImportValue` argument inside a template value, unresolved."""
    if isinstance(value, list):
        for item in value:
            yield from imports(item)
    elif isinstance(value, dict):
        if "Fn::ImportValue" in value:
            yield value["Fn::ImportValue"]
        for item in value.values():
            yield from imports(item)
