"""An expectation's filters as one condition of Athena's SQL, on a row of the table of log files.

It is built with sqlglot's expressions, so no text of an expectation ever becomes SQL. The other
half is `trail_logs.expectation_predicates`: both must give the same answer for every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from cloudtrail.old_records import INSIGHT_TYPE, OLD_DATA_EVENTS, reading
from cloudtrail.record_conditions import parameter_steps
from trail_logs.expectations import ACCOUNT, REGION, Expectation, event_time


def condition(expectation: Expectation) -> exp.Expr:
    """The condition that is true for rows that the expectation matches."""
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


def account() -> exp.Expr:
    """The account the record was delivered for, or the caller's: empty if it has neither."""
    caller = exp.column("accountid", "useridentity")
    return coalesce(exp.column("recipientaccountid"), caller, literal(""))


def _names(expectation: Expectation) -> Iterable[exp.Expr]:
    insight = expectation.category == "Insight"
    table = "insightdetails" if insight else None
    if expectation.event_names:
        yield any_of(exp.column("eventname", table), expectation.event_names)
    if expectation.event_source is not None:
        yield exp.column("eventsource", table).eq(expectation.event_source)


def _times(expectation: Expectation) -> Iterable[exp.Expr]:
    time = exp.column("eventtime")
    if expectation.since is not None:
        yield exp.GTE(this=time.copy(), expression=literal(event_time(expectation.since)))
    if expectation.until is not None:
        yield exp.LTE(this=time.copy(), expression=literal(event_time(expectation.until)))


def _outcome(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.succeeded is not None:
        absent = exp.column("errorcode").is_(exp.null())
        yield absent if expectation.succeeded else exp.not_(absent)


def _place(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.region is not None:
        yield exp.column("awsregion").eq(expectation.region)
    if expectation.account is not None:
        yield account().eq(expectation.account)


def _kind(expectation: Expectation) -> Iterable[exp.Expr]:
    if expectation.category is not None:
        yield _category().eq(expectation.category)
    if expectation.read_only is not None:
        yield _read_only().eq("true" if expectation.read_only else "false")


def _category() -> exp.Expr:
    """eventCategory, or its value by rule if the record is older than the field."""
    insight = exp.column("eventtype").eq(INSIGHT_TYPE)
    derived = exp.Case().when(insight, literal("Insight"))
    for event in _events(OLD_DATA_EVENTS):
        derived = derived.when(event, literal("Data"))
    return coalesce(exp.column("eventcategory"), derived.else_(literal("Management")))


def _read_only() -> exp.Expr:
    """readOnly, or its value by the event's name if the record is older than the field."""
    rule, derived = reading(), exp.Case()
    for event in _events(rule.reads):
        derived = derived.when(event, literal("true"))
    for event in _events(rule.writes):
        derived = derived.when(event, literal("false"))
    verbs = literal(f"^({'|'.join(rule.verbs)})")
    by_verb = exp.RegexpLike(this=exp.column("eventname"), expression=verbs)
    derived = derived.when(by_verb, literal("true")).else_(literal("false"))
    return coalesce(exp.column("readonly"), derived)


def _events(names_by_source: Mapping[str, Iterable[str]]) -> Iterable[exp.Expr]:
    for source, names in names_by_source.items():
        of_source = exp.column("eventsource").eq(source)
        yield exp.and_(of_source, any_of(exp.column("eventname"), sorted(names)))


def _who(expectation: Expectation) -> Iterable[exp.Expr]:
    identity = expectation.identity
    for other_agent in expectation.not_user_agents:
        found = exp.StrPosition(this=exp.column("useragent"), substr=literal(other_agent))
        yield coalesce(found, exp.Literal.number(0)).eq(0)
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
        count = coalesce(exp.ArraySize(this=found), exp.Literal.number(0))
        yield exp.GT(this=count, expression=exp.Literal.number(0))


def _of_record(text: str) -> exp.Expr:
    """The text, with the record's own account and Region for `{account}` and `{region}`."""
    filled: exp.Expr = literal(text)
    for mark, value in ((ACCOUNT, account()), (REGION, exp.column("awsregion"))):
        if mark in text:
            filled = exp.Replace(this=filled, expression=literal(mark), replacement=value)
    return filled


def _parameter(path: str, value: str) -> exp.Expr:
    steps = [
        exp.JSONPathSubscript(this=step) if isinstance(step, int) else exp.JSONPathKey(this=step)
        for step in parameter_steps(path)
    ]
    whole = exp.JSONPath(expressions=[exp.JSONPathRoot(), *steps])
    return exp.JSONExtractScalar(this=exp.column("requestparameters"), expression=whole).eq(
        _of_record(value)
    )


def any_of(column: exp.Column, values: Iterable[str]) -> exp.Expr:
    return column.isin(*(literal(value) for value in values))


def coalesce(first: exp.Expr, *others: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=first, expressions=list(others))


def literal(value: str) -> exp.Literal:
    return exp.Literal.string(value)
