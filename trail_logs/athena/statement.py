"""Expectations compiled to one Athena statement: all of them, for all accounts, in one scan.

Athena charges by the byte scanned, so a scan for each expectation would be expensive. The statement
has one row for each location and account. `trail_logs.athena.condition` makes an expectation's
condition. It reads the table of the CloudTrail user guide
(UG/create-cloudtrail-table-partition-projection), or the one of `stacks/athena.py`, which also has
insightdetails; Insights expectations need that one. Damaged records are detected as far as a table
shows them, and are never evidence. A damaged file makes the query fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from cloudtrail.log_files import day_folder
from trail_logs.athena.condition import account, any_of, coalesce, condition, literal
from trail_logs.damage import EVENT_TIME, EVENT_TIME_LENGTH, NOT_IN_EVENT_IDS
from trail_logs.expectations import Expectation, InvalidExpectationError, folders_of
from trail_logs.layout import LATE_DELIVERY
from trail_logs.sources.log_source import LogSourceError

DIALECT = "athena"
MAX_BYTES = 262_144
"""Bytes of the longest statement that Athena accepts (Athena UG/service-limits)."""

SEPARATOR = " "
"""Between the parts of a sighting: eventTime, eventID, eventName, path of the log file."""

SPANS = (
    *("record_count", "event_count", "file_count", "earliest", "latest"),
    *("damaged_count", "damaged_path"),
)
"""Columns about all records of an account on the selected days.

They have the numbers of records, of different eventIDs and of files with records, the first and
last eventTime, the number of damaged records, and the first file with one. Damaged records count in
no other column, but their files do.
"""

EXCERPT = (
    *("eventSource", "awsRegion", "eventCategory", "type", "arn"),
    *("resources", "requestParameters"),
)
"""The parts of an excerpt, separated by tabs.

