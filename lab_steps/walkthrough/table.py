"""The Users table as the API shows it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from lab_steps.checking import tables
from lab_steps.checking.step import Need
from lab_steps.checking.view import View
from stacks.settings import TABLE_NAME

KEY = "id"
"""The partition key, a Number."""

ATTRIBUTE = "Name"
"""The item's String attribute."""

MOST_ITEMS = 100
"""More items than anyone creates for a lab."""

_SETS = {"SS", "NS", "BS"}


def described(view: View) -> dict[str, Any] | None:
    """What DescribeTable says of Users; None when there is no such table."""
    return tables.described(view, TABLE_NAME)


def found(view: View) -> dict[str, Any]:
    """What DescribeTable says of Users, if the table is known to be there."""
    description = described(view)
    if description is None:
        raise LookupError(f"The table {TABLE_NAME} is gone.")
    return description


def items(view: View) -> list[dict[str, Any]]:
    """The first page of a consistent Scan: at most 1 MB of items, in DynamoDB's JSON.

    Empty if there is no table.
    """
    if described(view) is None:
        return []
    return list(
        view.ask("dynamodb:Scan", TableName=TABLE_NAME, ConsistentRead=True).get("Items", [])
    )


def key_of(item: dict[str, Any]) -> str | None:
    """The value of an item's key `id` as log records have it, without its type."""
    return next(iter(item.get(KEY, {}).values()), None)


def digest(found: list[dict[str, Any]]) -> str:
    """What distinguishes these items from others: a digest of their keys, attributes and values."""
    whole = sorted(msgspec.json.encode(_ordered(item), order="deterministic") for item in found)
    return sha256(b"\n".join(whole)).hexdigest()


def _ordered(value: Any) -> Any:
    """`value` with its sets sorted: DynamoDB returns them in any order."""
    if isinstance(value, dict):
        return {key: _ordered_set(key, part) for key, part in value.items()}
    return [_ordered(part) for part in value] if isinstance(value, list) else value


def _ordered_set(kind: str, value: Any) -> Any:
    return sorted(value) if kind in _SETS and isinstance(value, list) else _ordered(value)


def key_schema(description: dict[str, Any]) -> dict[str, str]:
    """`HASH` and `RANGE` with the attribute and its type: `{"HASH": "id (N)"}`."""
    types = {
        each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]
    }
    return {
        each["KeyType"]: f"{each['AttributeName']} ({types.get(each['AttributeName'])})"
        for each in description["KeySchema"]
    }


def other_content(view: View, name: str) -> str:
    """Something in the table that a lab does not create; an empty text if there is nothing."""
    if name != TABLE_NAME:
        return f"the lab only creates the table {TABLE_NAME}"
    keys = key_schema(found(view))
    if keys != {"HASH": f"{KEY} (N)"}:
        told = ", ".join(f"{kind} {attribute}" for kind, attribute in keys.items())
        return f"its key is {told}, the lab's is only HASH {KEY} (N)"
    page = view.ask("dynamodb:Scan", TableName=TABLE_NAME, ConsistentRead=True)
    others = {key for item in page["Items"] for key in item} - {KEY, ATTRIBUTE}
    if others:
        return f"its items have the attribute {min(others)}, which the lab's do not"
    many = len(page["Items"]) > MOST_ITEMS or "LastEvaluatedKey" in page
    return f"it has more than {MOST_ITEMS} items" if many else ""


THERE = Need(f"the table {TABLE_NAME}", lambda view: described(view) is not None)
WITH_ITEM = Need(f"an item in {TABLE_NAME}", lambda view: bool(items(view)))
