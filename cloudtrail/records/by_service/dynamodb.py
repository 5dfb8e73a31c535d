"""DynamoDB's records: key values and attribute names appear, attribute values never do.

Sources: Amazon DynamoDB Developer Guide, "Understanding DynamoDB log file entries", and
real records of 2020 to 2025.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudtrail.partitions import arn_of
from cloudtrail.records.by_service.partiql import redact, table_of
from cloudtrail.records.calls import Call, mapping, mappings, text
from cloudtrail.records.naming import first_lower

Convert = Callable[[Any], dict[str, Any]]
Item = Mapping[str, Any]

ATTRIBUTE_VALUES = frozenset({"AttributeValue"})
"""Shapes whose values never appear; keys are added to records separately, in plain form."""

DELETED_TABLE_LACKS = ("keySchema", "attributeDefinitions", "creationDateTime")

_EQUALITY = re.compile(r"([#\w.\-]+)\s*=\s*(:\w+)")
_TABLE_IN_ARN = re.compile(r"^(arn:[^:]+:dynamodb:[^:]*:\d*:table/)([^/]+)")


def request_parameters(call: Call, base: Convert) -> dict[str, Any]:
    """The parameters of a data-plane call.

    `base` converts the API's parameters without any attribute value.
    """
    build = _REQUESTS.get(call.operation)
    return base(call.parameters) if build is None else build(call, base)


def deleted_table(elements: dict[str, Any]) -> dict[str, Any]:
    """DeleteTable's response, whose description is shorter than the API's (measured)."""
    for name in DELETED_TABLE_LACKS:
        elements.get("tableDescription", {}).pop(name, None)
    return elements


def table_arns(call: Call) -> list[str]:
    """The ARNs of the tables a call names, each once, in the order it names them."""
    arns = (_table_arn(call, name) for name in _table_names(call))
    return list(dict.fromkeys(arn for arn in arns if arn))


def stream_arn(call: Call) -> str | None:
    """The ARN of the stream that GetRecords or GetShardIterator reads.

    A shard iterator starts with its stream's ARN and a `|`.
    """
    parameters = call.parameters
    named = text(parameters, "StreamArn") or text(parameters, "ShardIterator").split("|")[0]
    return named if named.startswith("arn:") else None


def _table_names(call: Call) -> Iterable[str]:
    if call.operation == "ListExports":
        return ()
    parameters = call.parameters
    named = [text(parameters, name) for name in _TABLE_MEMBERS]
    stated = table_of(text(parameters, "Statement"))
    return filter(None, [*named, *_requested_tables(call), stated, stream_arn(call)])


def _requested_tables(call: Call) -> Iterable[str]:
    parameters = call.parameters
    if call.operation in ("BatchGetItem", "BatchWriteItem"):
        yield from mapping(parameters.get("RequestItems"))
    for action in mappings(parameters.get("TransactItems")):
        yield from (text(mapping(inner), "TableName") for inner in action.values())
    for member in ("Statements", "TransactStatements"):
        for statement in mappings(parameters.get(member)):
            yield table_of(text(statement, "Statement")) or ""


def _table_arn(call: Call, name: str) -> str | None:
    if name.startswith("arn:"):
        found = _TABLE_IN_ARN.match(name)
        return found[0] if found else None
    return arn_of("dynamodb", call.region, call.account_id, f"table/{name}")


_TABLE_MEMBERS = (
    "TableName",
    "SourceTableName",
    "SourceTableArn",
    "TargetTableName",
    "ResourceArn",
    "TableArn",
    "BackupArn",
    "ExportArn",
)


def _keys_of(call: Call, table: str) -> tuple[str, ...]:
    keys = call.table_keys.get(table)
    if keys is None and table.startswith("arn:"):
        keys = call.table_keys.get(table.rsplit("/", 1)[-1])
    return keys or ()


def plain(value: Any) -> Any:
    """A key's value without its type: `7` for `{"S": "7"}`; binary as base64."""
    inner = next(iter(value.values()), None) if isinstance(value, Mapping) else value
    return base64.b64encode(inner).decode() if isinstance(inner, bytes | bytearray) else inner


def _plain_key(key: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in mapping(key).items()}


