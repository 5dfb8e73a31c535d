"""PartiQL for DynamoDB: what statements do to moto's tables.

moto's parser supports part of the language, and fails internally on the rest. Here `statements`
turns a statement into DynamoDB's own expressions, which moto evaluates as for any other operation.
So conditions, streams and transactions work, too. Source: Amazon DynamoDB Developer Guide, "PartiQL
- a SQL-compatible query language for Amazon DynamoDB".
"""

from __future__ import annotations

import base64
import copy
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from local_aws.moto_changes.dynamodb.statements import Statement, Where, read_statement
from local_aws.moto_changes.dynamodb.tokens import MalformedStatement, Path, Value
from local_aws.moto_changes.patching import MotoChange

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table

Item = dict[str, Any]

_NO_KEYS = "Where clause does not contain a mandatory equality on all key attributes"
_ORDER_WITHOUT_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."
_ORDER_WITHOUT_KEY = (
    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY "
    "clause."
)
_BATCH_WITHOUT_KEY = (
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause."
)
_DUPLICATE = "Duplicate primary key exists in table"
_BATCH_CODES = {"ValidationException": "ValidationError"}
"""BatchExecuteStatement's error codes; the others only lose their `Exception`."""


def execute(backend: DynamoDBBackend, statement: str, parameters: Sequence[Value]) -> list[Item]:
    """The items that a statement returns."""
    return _execute(backend, _read(statement, parameters))


def _execute(backend: DynamoDBBackend, statement: Statement) -> list[Item]:
    does: dict[str, Callable[[DynamoDBBackend, Statement], list[Item]]] = {
        "SELECT": _select,
        "INSERT": _insert,
        "UPDATE": _update,
        "DELETE": _delete,
    }
    if statement.kind not in does:
        raise _invalid("EXISTS is only allowed in a transaction of several statements")
    return does[statement.kind](backend, statement)


def _read(text: str, parameters: Sequence[Value]) -> Statement:
    try:
        return read_statement(text, parameters)
    except MalformedStatement as error:
        message = str(error)
        if not message.startswith("Number of parameters"):
            message = f"Statement wasn't well formed, can't be processed: {message}"
        raise _invalid(message) from error


def _invalid(message: str) -> Exception:
    from moto.dynamodb.exceptions import MockValidationException

    return MockValidationException(message)


# Statements


def _select(backend: DynamoDBBackend, statement: Statement) -> list[Item]:
    table = backend.get_table(statement.table)
    keys = _index_keys(table, statement.index)
    where = statement.where
    known = {**where.equal, **where.one_of} if where else {}
    if statement.order and where is None:
        raise _invalid(_ORDER_WITHOUT_WHERE)
    if statement.order and keys[0] not in known:
        raise _invalid(_ORDER_WITHOUT_KEY)
    if any(name not in keys for name, _ in statement.order):
        raise _invalid("Variable reference in ORDER BY clause must be part of the primary key")
    found, _, _ = backend.scan(
        table.name,
        {},
        None,  # type: ignore[arg-type]  # moto's own call passes none
        None,  # type: ignore[arg-type]
        where.expression if where else None,
        statement.names.names,
        dict(statement.names.values),
        statement.index,  # type: ignore[arg-type]
        consistent_read=False,
        projection_expression=None,
        segments=(None, None),
    )
    items = [each.to_json()["Attributes"] for each in found]
    order = statement.order or (((keys[1], False),) if len(keys) > 1 and keys[0] in known else ())
    for name, falling in reversed(order):
        items.sort(key=functools.partial(_sort_key, name), reverse=falling)
    return [_projected(each, statement.columns) for each in items]


def _index_keys(table: Table, index: str | None) -> list[str]:
    """The hash key and, if there is one, the range key."""
    if index is None:
        return table.table_key_attrs
    for each in table.all_indexes():
        if each.name == index:
            by_type = {key["KeyType"]: key["AttributeName"] for key in each.schema}
            return [by_type[kind] for kind in ("HASH", "RANGE") if kind in by_type]
    # Query names the index here, and PartiQL does not (moto's test, verified on AWS).
    raise _invalid("The table does not have the specified index")


def _sort_key(name: str, item: Item) -> Any:
    ((kind, value),) = item[name].items()
    return float(value) if kind == "N" else value


def _projected(item: Item, columns: Sequence[Path]) -> Item:
    """The selected part of an item. A path has the name of its last member."""
    if not columns:
        return item
    chosen: Item = {}
    for path in columns:
        value = _at(item, path)
        if value is not None:
            last = max(index for index, step in enumerate(path) if isinstance(step, str))
            indexes = "".join(f"[{step}]" for step in path[last + 1 :])
            chosen[f"{path[last]}{indexes}"] = value
    return chosen


