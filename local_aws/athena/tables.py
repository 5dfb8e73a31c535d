"""Glue tables over CloudTrail's log files: which files they have, and the rows of a file.

Partition projection computes the partitions from the table's properties instead of looking them up
(Athena UG/partition-projection-supported-types). Supported are `enum` and `date` columns, which
tables of log files need.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import SqlglotError

from local_aws.athena.answers import Partition
from local_aws.athena.exceptions import QueryFailed

CLOUDTRAIL_INPUT = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_JAVA_DATE = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_NOW = "NOW"
_records = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_scalar = msgspec.json.Decoder()


class GlueTable(Struct, frozen=True):
    """A table of log files.

    `columns` and `keys` are the columns and the partition columns with their Hive types.
    `template` is `storage.location.template`, `properties` the table's.
    """

    name: str
    columns: Mapping[str, exp.DataType]
    keys: Mapping[str, exp.DataType]
    template: str
    properties: Mapping[str, str]

    @property
    def bucket(self) -> str:
        return self.template.removeprefix("s3://").partition("/")[0]

    @property
    def root(self) -> str:
        """The prefix of all keys of the table."""
        return _VARIABLE.split(self.template)[0].removeprefix(f"s3://{self.bucket}/")

    def partition_of(self, key: str, now: datetime) -> Partition | None:
        """The projected partition of an object; None if it is in none.

        Objects whose names begin with `_` or `.` are not files of a table.
        """
        found = self._pattern().fullmatch(f"s3://{self.bucket}/{key}")
        if found is None or key.rpartition("/")[2].startswith(("_", ".")):
            return None
        values = found.groupdict()
        return values if all(self._projects(name, values[name], now) for name in values) else None

    def _pattern(self) -> re.Pattern[str]:
        parts = _VARIABLE.split(self.template.rstrip("/"))
        written = [
            f"(?P<{part}>{self._values(part)})" if at % 2 else re.escape(part)
            for at, part in enumerate(parts)
        ]
        return re.compile("".join(written) + "/.*")

    def _values(self, name: str) -> str:
        """The pattern of a column's values. A date may have slashes, as many as its format."""
        levels = self.properties.get(f"projection.{name}.format", "").count("/") + 1
        return "/".join(["[^/]+"] * levels)

    def _projects(self, name: str, value: str, now: datetime) -> bool:
        match self.properties.get(f"projection.{name}.type"):
            case "enum":
                return value in self._property(name, "values").split(",")
            case "date":
                low, _, high = self._property(name, "range").partition(",")
                form = python_date(self._property(name, "format"))
                latest = now.strftime(form) if high.strip() == _NOW else high.strip()
                return _is_date(value, form) and low.strip() <= value <= latest
            case other:
                raise QueryFailed(
                    f"INVALID_TABLE_PROPERTY: projection.{name}.type is {other!r}: the local AWS "
                    "only supports enum and date."
                )

    def _property(self, column: str, name: str) -> str:
        found = self.properties.get(f"projection.{column}.{name}")
        if found is None:
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: projection.{column}.{name} is missing.")
        return found


def log_table(definition: Mapping[str, Any]) -> GlueTable:
    """The table that Glue defines. Raises QueryFailed if it is not a table of log files."""
    name, storage = definition["Name"], definition.get("StorageDescriptor", {})
    properties = definition.get("Parameters", {})
    template = properties.get("storage.location.template")
    if template is None and not definition.get("PartitionKeys"):
        template = storage.get("Location")
    if storage.get("InputFormat") != CLOUDTRAIL_INPUT or template is None:
        raise QueryFailed(
            f"NOT_SUPPORTED: the local AWS only reads tables with {CLOUDTRAIL_INPUT}, and with "
            f"partition projection if they have partitions; {name} is different."
        )
    if any(len(_VARIABLE.findall(folder)) > 1 for folder in template.split("/")):
        raise QueryFailed(
            f"INVALID_TABLE_PROPERTY: storage.location.template is {template}: the local AWS "
            f"supports one ${{column}} per folder."
        )
    return GlueTable(
        name=name,
        columns=_types(storage.get("Columns", [])),
        keys=_types(definition.get("PartitionKeys", [])),
        template=template,
        properties=properties,
    )


def rows(table: GlueTable, path: str, data: bytes) -> Iterator[dict[str, Any]]:
    """A file's records as rows of the table's columns, as JsonSerDe makes them.

    A file without bytes has no rows. Raises QueryFailed with the path of a damaged file: Athena,
    too, ends a query at the first one.
    """
    if not data:
        return
    try:
        contents = _records.decode(gzip.decompress(data) if path.endswith(".gz") else data)
        found = _list.decode(contents["Records"])
    except (OSError, EOFError, zlib.error) as error:
        raise QueryFailed(f"HIVE_CURSOR_ERROR: {path}: {error}") from error
    except (msgspec.DecodeError, KeyError) as error:
        raise QueryFailed(f"HIVE_BAD_DATA: {path}: not a CloudTrail log file: {error}") from error
    for record in found:
        given = {name.lower(): value for name, value in record.items()}
        yield {name: value_of(kind, given.get(name)) for name, kind in table.columns.items()}


def value_of(kind: exp.DataType, raw: msgspec.Raw | None) -> Any:
    """A JSON value as a value of a Hive type.

    A string column keeps the JSON text of other values.
    """
    if raw is None or bytes(raw) == b"null":
        return None
    match kind.this:
        case exp.DataType.Type.STRUCT:
            given = {name.lower(): value for name, value in _members(raw).items()}
            fields = {each.name.lower(): each.kind for each in kind.expressions}
            return {name: value_of(inner, given.get(name)) for name, inner in fields.items()}
        case exp.DataType.Type.MAP:
            inner = kind.expressions[1]
            return {name: value_of(inner, value) for name, value in _members(raw).items()}
        case exp.DataType.Type.ARRAY | exp.DataType.Type.LIST:
            return [value_of(kind.expressions[0], each) for each in _elements(raw)]
        case _:
            text = bytes(raw)
            return _scalar.decode(raw) if text.startswith(b'"') else text.decode()


def python_date(java: str) -> str:
    """A Java date format, `yyyy/MM/dd`, as strftime's."""
    form = java
    for letters, directive in _JAVA_DATE.items():
        form = form.replace(letters, directive)
    return form


def _is_date(value: str, form: str) -> bool:
    try:
        return datetime.strptime(value, form).replace(tzinfo=UTC).strftime(form) == value
    except ValueError:
        return False


def _types(columns: list[Mapping[str, str]]) -> dict[str, exp.DataType]:
    return {each["Name"].lower(): _type(each["Type"]) for each in columns}


def _type(text: str) -> exp.DataType:
    try:
        return exp.DataType.build(text, dialect="hive")
    except SqlglotError as error:
        raise QueryFailed(f"HIVE_INVALID_METADATA: {text} is not a column type") from error


def _members(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """An object's members; none for any other value."""
    return _records.decode(raw) if bytes(raw).lstrip().startswith(b"{") else {}


def _elements(raw: msgspec.Raw) -> list[msgspec.Raw]:
    if not bytes(raw).lstrip().startswith(b"["):
        return []
    return msgspec.json.decode(raw, type=list[msgspec.Raw])


def as_line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON."""
    return json.dumps(row, ensure_ascii=False)
