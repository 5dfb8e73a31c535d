"""DynamoDB's time to live: expired items are deleted, and streams say who deleted them.

CloudTrail has no record of it. Sources: DynamoDB Developer Guide, "Using time to live (TTL)" (a
number, seconds since the epoch, no more than five years ago) and "Working with expired items".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from local_aws.cloudtrail.service import CloudTrailService
from local_aws.moto_changes.dynamodb.streams import by_the_service
from local_aws.moto_state import every_backend

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import Table

_TOO_OLD = 5 * 365 * 24 * 60 * 60


def end(_service: CloudTrailService, now: datetime) -> None:
    """Delete the expired items of every table that has a time to live."""
    from moto.dynamodb.models import dynamodb_backends

    for backend in every_backend(dynamodb_backends):
        for table in list(backend.tables.values()):
            if table.ttl["TimeToLiveStatus"] == "ENABLED":
                _delete_from(table, now.timestamp())


def _delete_from(table: Table, now: float) -> None:
    name = table.ttl["AttributeName"]
    with by_the_service():
        for item in list(table.all_items()):
            ends = _seconds(item, name)
            if ends is not None and now - _TOO_OLD < ends <= now:
                table.delete_item(item.hash_key, item.range_key)


def _seconds(item: Item, name: str) -> float | None:
    """When the item expires; None for an item without such a number."""
    found = item.attrs.get(name)
    return float(found.value) if found is not None and found.type == "N" else None