def _shown(call: Call, table: str, action: Item) -> dict[str, Any]:
    """What the record shows of an action's `Key` or `Item`: `key`, and the attribute names as
    `items`."""
    if "Key" in action:
        return {"key": _plain_key(action["Key"])}
    if "Item" not in action:
        return {}
    item = mapping(action["Item"])
    key = {name: plain(item[name]) for name in _keys_of(call, table) if name in item}
    return {"key": key, "items": list(item)} if key else {"items": list(item)}


def _item_request(call: Call, base: Convert) -> dict[str, Any]:
    table = text(call.parameters, "TableName")
    shown = {"tableName": table} | _shown(call, table, call.parameters)
    return shown | base(call.parameters)


def _query(call: Call, base: Convert) -> dict[str, Any]:
    converted = base(call.parameters)
    first = {name: converted[name] for name in ("tableName", "indexName") if name in converted}
    key = _queried_key(call.parameters)
    return first | ({"key": key} if key else {}) | converted


def _queried_key(parameters: Item) -> dict[str, Any]:
    """The values that a query compares for equality with key attributes."""
    names = mapping(parameters.get("ExpressionAttributeNames"))
    values = mapping(parameters.get("ExpressionAttributeValues"))
    key = {
        names.get(name, name): plain(values[value])
        for name, value in _EQUALITY.findall(text(parameters, "KeyConditionExpression"))
        if value in values
    }
    for name, condition in mapping(parameters.get("KeyConditions")).items():
        compared = mapping(condition).get("AttributeValueList")
        if compared and mapping(condition).get("ComparisonOperator") == "EQ":
            key[name] = plain(compared[0])
    return key


def _batch_get(call: Call, base: Convert) -> dict[str, Any]:
    converted = base(call.parameters)
    for table, wanted in mapping(call.parameters.get("RequestItems")).items():
        keys = [_plain_key(key) for key in mappings(mapping(wanted).get("Keys"))]
        converted["requestItems"][table] = {"keys": keys} | converted["requestItems"][table]
    return converted


def _batch_write(call: Call, base: Convert) -> dict[str, Any]:
    converted = base(call.parameters)
    converted["requestItems"] = {
        table: [_write_request(call, table, request) for request in mappings(requests)]
        for table, requests in mapping(call.parameters.get("RequestItems")).items()
    }
    return converted


def _write_request(call: Call, table: str, request: Item) -> dict[str, Any]:
    return {
        first_lower(name): _shown(call, table, mapping(action)) for name, action in request.items()
    }


def _transaction(call: Call, base: Convert) -> dict[str, Any]:
    converted = base(call.parameters)
    actions = converted.pop("transactItems", [])
    requests = mappings(call.parameters.get("TransactItems"))
    items = [
        _transaction_item(call, request, action)
        for request, action in zip(requests, actions, strict=True)
    ]
    return {"requestItems": items} | converted


def _transaction_item(call: Call, request: Item, converted: Item) -> dict[str, Any]:
    for operation, requested in request.items():
        action = mapping(requested)
        table = text(action, "TableName")
        first = {"operation": operation, "tableName": table} | _shown(call, table, action)
        rest: dict[str, Any] = converted.get(first_lower(operation), {})
        return first | rest
    return {}


def _statement(call: Call, base: Convert) -> dict[str, Any]:
    statement = redact(text(call.parameters, "Statement"), call.table_keys)
    return base(call.parameters) | {"statement": statement}


def _statements(call: Call, base: Convert) -> dict[str, Any]:
    member = "transactStatements" if call.operation == "ExecuteTransaction" else "statements"
    converted = base(call.parameters)
    requests = converted.pop(member, [])
    for request in requests:
        request["statement"] = redact(text(request, "statement"), call.table_keys)
    return {"requestItems": requests} | converted


_REQUESTS: dict[str, Callable[[Call, Convert], dict[str, Any]]] = {
    "GetItem": _item_request,
    "PutItem": _item_request,
    "UpdateItem": _item_request,
    "DeleteItem": _item_request,
    "Query": _query,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transaction,
    "TransactWriteItems": _transaction,
    "ExecuteStatement": _statement,
    "ExecuteTransaction": _statements,
    "BatchExecuteStatement": _statements,
}
