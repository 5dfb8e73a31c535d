"""`AWS::DynamoDB::Table`: moto's table, updated in place and with its items, as in AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table

from local_aws.cloudformation.local_models import LocalModel

Properties = Mapping[str, Any]


class LocalTable(LocalModel):
    """A table; only another key schema or local index makes another table."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::DynamoDB::Table."""
        return "AWS::DynamoDB::Table"

    @staticmethod
    def cloudformation_name_type() -> str:
        """TableName."""
        return "TableName"

    @staticmethod
    def replaces(current: Properties, wanted: Properties) -> bool:
        """The key schema and local secondary indexes cannot be changed."""
        return any(
            current.get(name) != wanted.get(name) for name in ("KeySchema", "LocalSecondaryIndexes")
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
        table = Table.create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name
        )
        backend = dynamodb_backends[account_id][region_name]
        _apply_recovery(backend, resource_name, cloudformation_json["Properties"])
        return table

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Table,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Table:
        """Bring the table to its properties; its items stay."""
        properties = cloudformation_json["Properties"]
        table = original_resource
        backend = dynamodb_backends[account_id][region_name]
        backend.update_table(
            name=table.name,
            attr_definitions=properties.get("AttributeDefinitions", []),
            global_index=index_updates(
                [index.name for index in table.global_indexes],
                properties.get("GlobalSecondaryIndexes", []),
            ),
            throughput=properties.get("ProvisionedThroughput", {}),
            billing_mode=properties.get("BillingMode", "PROVISIONED"),
            stream_spec=_stream_update(table, properties.get("StreamSpecification", {})),
            deletion_protection_enabled=bool(properties.get("DeletionProtectionEnabled")),
            warm_throughput=properties.get("WarmThroughput"),
        )
        table.tags = properties.get("Tags", [])
        _apply_recovery(backend, table.name, properties)
        return table

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the table."""
        dynamodb_backends[account_id][region_name].delete_table(resource_name)


def index_updates(present: Iterable[str], wanted: list[Properties]) -> list[dict[str, Any]]:
    """UpdateTable's way from the indexes of these names to the wanted ones."""
    present = set(present)
    names = {index["IndexName"] for index in wanted}
    gone = [{"Delete": {"IndexName": name}} for name in sorted(present - names)]
    new = [{"Create": dict(index)} for index in wanted if index["IndexName"] not in present]
    return gone + new


def _stream_update(table: Table, wanted: Properties) -> dict[str, Any]:
    """What to tell UpdateTable about the stream: nothing where it stays as it is."""
    streams = table.latest_stream_label is not None
    if wanted and not streams:
        return {"StreamEnabled": True, **wanted}
    return {"StreamEnabled": False} if streams and not wanted else {}


def _apply_recovery(backend: DynamoDBBackend, name: str, properties: Properties) -> None:
    if "TimeToLiveSpecification" in properties:
        backend.update_time_to_live(name, properties["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in properties:
        backend.update_continuous_backups(name, properties["PointInTimeRecoverySpecification"])


HANDLERS = (LocalTable,)