def _at(item: Item, path: Path) -> Any:
    found: Any = {"M": item}
    for step in path:
        members = found.get("M" if isinstance(step, str) else "L")
        if members is None:
            return None
        if isinstance(step, str):
            found = members.get(step)
        else:
            found = members[step] if step < len(members) else None
        if found is None:
            return None
    return found


def _insert(backend: DynamoDBBackend, statement: Statement) -> list[Item]:
    from moto.dynamodb.exceptions import (
        ERROR_TYPE_PREFIX,
        ConditionalCheckFailed,
        DynamodbException,
    )

    put = _put(backend, statement)
    try:
        backend.put_item(
            put["TableName"],
            put["Item"],
            condition_expression=put["ConditionExpression"],
            expression_attribute_names=put["ExpressionAttributeNames"],
        )
    except ConditionalCheckFailed:
        raise DynamodbException(ERROR_TYPE_PREFIX + "DuplicateItemException", _DUPLICATE) from None
    return []


def _put(backend: DynamoDBBackend, statement: Statement) -> Item:
    table = backend.get_table(statement.table)
    for key in table.table_key_attrs:
        if key not in statement.item:
            raise _invalid("One of the required keys was not given a value")
    return {
        "TableName": table.name,
        "Item": statement.item,
        "ConditionExpression": "attribute_not_exists(#hash)",
        "ExpressionAttributeNames": {"#hash": table.hash_key_attr},
    }


def _update(backend: DynamoDBBackend, statement: Statement) -> list[Item]:
    table = backend.get_table(statement.table)
    key = _key(table, statement.where)
    before = copy.deepcopy(_current(backend, table, key))
    where = statement.where
    after = backend.update_item(
        table.name,
        key,
        update_expression=statement.update,
        expression_attribute_names=statement.names.names,
        expression_attribute_values=dict(statement.names.values),
        condition_expression=where.expression if where else None,
    )
    return _returned(statement, before, after.to_json()["Attributes"])


def _delete(backend: DynamoDBBackend, statement: Statement) -> list[Item]:
    table = backend.get_table(statement.table)
    key = _key(table, statement.where)
    before = _current(backend, table, key)
    where = statement.where
    if before is None and where and where.plain and where.equal.keys() == key.keys():
        return []
    backend.delete_item(
        table.name,
        key,
        expression_attribute_names=statement.names.names,
        expression_attribute_values=dict(statement.names.values),
        condition_expression=where.expression if where else None,
    )
    return _returned(statement, before, None)


def _key(table: Table, where: Where | None) -> Item:
    """The key that the condition names. Raises ValidationException if it is not a whole key."""
    equal = where.equal if where else {}
    if any(name not in equal for name in table.table_key_attrs):
        raise _invalid(_NO_KEYS)
    return {name: dict(equal[name]) for name in table.table_key_attrs}


def _current(backend: DynamoDBBackend, table: Table, key: Item) -> Item | None:
    found = backend.get_item(table.name, key)
    return found.to_json()["Attributes"] if found else None


def _returned(statement: Statement, before: Item | None, after: Item | None) -> list[Item]:
    which, _, when = statement.returning.partition(" ")
    item = before if when == "OLD" else after
    if not which or item is None:
        return []
    if which == "ALL":
        return [item]
    names = {str(path[0]) for path in statement.changed}
    modified = {name: value for name, value in item.items() if name in names}
    return [modified] if modified else []


# Several statements


