"""Stacks, resources, templates and change sets in the shapes of the API's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.change_sets import ChangeSet
from local_aws.cloudformation.language.changes import Detail, ResourceChange
from local_aws.cloudformation.language.checks import required_capabilities
from local_aws.cloudformation.language.parameters import STORED, default, is_secret
from local_aws.cloudformation.language.schemas import primary_identifiers
from local_aws.cloudformation.language.templates import Template
from local_aws.cloudformation.language.values import tag_list, text
from local_aws.cloudformation.stacks import Resource, Stack, StackInput


def _parameters_json(wanted: StackInput) -> list[dict[str, str | None]]:
    slots = wanted.template.get("Parameters") or {}
    return [
        {
            "ParameterKey": name,
            "ParameterValue": "****" if is_secret(slot) else wanted.values[name],
            "ResolvedValue": wanted.read.get(wanted.values[name])
            if slot["Type"].startswith(STORED)
            else None,
        }
        for name, slot in slots.items()
    ]


def description(stack: Stack) -> str | None:
    description: str | None = stack.input.template.get("Description")
    return description


def stack_json(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "Description": description(stack),
        "Parameters": _parameters_json(stack.input) or None,
        "CreationTime": stack.creation_time,
        "LastUpdatedTime": stack.updated_time,
        "DeletionTime": stack.deletion_time,
        "StackStatus": stack.status,
        "StackStatusReason": stack.status_reason,
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "NotificationARNs": list(stack.input.notification_arns),
        "TimeoutInMinutes": stack.timeout_in_minutes,
        "Capabilities": list(stack.input.capabilities) or None,
        "Outputs": [
            {
                "OutputKey": output.key,
                "OutputValue": output.value,
                "Description": output.description,
                "ExportName": output.export,
            }
            for output in stack.outputs
        ]
        or None,
        "RoleARN": stack.input.role_arn,
        "Tags": tag_list(stack.tags),
        "EnableTerminationProtection": stack.enable_termination_protection,
        "ParentId": stack.parent.stack_id if stack.parent else None,
        "RootId": stack.root.stack_id if stack.parent else None,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def resource_json(stack: Stack, resource: Resource) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Timestamp": resource.updated,
        "LastUpdatedTimestamp": resource.updated,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "Description": resource.definition.get("Description"),
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def template_json(template: Template) -> dict[str, Any]:
    needed = required_capabilities(template)
    return {
        "Description": template.get("Description"),
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": default(slot) if "Default" in slot else None,
                "ParameterType": slot["Type"],
                "NoEcho": is_secret(slot),
                "Description": slot.get("Description"),
                "ParameterConstraints": {
                    "AllowedValues": [text(value) for value in slot.get("AllowedValues", ())]
                    or None
                },
            }
            for name, slot in (template.get("Parameters") or {}).items()
        ],
        "Capabilities": [needed] if needed else None,
    }


def importable(by_type: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """What identifies a template's resources for an import, by type."""
    return [
        {
            "ResourceType": resource_type,
            "LogicalResourceIds": logical_ids,
            "ResourceIdentifiers": identifiers,
        }
        for resource_type, logical_ids in by_type.items()
        if (identifiers := primary_identifiers(resource_type))
    ]


def change_set_json(found: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.change_set_id,
        "StackId": found.stack.stack_id,
        "StackName": found.stack.name,
        "Description": found.description,
        "Parameters": _parameters_json(found.wanted),
        "CreationTime": found.creation_time,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.status_reason,
        "NotificationARNs": list(found.wanted.notification_arns),
        "Capabilities": list(found.wanted.capabilities),
        "Tags": tag_list(found.wanted.tags),
        "Changes": [_change_json(found.stack, change) for change in found.changes],
        "IncludeNestedStacks": False,
        "OnStackFailure": found.on_failure,
    }


def _detail_json(detail: Detail) -> dict[str, Any]:
    of_property = {"Name": detail.name, "RequiresRecreation": detail.recreation}
    return {
        "Target": {"Attribute": detail.attribute, **of_property},
        "Evaluation": "Dynamic" if detail.dynamic else "Static",
        "ChangeSource": detail.source,
        "CausingEntity": detail.cause,
    }


def _change_json(stack: Stack, change: ResourceChange) -> dict[str, Any]:
    resource = stack.resources.get(change.logical_id)
    described = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": resource.physical_id if resource else None,
        "ResourceType": change.type,
        "Replacement": change.replacement,
        "Scope": change.scope,
        "Details": [_detail_json(detail) for detail in change.details],
    }
    return {"Type": "Resource", "ResourceChange": described}
