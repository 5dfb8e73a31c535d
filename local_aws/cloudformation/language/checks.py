"""What CloudFormation refuses in a template before it starts anything.

A broken rule raises `ValidationError` with CloudFormation's own message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local_aws.cloudformation import unknown_types
from local_aws.cloudformation.exceptions import (
    InsufficientCapabilitiesException,
    ValidationError,
)
from local_aws.cloudformation.language import schemas
from local_aws.cloudformation.language.functions import IF_ARGUMENTS, arguments, function_of
from local_aws.cloudformation.language.parameters import check_declarations
from local_aws.cloudformation.language.references import (
    creation_order,
    dependencies,
    mappings,
    references,
)
from local_aws.cloudformation.language.templates import Template
from local_aws.cloudformation.language.values import text

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


def check_template(template: Template) -> None:
    """Raise ValidationError for what CloudFormation refuses before it starts."""
    unknown = [name for name in template if name not in SECTIONS]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for name in SECTIONS - {"AWSTemplateFormatVersion", "Description", "Transform"}:
        if not isinstance(template.get(name, {}), dict):
            raise ValidationError(f"Template format error: {name} must be an object")
    _check_format(template)
    _check_transforms(template)
    check_declarations(template.get("Parameters") or {})
    _check_resources(template.get("Resources"))
    _check_outputs(template.get("Outputs") or {})
    _check_functions(template)
    _check_conditions(template)
    _check_references(template)
    creation_order(template["Resources"])


_MOST = {"Mappings": 200, "Outputs": 200, "Parameters": 200, "Resources": 500}
"""Members of a section (User Guide, "Understand CloudFormation quotas")."""

_LONGEST_DESCRIPTION = 1024


def _check_format(template: Template) -> None:
    if text(template.get("AWSTemplateFormatVersion", "2010-09-09")) != "2010-09-09":
        raise ValidationError(
            "Template format error: unsupported value for AWSTemplateFormatVersion."
        )
    if len(text(template.get("Description", "")).encode()) > _LONGEST_DESCRIPTION:
        raise ValidationError(
            f"Template format error: 'Description' length is greater than {_LONGEST_DESCRIPTION}."
        )
    for section, most in _MOST.items():
        found = template.get(section) or {}
        if len(found) > most:
            raise ValidationError(
                f"Template format error: Number of {section.lower()}, {len(found)}, is greater "
                f"than maximum allowed, {most}"
            )
        for name in found:
            if not _LOGICAL_ID.fullmatch(str(name)):
                raise ValidationError(
                    f"Template format error: {section.removesuffix('s')} name {name} is non "
                    "alphanumeric."
                )
    _check_mappings(template.get("Mappings") or {})


def _check_mappings(mappings: Mapping[str, Any]) -> None:
    for name, mapping in mappings.items():
        tops = mapping.values() if isinstance(mapping, dict) else [None]
        if not all(isinstance(top, dict) for top in tops):
            raise ValidationError(
                f"Template format error: [/Mappings/{name}] Every Mappings member must be a map "
                "of maps."
            )


def _check_transforms(template: Template) -> None:
    """Refuse transforms of the whole template and of its parts, all in one error."""
    whole = template.get("Transform") or []
    names = {str(name) for name in (whole if isinstance(whole, list) else [whole])}
    names |= {
        str(each["Fn::Transform"].get("Name"))
        for each in mappings(template)
        if set(each) == {"Fn::Transform"}
    }
    if names:
        raise ValidationError(
            f"Transform {', '.join(sorted(names))} is not supported by the local AWS: deploy the "
            "transformed template instead (for a stack in an account: aws cloudformation "
            "get-template --template-stage Processed)."
        )


def _check_resources(resources: Any) -> None:
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    for logical_id, definition in resources.items():
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
    """Refuse functions that CloudFormation does not have, and undeclared conditions."""
    declared = template.get("Conditions") or {}
    for section in ("Conditions", "Resources", "Outputs"):
        for definition in (template.get(section) or {}).values():
            parts = definition if section == "Conditions" else _evaluated(definition)
            for each in mappings(parts):
                if function_of(each) == "Fn::If":
                    condition, *_ = arguments("Fn::If", each["Fn::If"], *IF_ARGUMENTS)
                    if str(condition) not in declared:
                        raise ValidationError(
                            f"Template error: unresolved condition dependency {condition} in Fn::If"
                        )


def _evaluated(definition: Mapping[str, Any]) -> list[Any]:
    return [definition[key] for key in ("Properties", "Value", "Export") if key in definition]


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
            if condition is not None and str(condition) not in declared:
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
    """Raise InsufficientCapabilitiesException if the template needs one that is not given."""
    needed = required_capabilities(template)
    if needed and not {needed, "CAPABILITY_NAMED_IAM"} & set(capabilities):
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{needed}]")
