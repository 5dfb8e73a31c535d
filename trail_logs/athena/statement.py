"""Expectations compiled to one Athena statement: all of them, for all accounts, in one scan.

Athena charges by the byte scanned, so a scan for each expectation would be expensive. The statement
has one row for each location and account; it is built with sqlglot's expressions, so no text of an
expectation ever becomes SQL. It reads the table of the CloudTrail user guide
(UG/create-cloudtrail-table-partition-projection), or the one of `stacks/athena.py`, which also has
insightdetails; Insights expectations need that one. Damaged records are detected as far as a table
shows them, and are never evidence. A damaged file makes the query fail.

The other half is `trail_logs.predicate`. Both must give the same answer for every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from cloudtrail.log_files import day_folder
from cloudtrail.old_records import INSIGHT_TYPE, OLD_DATA_EVENTS, reading
from cloudtrail.record_fields import parameter_steps
from trail_logs.damage import EVENT_TIME, EVENT_TIME_LENGTH, NOT_IN_EVENT_IDS
from trail_logs.expectations import (
    ACCOUNT,
    REGION,
    Expectation,
    InvalidExpectationError,
    event_time,
    folders_of,
)
from trail_logs.layout import LATE_DELIVERY
from trail_logs.sources import LogSourceError

DIALECT = "athena"
MAX_BYTES = 262_144
"""The longest statement Athena takes (Athena UG/service-limits)."""

SEPARATOR = " "
"""Between the parts of a sighting: eventTime, eventID, eventName, path of the log file."""

SPANS = (
    *("record_count", "event_count", "file_count", "earliest", "latest"),
    *("damaged_count", "damaged_path"),
)
"""Columns about all records of an account on the days in question: how many, how many eventIDs
and files with records, first and last eventTime; how many records are damaged, and the first
file with such a one. What is damaged counts in no other column, except its file's."""

EXCERPT = (
    *("eventSource", "awsRegion", "eventCategory", "type", "arn"),
    *("resources", "requestParameters"),
)
"""The parts of an excerpt, between tabs: `type` and `arn` are userIdentity's, `resources` the
ARNs, one a line, requestParameters JSON. What is null is empty."""

EXCERPT_SEPARATOR, RESOURCE_SEPARATOR = "\t", "\n"


@dataclass(frozen=True, slots=True)
class LogTable:
    """A table over one location's log files, partitioned by day in the column `timestamp`.

    `by_account` and `by_folder` mean that it is also partitioned by the columns `account` and
    `folder` (CloudTrail, CloudTrail-Insight), as the tables of `stacks/athena.py` are. Where
    `accounts` are given, only those partitions are read.
    """

    database: str
    name: str
    by_account: bool = False
    by_folder: bool = False
    accounts: tuple[str, ...] = ()


class StatementTooLongError(LogSourceError):
    """The statement for so many expectations is longer than Athena takes."""


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
    """The statement as Athena takes it. Raises StatementTooLongError."""
    found = query.sql(dialect=DIALECT)
    if len(found.encode()) > MAX_BYTES:
        raise StatementTooLongError(
            f"The statement has {len(found.encode()):,} bytes, Athena takes at most "
            f"{MAX_BYTES:,}: split it into two queries."
        )
    return found


def condition(expectation: Expectation) -> exp.Expr:
    """What is true for the rows the expectation is about."""
    return exp.and_(
        *_names(expectation),
        *_times(expectation),
        *_outcome(expectation),
        *_place(expectation),
        *_kind(expectation),
        *_who(expectation),
        *_what(expectation),
        *(_parameter(path, value) for path, value in expectation.parameters),
        exp.true(),
    )


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
        exp.select(
            exp.Literal.string(location).as_("location"), exp.column("account"), *_spans(), *columns
        )
        .from_(_records(table, here, since, until).subquery("records"))
        .group_by(exp.column("account"))
    )