def execute_transaction(backend: DynamoDBBackend, texts: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Execute all statements or none; their items, `{}` for a statement that returns none."""
    statements = [_read(each["Statement"], each.get("Parameters") or []) for each in texts]
    reads = [each.kind == "SELECT" for each in statements]
    if all(reads):
        found = [_one(backend, each, _NO_KEYS) for each in statements]
        return [{"Item": item} if item is not None else {} for item in found]
    if any(reads):
        raise _invalid("A transaction has either reads or writes, not both")
    _write_all(backend, statements)
    return [{} for _ in statements]


def _write_all(backend: DynamoDBBackend, statements: Sequence[Statement]) -> None:
    from moto.dynamodb.exceptions import TransactionCanceledException

    try:
        backend.transact_write_items([_as_action(backend, each) for each in statements])
    except TransactionCanceledException as error:
        said = json.loads(error.description)
        for reason, statement in zip(said["CancellationReasons"], statements, strict=True):
            if statement.kind == "INSERT" and reason["Code"] == "ConditionalCheckFailed":
                reason |= {"Code": "DuplicateItem", "Message": _DUPLICATE}
        codes = ", ".join(each["Code"] for each in said["CancellationReasons"])
        said["Message"] = TransactionCanceledException.cancel_reason_msg.format(codes)
        error.description = json.dumps(said)
        raise


def _as_action(backend: DynamoDBBackend, statement: Statement) -> dict[str, Item]:
    """The statement as an action of TransactWriteItems."""
    if statement.kind == "INSERT":
        return {"Put": _put(backend, statement)}
    table, where = backend.get_table(statement.table), statement.where
    action: Item = {
        "TableName": table.name,
        "Key": _key(table, where),
        "ExpressionAttributeNames": statement.names.names,
        "ExpressionAttributeValues": dict(statement.names.values),
    }
    condition = where.expression if where else ""
    if statement.kind == "UPDATE":
        updated = {"UpdateExpression": statement.update, "ConditionExpression": condition}
        return {"Update": action | updated}
    if statement.kind == "EXISTS":
        return {"ConditionCheck": action | {"ConditionExpression": condition}}
    if where and where.plain and where.equal.keys() == action["Key"].keys():
        return {"Delete": {name: action[name] for name in ("TableName", "Key")}}
    return {"Delete": action | {"ConditionExpression": condition}}


def _one(backend: DynamoDBBackend, statement: Statement, without_key: str) -> Item | None:
    """The item of a read that names its key."""
    table = backend.get_table(statement.table)
    equal = statement.where.equal if statement.where else {}
    if any(name not in equal for name in table.table_key_attrs):
        raise _invalid(without_key)
    found = _select(backend, statement)
    return found[0] if found else None


def execute_batch(backend: DynamoDBBackend, texts: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Execute each statement by itself: what it returns, or why it failed."""
    return [_of_batch(backend, each) for each in texts]


def _of_batch(backend: DynamoDBBackend, text: Mapping[str, Any]) -> Item:
    from moto.core.exceptions import JsonRESTError

    answer: Item = {}
    try:
        statement = _read(text["Statement"], text.get("Parameters") or [])
        backend.get_table(statement.table)
        answer["TableName"] = statement.table
        if statement.kind == "SELECT":
            item = _one(backend, statement, _BATCH_WITHOUT_KEY)
        else:
            item = next(iter(_execute(backend, statement)), None)
        if item is not None:
            answer["Item"] = item
    except JsonRESTError as error:
        kind = str(error.error_type).rpartition("#")[2]
        code = _BATCH_CODES.get(kind, kind.removesuffix("Exception"))
        answer["Error"] = {"Code": code, "Message": error.message}
    return answer


# In place of moto's


def _answer_statement(_ask_moto: Any) -> Any:
    """ExecuteStatement, page by page."""

    def execute_statement(self: Any) -> Any:
        from moto.dynamodb.responses import DynamoResult

        items = execute(
            self.dynamodb_backend, self.body.get("Statement", ""), self.body.get("Parameters") or []
        )
        first = int(base64.b64decode(self.body["NextToken"])) if "NextToken" in self.body else 0
        end = first + self.body["Limit"] if "Limit" in self.body else len(items)
        answer: Item = {"Items": items[first:end]}
        if end < len(items):
            answer["NextToken"] = base64.b64encode(str(end).encode()).decode()
        return DynamoResult(answer)

    return execute_statement


def _size(ask_moto: Any) -> Any:
    def expr(self: Any, item: Any) -> int | None:
        sized = self.attr.get_type(item) in ("S", "SS", "NS", "B", "BS", "L", "M")
        return ask_moto(self, item) if sized else None

    return expr


_BACKEND = "moto.dynamodb.models:DynamoDBBackend"
_WHY = "moto's parser knows part of the language, and fails internally on the rest."
CHANGES = (
    MotoChange(
        "moto.dynamodb.comparisons:FuncSize",
        "expr",
        _size,
        "moto fails on an item without the attribute; in AWS no comparison with it holds.",
    ),
    MotoChange(
        "moto.dynamodb.responses:DynamoHandler", "execute_statement", _answer_statement, _WHY
    ),
    MotoChange(_BACKEND, "execute_statement", lambda _moto: execute, _WHY),
    MotoChange(_BACKEND, "execute_transaction", lambda _moto: execute_transaction, _WHY),
    MotoChange(_BACKEND, "batch_execute_statement", lambda _moto: execute_batch, _WHY),
)
