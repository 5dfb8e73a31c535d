"""CloudFormation templates as values: reading, checking, ordering, comparing.

Pure functions; a template is the dictionary that its JSON or YAML text holds, with
`Fn::GetAtt` always in its list form. Every rule that a template breaks is a
`ValidationError` with CloudFormation's own message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml  # type: ignore[import-untyped]

from local_aws.cloudformation import unknown_types
from local_aws.cloudformation.exceptions import (
    InsufficientCapabilities,
    ValidationError,
)
from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.language.functions import VARIABLE, function_of, sub_arguments
from local_aws.cloudformation.language.parameters import check_declarations
from local_aws.cloudformation.resources.api_shapes import text

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

_RESOURCE_KEYS = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Description",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)
_PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
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


def parse_template(body: str) -> Template:
    """Read a template's JSON or YAML text.

    Raises ValidationError where the text is neither, or not a JSON object.
    """
    try:
        template = json.loads(body)
    except ValueError:
        template = _parse_yaml(body)
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    nothing = next(_nulls(template), None)
    if nothing is not None:
        raise ValidationError(f"[{nothing}] 'null' values are not allowed in templates")
    normalised: Template = _with_attribute_lists(template)
    return normalised


def _nulls(value: Any, path: str = "") -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if item is None:
            yield f"{path}/{key}"
        elif isinstance(item, dict | list) and key != "Metadata":
            yield from _nulls(item, f"{path}/{key}")


def _parse_yaml(body: str) -> Any:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
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
    return {text(key): _with_attribute_lists(item) for key, item in value.items()}


def _attribute_list(argument: Any) -> list[Any]:
    parts = argument.split(".") if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
            "resource name and the resource attribute"
        )
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
    for name in SECTIONS - {"AWSTemplateFormatVersion", "Description", "Transform"}:
        if not isinstance(template.get(name, {}), dict):
            raise ValidationError(f"Template format error: {name} must be an object")
    _check_transforms(template)
    check_declarations(template.get("Parameters") or {})
    _check_resources(template.get("Resources"))
    _check_outputs(template.get("Outputs") or {})
    _check_functions(template)
    _check_conditions(template)
    _check_references(template)
    creation_order(template["Resources"])


def _check_transforms(template: Template) -> None:
    """Refuse every transform at once: those of the whole template, and of parts of it."""
    whole = template.get("Transform") or []
    names = {str(name) for name in (whole if isinstance(whole, list) else [whole])}
    names |= {str(inner.get("Name")) for inner in _arguments(template, "Fn::Transform")}
    if names:
        raise ValidationError(
            f"Transform {', '.join(sorted(names))} is not supported by the local AWS: "
            "deploy the transformed template instead (of a stack in an account: aws "
            "cloudformation get-template --template-stage Processed)."
        )


def _arguments(value: Any, function: str) -> Iterator[Any]:
    """The arguments of every call of a function inside a template value."""
    if isinstance(value, dict):
        if set(value) == {function}:
            yield value[function]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _arguments(item, function)


def _check_resources(resources: Any) -> None:
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    for logical_id, definition in resources.items():
        if not _LOGICAL_ID.fullmatch(str(logical_id)):
            raise ValidationError(
                f"Template format error: Resource name {logical_id} is non alphanumeric."
            )
        if not isinstance(definition, dict) or not isinstance(definition.get("Type"), str):
            raise ValidationError(
                f"Template format error: [/Resources/{logical_id}] "
                "Every Resources object must contain a Type member."
            )
        _check_definition(logical_id, definition)
    types = {definition["Type"] for definition in resources.values()}
    unknown = sorted(name for name in types if not schemas.is_type(name))
    if unknown and not unknown_types.are_ignored():
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )


def _check_definition(logical_id: str, definition: Mapping[str, Any]) -> None:
    for key in definition:
        if key not in _RESOURCE_KEYS:
            raise ValidationError(f"Invalid template resource property '{key}'")
    if not isinstance(definition.get("Properties", {}), dict):
        raise ValidationError(
            f"Template format error: [/Resources/{logical_id}/Properties] Properties must be an "
            "object"
        )
    for name, values in _POLICIES.items():
        if definition.get(name, "Delete") not in values:
            raise ValidationError(
                f"Template error: {name} of {logical_id} must be one of {', '.join(values)}, "
                f"got {definition[name]}"
            )


def _check_outputs(outputs: Mapping[str, Any]) -> None:
    for name, definition in outputs.items():
        if not isinstance(definition, dict) or "Value" not in definition:
            raise ValidationError(
                "Template format error: Every Outputs member must contain a Value object"
                if isinstance(definition, dict)
                else f"Template format error: [/Outputs/{name}] Outputs must be objects"
            )


def _check_functions(template: Template) -> None:
    """Refuse functions that CloudFormation does not have, and conditions nothing declares."""
    declared = template.get("Conditions") or {}
    for section in ("Conditions", "Resources", "Outputs"):
        for definition in (template.get(section) or {}).values():
            parts = definition if section == "Conditions" else _evaluated(definition)
            for name, given in _calls(parts):
                if name == "Fn::If" and given and str(given[0]) not in declared:
                    raise ValidationError(
                        f"Template error: unresolved condition dependency {given[0]} in Fn::If"
                    )


def _evaluated(definition: Mapping[str, Any]) -> list[Any]:
    return [definition[key] for key in ("Properties", "Value", "Export") if key in definition]


def _calls(value: Any) -> Iterator[tuple[str, Any]]:
    """Every function with its argument inside a template value."""
    if isinstance(value, dict):
        name = function_of(value)
        if name:
            yield name, value[name]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _calls(item)


def _check_conditions(template: Template) -> None:
    declared = template.get("Conditions") or {}
    resources = set(template["Resources"])
    used = {reference.name for reference in references(list(declared.values()))}
    parameters = set(template.get("Parameters") or {})
    unknown = sorted(name for name in used - parameters if not name.startswith("AWS::"))
    if unknown or used & resources:
        raise ValidationError(
            f"Template format error: Unresolved dependencies [{', '.join(unknown)}]. "
            "Cannot reference resources in the Conditions block of the template"
        )
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
        for reference in references(_evaluated(definition)):
            if reference.name in _PSEUDO_PARAMETERS:
                continue
            if reference.attribute is not None:
                _check_attribute(reference.name, reference.attribute, resources)
            elif reference.name not in names:
                yield reference.name


def _check_attribute(name: str, attribute: str, resources: Mapping[str, Any]) -> None:
    if name not in resources:
        raise ValidationError(
            f"Template error: instance of Fn::GetAtt references undefined resource {name}"
        )
    if attribute and not schemas.has_attribute(resources[name]["Type"], attribute):
        raise ValidationError(
            f"Template error: resource {name} does not support attribute type {attribute} "
            "in Fn::GetAtt"
        )


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


def object_location(url: str, member: str = "TemplateURL") -> ObjectLocation:
    """Bucket and key of an S3 URL: path-style or virtual-hosted, AWS's hosts or loopback.

    Raises ValidationError, which names the member, for a URL that names no object.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    path = unquote(parts.path).lstrip("/")
    bucket = _bucket_of_host(host)
    if bucket is None:
        bucket, _, path = path.partition("/")
    if parts.scheme not in {"http", "https"} or not (bucket and path):
        raise ValidationError(
            f"{member} must be a supported URL: wanted http(s)://HOST/BUCKET/KEY, got {url}"
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