`type` and `arn` are userIdentity's, `resources` the ARNs, one a line, `requestParameters` is JSON.
A null is empty.
"""

EXCERPT_SEPARATOR, RESOURCE_SEPARATOR = "\t", "\n"


@dataclass(frozen=True, slots=True)
class LogTable:
    """A table over one location's log files, partitioned by day in the column `timestamp`.

    `by_account` and `by_folder` mean that it is also partitioned by the columns `account` and
    `folder` (CloudTrail, CloudTrail-Insight), as the tables of `stacks/athena.py` are. If
    `accounts` are given, only those partitions are read.
    """

    database: str
    name: str
    by_account: bool = False
    by_folder: bool = False
    accounts: tuple[str, ...] = ()


class StatementTooLongError(LogSourceError):
    """The statement is longer than Athena accepts."""


def statement(
    expectations: Sequence[Expectation],
    tables: Mapping[str, LogTable],
    since: datetime,
    until: datetime,
) -> exp.Query:
    """The statement that answers all expectations; `tables` by the expectations' location.

    Only the days from `since` to `until` are scanned, and as many more as the reader lists
    for late delivery. Columns: location, account, those of SPANS, and for expectation n
    `count_n` (distinct eventIDs), `first_n` and `last_n` (sightings, see SEPARATOR) with
    `first_excerpt_n` and `last_excerpt_n` (see EXCERPT).
    """
    unknown = sorted({each.location for each in expectations} - set(tables))
    if unknown:
        raise InvalidExpectationError(
            f"There is no table for {', '.join(map(repr, unknown))}; there are tables for"
            f" {', '.join(map(repr, tables)) or 'nothing'}."
        )
    first, *others = [
        _select(location, table, expectations, since, until) for location, table in tables.items()
    ]
    query: exp.Query = first
    for other in others:
        query = query.union(other, distinct=False)
    return query


def text(query: exp.Query) -> str:
    """The statement's text in Athena's dialect. Raises StatementTooLongError."""
    found = query.sql(dialect=DIALECT)
    if len(found.encode()) > MAX_BYTES:
        raise StatementTooLongError(
            f"The statement has {len(found.encode()):,} bytes, Athena takes at most "
            f"{MAX_BYTES:,}: split it into two queries."
        )
    return found


def _select(
    location: str,
    table: LogTable,
    expectations: Sequence[Expectation],
    since: datetime,
    until: datetime,
) -> exp.Select:
    here = {n: each for n, each in enumerate(expectations) if each.location == location}
    columns = (
        column
        for n in range(len(expectations))
        for column in (_aggregates(n) if n in here else _nothing(n))
    )
    return (
        exp.select(literal(location).as_("location"), exp.column("account"), *_spans(), *columns)
        .from_(_records(table, here, since, until).subquery("records"))
        .group_by(exp.column("account"))
    )


def _records(
    table: LogTable, expectations: Mapping[int, Expectation], since: datetime, until: datetime
) -> exp.Select:
    """The records of the selected days, each with whether the numbered expectations match."""
    return (
        exp.select(
            account().as_("account"),
            exp.column("eventid"),
            exp.column("eventtime"),
            _quoted("$path").as_("path"),
            _sighting().as_("sighting"),
            _excerpt().as_("excerpt"),
            _sound(table).as_("sound"),
            *(condition(each).as_(f"match_{n}") for n, each in expectations.items()),
        )
        .from_(exp.table_(table.name, db=table.database, quoted=True))
        .where(_days(since, until), *_partitions(table, list(expectations.values())))
    )


def _spans() -> Iterable[exp.Expr]:
    event, path, time, damaged = (
        _where(exp.column("sound"), "eventid"),
        exp.column("path"),
        _where(exp.column("sound"), "eventtime"),
        _where(exp.not_(exp.column("sound")), "path"),
    )
    values = (
        exp.Count(this=_where(exp.column("sound"), "path")),
        exp.Count(this=exp.Distinct(expressions=[event])),
        exp.Count(this=exp.Distinct(expressions=[path])),
        exp.Min(this=time.copy()),
        exp.Max(this=time.copy()),
        exp.Count(this=damaged.copy()),
        exp.Min(this=damaged.copy()),
    )
    return (value.as_(name) for name, value in zip(SPANS, values, strict=True))


def _where(holds: exp.Expr, column: str) -> exp.Expr:
    """The column if `holds` is true, else null."""
    return exp.Case().when(holds, exp.column(column))


def _aggregates(n: int) -> Iterable[exp.Expr]:
    matched = exp.and_(exp.column("sound"), exp.column(f"match_{n}"))
    event, sighting, excerpt = (
        _where(matched.copy(), each) for each in ("eventid", "sighting", "excerpt")
    )
    yield exp.Count(this=exp.Distinct(expressions=[event])).as_(f"count_{n}")
    yield exp.Min(this=sighting.copy()).as_(f"first_{n}")
    yield exp.Max(this=sighting.copy()).as_(f"last_{n}")
    at = {"this": excerpt, "expression": sighting}
    yield exp.ArgMin(**_copies(at)).as_(f"first_excerpt_{n}")
    yield exp.ArgMax(**_copies(at)).as_(f"last_excerpt_{n}")


def _copies(parts: Mapping[str, exp.Expr]) -> dict[str, exp.Expr]:
    return {name: part.copy() for name, part in parts.items()}


def _nothing(n: int) -> Iterable[exp.Expr]:
    """The columns of an expectation that is about another location."""
    yield exp.cast(exp.Literal.number(0), "BIGINT").as_(f"count_{n}")
    for name in ("first", "last", "first_excerpt", "last_excerpt"):
        yield exp.cast(exp.null(), "VARCHAR").as_(f"{name}_{n}")


def _sound(table: LogTable) -> exp.Expr:
    """Whether a record is not damaged, by the rule of `trail_logs.damage`.

    A text column keeps numbers and booleans as text, so their type is unknown.
    """
    time, event_id = exp.column("eventtime"), exp.column("eventid")
    named = exp.and_(*(_is_there(exp.column(each)) for each in ("eventsource", "eventname")))
    if table.by_folder:  # only this table has the column
        named = exp.or_(named, _is_there(exp.column("insightdetails")))
    whole = exp.and_(
        *(_is_there(exp.column(each)) for each in ("eventversion", "awsregion")),
        named,
        exp.Length(this=time.copy()).eq(EVENT_TIME_LENGTH),
        exp.RegexpLike(this=time.copy(), expression=literal(f"^{EVENT_TIME}$")),
        event_id.copy().neq(""),
        exp.not_(exp.RegexpLike(this=event_id.copy(), expression=literal(NOT_IN_EVENT_IDS))),
    )
    return coalesce(whole, exp.false())


def _is_there(column: exp.Expr) -> exp.Expr:
    return exp.not_(column.is_(exp.null()))


def _sighting() -> exp.Expr:
    separator = literal(SEPARATOR)
    name = coalesce(exp.column("eventname"), literal(""))
    parts = [exp.column("eventtime"), exp.column("eventid"), name, _quoted("$path")]
    return _joined(parts, separator)


def _excerpt() -> exp.Expr:
    arns = exp.Lambda(
        this=exp.column("arn", "resource"), expressions=[exp.to_identifier("resource")]
    )
    resources = exp.ArrayToString(
        this=exp.Transform(this=exp.column("resources"), expression=arns),
        expression=literal(RESOURCE_SEPARATOR),
    )
    parts = (
        *(exp.column(each) for each in ("eventsource", "awsregion", "eventcategory")),
        *(exp.column(each, "useridentity") for each in ("type", "arn")),
        resources,
        exp.column("requestparameters"),
    )
    texts = [coalesce(part, literal("")) for part in parts]
    return _joined(texts, literal(EXCERPT_SEPARATOR))


def _joined(parts: Sequence[exp.Expr], separator: exp.Expr) -> exp.Expr:
    joined = [parts[0]]
    for part in parts[1:]:
        joined += [separator.copy(), part]
    return exp.Concat(expressions=joined, safe=False, coalesce=False)


def _days(since: datetime, until: datetime) -> exp.Expr:
    return exp.Between(
        this=_quoted("timestamp"),
        low=literal(day_folder(since)),
        high=literal(day_folder(until + LATE_DELIVERY)),
    )


def _partitions(table: LogTable, expectations: Sequence[Expectation]) -> Iterable[exp.Expr]:
    """Conditions that select the needed folders, and accounts if all expectations name one."""
    folders = folders_of(expectations)
    if table.by_folder:
        yield any_of(exp.column("folder"), folders)
    elif "CloudTrail-Insight" in folders:
        raise InvalidExpectationError(
            f"You asked for Insights events, but the table {table.name} is not partitioned by "
            "folder, so it has none: deploy the tables of stacks/athena.py."
        )
    accounts: set[str | None] = set(table.accounts) or {each.account for each in expectations}
    if table.by_account and accounts and None not in accounts:
        yield any_of(exp.column("account"), sorted(filter(None, accounts)))


def _quoted(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
