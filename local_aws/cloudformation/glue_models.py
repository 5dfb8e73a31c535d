"""`AWS::Glue::Database` and `AWS::Glue::Table`, through moto's Glue.

Property names and meanings: AWS CloudFormation Template Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.glue.models import GlueBackend, glue_backends

from local_aws.cloudformation.api_shapes import parameters_of
from local_aws.cloudformation.local_models import LocalModel

Properties = Mapping[str, Any]


class Database(LocalModel):
    """`AWS::Glue::Database`: `Ref` is its name."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::Glue::Database."""
        return "AWS::Glue::Database"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """A database of another name is another database."""
        return database_name(current) != database_name(wanted)

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> Database:
        """Create the database."""
        properties = cloudformation_json["Properties"]
        name = database_name(properties) or resource_name.lower()
        wanted = {**_database_input(properties), "Name": name}
        _glue(account_id, region_name).create_database(name, wanted)
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Database,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Database:
        """Replace the database's input."""
        name = original_resource.physical_resource_id
        wanted = {**_database_input(cloudformation_json["Properties"]), "Name": name}
        _glue(account_id, region_name).update_database(name, wanted)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the database, with its tables."""
        _glue(account_id, region_name).delete_database(resource_name)


class Table(LocalModel):
    """`AWS::Glue::Table`: `Ref` is its name."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::Glue::Table."""
        return "AWS::Glue::Table"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """A table of another name or database is another table."""
        return (current["DatabaseName"], table_name(current)) != (
            wanted["DatabaseName"],
            table_name(wanted),
        )

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> Table:
        """Create the table."""
        properties = cloudformation_json["Properties"]
        name = table_name(properties) or resource_name.lower()
        wanted = {**_table_input(properties), "Name": name}
        _glue(account_id, region_name).create_table(properties["DatabaseName"], name, wanted)
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Table,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Table:
        """Make a new version of the table."""
        properties = cloudformation_json["Properties"]
        name = original_resource.physical_resource_id
        wanted = {**_table_input(properties), "Name": name}
        _glue(account_id, region_name).update_table(properties["DatabaseName"], name, wanted)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the table."""
        database = cloudformation_json["Properties"]["DatabaseName"]
        _glue(account_id, region_name).delete_table(database, resource_name)


def database_name(properties: Properties) -> str | None:
    """The name that a template gives a database."""
    return _database_input(properties).get("Name")


def table_name(properties: Properties) -> str | None:
    """The name that a template gives a table."""
    return _table_input(properties).get("Name")


def _database_input(properties: Properties) -> dict[str, Any]:
    return dict(parameters_of("glue", "CreateDatabase", properties).get("DatabaseInput", {}))


def _table_input(properties: Properties) -> dict[str, Any]:
    return dict(parameters_of("glue", "CreateTable", properties).get("TableInput", {}))


def _glue(account_id: str, region_name: str) -> GlueBackend:
    return glue_backends[account_id][region_name]


HANDLERS = (Database, Table)
