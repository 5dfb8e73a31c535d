"""`AWS::Athena::WorkGroup`, through moto's Athena.

Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.athena.models import AthenaBackend, athena_backends
from moto.core.exceptions import JsonRESTError

from local_aws.athena.workgroups import delete_work_group
from local_aws.cloudformation.api_shapes import parameters_of
from local_aws.cloudformation.local_models import LocalModel

Properties = Mapping[str, Any]


class WorkGroupAlreadyExists(JsonRESTError):
    """The workgroup's name is taken."""

    code = 400

    def __init__(self, name: str) -> None:
        super().__init__("AlreadyExistsException", f"WorkGroup {name} is already created")


class WorkGroup(LocalModel):
    """`AWS::Athena::WorkGroup`: `Ref` is its name."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::Athena::WorkGroup."""
        return "AWS::Athena::WorkGroup"

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name."""
        return "Name"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> WorkGroup:
        """Create the workgroup; raises WorkGroupAlreadyExists."""
        properties = cloudformation_json["Properties"]
        made = _athena(account_id, region_name).create_work_group(
            name=resource_name,
            configuration=configuration(properties),
            description=properties.get("Description", ""),
            tags=properties.get("Tags", []),
        )
        if made is None:
            raise WorkGroupAlreadyExists(resource_name)
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: WorkGroup,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> WorkGroup:
        """Give the workgroup its new configuration and description."""
        properties = cloudformation_json["Properties"]
        groups = _athena(account_id, region_name).work_groups
        group = groups[original_resource.physical_resource_id]
        group.configuration = {**group.configuration, **configuration(properties)}
        group.description = properties.get("Description", "")
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the workgroup; one with queries only with RecursiveDeleteOption."""
        option = cloudformation_json["Properties"].get("RecursiveDeleteOption", False)
        recursive = str(option).lower() == "true"
        delete_work_group(_athena(account_id, region_name), resource_name, recursive=recursive)


def configuration(properties: Properties) -> dict[str, Any]:
    """The workgroup's configuration as the API has it."""
    given = {"Configuration": properties.get("WorkGroupConfiguration", {})}
    return dict(parameters_of("athena", "CreateWorkGroup", given)["Configuration"])


def _athena(account_id: str, region_name: str) -> AthenaBackend:
    return athena_backends[account_id][region_name]


HANDLERS = (WorkGroup,)