def _records(
    table: LogTable, expectations: Mapping[int, Expectation], since: datetime, until: datetime
) -> exp.Select:
    """The records of the days in question, each with whether the numbered expectations match."""
    return (
        exp.select(
            _account().as_("account"),
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


def _where(condition: exp.Expr, column: str) -> exp.Expr:
    """The column where the condition holds, else null."""
    return exp.Case().when(condition, exp.column(column))


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
        exp.RegexpLike(this=time.copy(), expression=_literal(f"^{EVENT_TIME}$")),
        event_id.copy().neq(""),
        exp.not_(exp.RegexpLike(this=event_id.copy(), expression=_literal(NOT_IN_EVENT_IDS))),
    )
    return _coalesce(whole, exp.false())


def _is_there(column: exp.Expr) -> exp.Expr:
    return exp.not_(column.is_(exp.null()))


def _account() -> exp.Expr:
    caller = exp.column("accountid", "useridentity")
    return _coalesce(exp.column("recipientaccountid"), caller, exp.Literal.string(""))


def _sighting() -> exp.Expr:
    separator = exp.Literal.string(SEPARATOR)
    name = _coalesce(exp.column("eventname"), exp.Literal.string(""))
    parts = [exp.column("eventtime"), exp.column("eventid"), name, _quoted("$path")]
    return _joined(parts, separator)


def _excerpt() -> exp.Expr:
    arns = exp.Lambda(
        this=exp.column("arn", "resource"), expressions=[exp.to_identifier("resource")]
    )
    resources = exp.ArrayToString(
        this=exp.Transform(this=exp.column("resources"), expression=arns),
        expression=_literal(RESOURCE_SEPARATOR),
    )
    parts = (
        *(exp.column(each) for each in ("eventsource", "awsregion", "eventcategory")),
        *(exp.column(each, "useridentity") for each in ("type", "arn")),
        resources,
        exp.column("requestparameters"),
    )
    texts = [_coalesce(part, exp.Literal.string("")) for part in parts]
    return _joined(texts, _literal(EXCERPT_SEPARATOR))


def _joined(parts: Sequence[exp.Expr], separator: exp.Expr) -> exp.Expr:
    joined = [parts[0]]
    for part in parts[1:]:
        joined += [separator.copy(), part]
    return exp.Concat(expressions=joined, safe=False, coalesce=False)


def _days(since: datetime, until: datetime) -> exp.Expr:
    return exp.Between(
        this=_quoted("timestamp"),
        low=exp.Literal.string(day_folder(since)),
        high=exp.Literal.string(day_folder(until + LATE_DELIVERY)),
    )


def _partitions(table: LogTable, expectations: Sequence[Expectation]) -> Iterable[exp.Expr]:
    """Only the folders, and the accounts where all expectations name one, in question."""
    folders = folders_of(expectations)
    if table.by_folder:
        yield _any_of(exp.column("folder"), folders)
    elif "CloudTrail-Insight" in folders:
        raise InvalidExpectationError(
            f"You asked for Insights events, but the table {table.name} is not partitioned by "
            "folder, so it has none: deploy the tables of stacks/athena.py."
        )
    accounts: set[str | None] = set(table.accounts) or {each.account for each in expectations}
    if table.by_account and accounts and None not in accounts:
        yield _any_of(exp.column("account"), sorted(filter(None, accounts)))


def _names(expectation: Expectation) -> Iterable[exp.Expr]:
    insight = expectation.category == "Insight"
    table = "insightdetails" if insight else None
    if expectation.event_names:
        yield _any_of(exp.column("eventname", table), expectation.event_names)
    if expectation.event_source is not None:
        yield exp.column("eventsource", table).eq(expectation.event_source)


def _times(expectation: Expectation) -> Iterable[exp.Expr]:
    time = exp.column("eventtime")
    if expectation.since is not None:
        yield exp.GTE(this=time.copy(), expression=_literal(event_time(expectation.since)))
    if expectation.until is not None:
        yield exp.LTE(this=time.copy(), expression=_literal(event_time(expectation.until)))


def _outcome(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.succeeded is not None:
        absent = exp.column("errorcode").is_(exp.null())
        yield absent if expectation.succeeded else exp.not_(absent)


def _place(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.region is not None:
        yield exp.column("awsregion").eq(expectation.region)
    if expectation.account is not None:
        yield _account().eq(expectation.account)


def _kind(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.category is not None:
        yield _category().eq(expectation.category)
    if expectation.read_only is not None:
        yield _read_only().eq("true" if expectation.read_only else "false")


def _category() -> exp.Expr:
    """eventCategory, or what it would be in a record older than the field."""
    insight = exp.column("eventtype").eq(INSIGHT_TYPE)
    derived = exp.Case().when(insight, _literal("Insight"))
    for event in _events(OLD_DATA_EVENTS):
        derived = derived.when(event, _literal("Data"))
    return _coalesce(exp.column("eventcategory"), derived.else_(_literal("Management")))


def _read_only() -> exp.Expr:
    """readOnly, or what the event's name says in a record older than the field."""
    rule, derived = reading(), exp.Case()
    for event in _events(rule.reads):
        derived = derived.when(event, _literal("true"))
    for event in _events(rule.writes):
        derived = derived.when(event, _literal("false"))
    verbs = _literal(f"^({'|'.join(rule.verbs)})")
    by_verb = exp.RegexpLike(this=exp.column("eventname"), expression=verbs)
    derived = derived.when(by_verb, _literal("true")).else_(_literal("false"))
    return _coalesce(exp.column("readonly"), derived)


def _events(names_by_source: Mapping[str, Iterable[str]]) -> Iterable[exp.Expr]:
    for source, names in names_by_source.items():
        of_source = exp.column("eventsource").eq(source)
        yield exp.and_(of_source, _any_of(exp.column("eventname"), sorted(names)))


def _who(expectation: Expectation) -> Iterable[exp.Expr]:
    identity = expectation.identity
    for other_agent in expectation.not_user_agents:
        found = exp.StrPosition(this=exp.column("useragent"), substr=_literal(other_agent))
        yield _coalesce(found, exp.Literal.number(0)).eq(0)
    if identity is None:
        return
    issuer = ("sessionissuer", "sessioncontext", "useridentity")
    yield exp.or_(
        exp.column("arn", "useridentity").eq(identity),
        exp.column("username", "useridentity").eq(identity),
        exp.column("arn", *issuer).eq(identity),
        exp.column("username", *issuer).eq(identity),
    )


def _what(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.resource is not None:
        same = exp.Lambda(
            this=exp.column("arn", "resource").eq(_of_record(expectation.resource)),
            expressions=[exp.to_identifier("resource")],
        )
        found = exp.ArrayFilter(this=exp.column("resources"), expression=same)
        count = _coalesce(exp.ArraySize(this=found), exp.Literal.number(0))
        yield exp.GT(this=count, expression=exp.Literal.number(0))


def _of_record(resource: str) -> exp.Expr:
    """The ARN, with the record's own account and Region where it has marks for them."""
    arn: exp.Expr = _literal(resource)
    for mark, value in ((ACCOUNT, _account()), (REGION, exp.column("awsregion"))):
        if mark in resource:
            arn = exp.Replace(this=arn, expression=_literal(mark), replacement=value)
    return arn


def _parameter(path: str, value: str) -> exp.Expr:
    steps = [
        exp.JSONPathSubscript(this=step) if isinstance(step, int) else exp.JSONPathKey(this=step)
        for step in parameter_steps(path)
    ]
    whole = exp.JSONPath(expressions=[exp.JSONPathRoot(), *steps])
    return exp.JSONExtractScalar(this=exp.column("requestparameters"), expression=whole).eq(value)


def _any_of(column: exp.Column, values: Iterable[str]) -> exp.Expr:
    return column.isin(*(_literal(value) for value in values))


def _coalesce(first: exp.Expr, *others: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=first, expressions=list(others))


def _quoted(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _literal(value: str) -> exp.Literal:
    return exp.Literal.string(value)
