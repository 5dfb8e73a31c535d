"""The calls that AWS Glue gets."""

from __future__ import annotations

from collections.abc import Iterator

from local_aws.cloudformation.api_calls.plans import ApiCall, Calls, Change, api_call


def _database_created(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "CreateDatabase", change.properties)


def _database_updated(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "UpdateDatabase", {**change.properties, "Name": change.physical_id})


def _database_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "DeleteDatabase", {**change.properties, "Name": change.physical_id})


def _table_created(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "CreateTable", change.properties)


def _table_updated(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "UpdateTable", change.properties)


def _table_deleted(change: Change) -> Iterator[ApiCall]:
    yield api_call("glue", "DeleteTable", {**change.properties, "Name": change.physical_id})


CALLS = {
    "AWS::Glue::Database": Calls(_database_created, _database_updated, _database_deleted),
    "AWS::Glue::Table": Calls(_table_created, _table_updated, _table_deleted),
}
