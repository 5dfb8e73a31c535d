"""Amazon DynamoDB's tables, and those with replicas."""

from __future__ import annotations

from local_aws.cloudformation.resources.resource_types import Naming, ResourceType, one
from local_aws.cloudformation.types.storage.global_tables import (
    GLOBAL,
    create_global_table,
    delete_global_table,
    update_global_table,
)
from local_aws.cloudformation.types.storage.tables import SETTINGS, create_table, update_table

TYPES = (
    ResourceType(
        name="AWS::DynamoDB::GlobalTable",
        properties=(*GLOBAL, "TableName"),
        create=create_global_table,
        update=update_global_table,
        delete=delete_global_table,
        naming=Naming("TableName"),
        replaced_by=("KeySchema", "LocalSecondaryIndexes"),
    ),
    ResourceType(
        name="AWS::DynamoDB::Table",
        properties=(
            *SETTINGS,
            "GlobalSecondaryIndexes",
            "KeySchema",
            "LocalSecondaryIndexes",
            "PointInTimeRecoverySpecification",
            "ResourcePolicy",
            "TableName",
            "Tags",
            "TimeToLiveSpecification",
        ),
        system_tags=True,
        create=create_table,
        update=update_table,
        delete=one("dynamodb", "DeleteTable", TableName="name"),
        naming=Naming("TableName"),
        replaced_by=("KeySchema", "LocalSecondaryIndexes"),
    ),
)
