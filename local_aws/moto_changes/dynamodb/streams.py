"""DynamoDB stream records: they have their table's Region, and mark the service's own deletions.

Replicas of a table in other Regions are refused: nothing here would fill them.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from local_aws.moto_changes.patching import MotoChange

_BY_SERVICE: ContextVar[bool] = ContextVar("by_service", default=False)


@contextlib.contextmanager
def by_the_service() -> Iterator[None]:
    """Within the block, what this thread deletes counts as deleted by DynamoDB itself."""
    token = _BY_SERVICE.set(True)
    try:
        yield
    finally:
        _BY_SERVICE.reset(token)


def _record(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def record(self: Any, table: Any, *positional: Any, **named: Any) -> None:
        ask_moto(self, table, *positional, **named)
        self.record["awsRegion"] = table.region_name
        if _BY_SERVICE.get():
            self.record["userIdentity"] = {
                "PrincipalId": "dynamodb.amazonaws.com",
                "Type": "Service",
            }

    return record


def _update_table(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def update_table(self: Any) -> Any:
        from moto.dynamodb.exceptions import MockValidationException

        if self.body.get("ReplicaUpdates"):
            raise MockValidationException(
                "The local AWS does not have replicas of tables in other Regions. Make them in an "
                "account, or create a table of the same name there."
            )
        return ask_moto(self)

    return update_table


CHANGES = (
    MotoChange(
        "moto.dynamodb.responses:DynamoHandler",
        "update_table",
        _update_table,
        "moto drops ReplicaUpdates and answers as if there were a replica.",
    ),
    MotoChange(
        "moto.dynamodb.models.table:StreamRecord",
        "__init__",
        _record,
        "moto says us-east-1 in every Region, and does not mark the service's own deletions.",
    ),
)
