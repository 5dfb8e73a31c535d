"""The local reader and the Athena statement say the same of any logs and any expectations.

The statement is transpiled by sqlglot and run by DuckDB over the same files; every row of
its answer is compared: counts, and the first and last record with its file.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trail_logs.athena import duckdb_table
from tests.trail_logs.log_samples import NOON, file_of, key_of, record, write
from trail_logs.athena.answers import answers_of
from trail_logs.athena.statement import LogTable, statement, text
from trail_logs.expectations import Answer, Evidence, Expectation
from trail_logs.reader import Window, read
from trail_logs.sources.folder import FolderSource

ACCOUNTS = ["111122223333", "444455556666"]
REGIONS = ["us-east-1", "eu-west-1"]
NAMES = ["PutItem", "GetItem", "CreateTable", "ListTables", "GetObject", "Invoke"]
SOURCES = ["dynamodb.amazonaws.com", "s3.amazonaws.com", "lambda.amazonaws.com"]
USERS = ["alice", "bob's", "arn:aws:iam::111122223333:role/Student"]
TEXTS = ["Users", "it's", 'a"b', "ünï", "7", "true", "2.5", ""]
PATHS = ["tableName", "key.id", "items[1]", "requestItems[0].x-amz-acl", "limit", "key"]
AGENTS = ["aws-cli/2", "[console, its_100%]", "ünï's", "its_100%", "itsx100y", "%", ""]
TABLES = [f"arn:aws:dynamodb:us-east-1:{ACCOUNTS[0]}:table/{name}" for name in ("Users", "it's")]
OWN_TABLE = "arn:aws:dynamodb:{region}:{account}:table/Users"
SECONDS = [-90_000, -1, 0, 1, 7, 86_400]

row = tuple[str, str, int, Any, Any]
RowsOf = Callable[[Path, Sequence[Expectation]], list[dict[str, Any]]]
"""The statement's answer over the files in a folder, by some engine; EVERYTHING is asked last."""


@st.composite
def identities(draw: st.DrawFn) -> dict[str, Any] | None:
    issuer = {"arn": draw(st.sampled_from(USERS)), "userName": draw(st.sampled_from(USERS))}
    known = st.sampled_from(
        [{}, {"sessionContext": {}}, {"sessionContext": {"sessionIssuer": issuer}}]
    )
    names = st.sampled_from(
        [{}, {"userName": "alice"}, {"arn": USERS[2]}, {"accountId": ACCOUNTS[0]}]
    )
    found: dict[str, Any] | None = draw(
        st.one_of(st.none(), st.builds(lambda a, b: {**a, **b}, names, known))
    )
    return found


resources = st.one_of(
    st.none(),
    st.lists(
        st.one_of(
            st.builds(
                lambda arn: {"ARN": arn, "type": "AWS::DynamoDB::Table"}, st.sampled_from(TABLES)
            ),
            st.just({"type": "AWS::S3::Object"}),
        ),
        max_size=3,
    ),
)

scalars = st.one_of(
    st.sampled_from(TEXTS), st.booleans(), st.none(), st.sampled_from([7, -1, 0, 2.5, 2**70])
)
requests = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"tableName": scalars},
        optional={
            "key": st.one_of(scalars, st.fixed_dictionaries({"id": scalars})),
            "items": st.lists(scalars, max_size=3),
            "requestItems": st.lists(st.fixed_dictionaries({"x-amz-acl": scalars}), max_size=2),
            "limit": scalars,
        },
    ),
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    old = draw(st.booleans())
    insight = not old and draw(st.integers(0, 9)) == 0
    details = {"eventName": draw(st.sampled_from(NAMES)), "eventSource": SOURCES[0]}
    found = record(
        eventName=None if insight else draw(st.sampled_from(NAMES)),
        eventTime=f"{NOON + timedelta(seconds=draw(st.sampled_from(SECONDS))):%FT%TZ}",
        eventID=f"00000000-0000-4000-8000-{draw(st.integers(0, 30)):012d}",
        eventSource=None if insight else draw(st.sampled_from(SOURCES)),
        awsRegion=draw(st.sampled_from(REGIONS)),
        userIdentity=draw(identities()),
        userAgent=draw(st.sampled_from([*AGENTS, None])),
        requestParameters=draw(requests),
        resources=draw(resources),
        errorCode=draw(st.sampled_from([None, None, "AccessDenied"])),
        recipientAccountId=draw(st.sampled_from([*ACCOUNTS, None])),
        readOnly=None if old else draw(st.booleans()),
        eventCategory=None if old else draw(st.sampled_from(["Management", "Data", "Insight"])),
        eventType="AwsCloudTrailInsight" if insight else "AwsApiCall",
        insightDetails=details if insight else None,
    )
    if draw(st.integers(0, 7)) == 0:
        found |= draw(st.sampled_from(DAMAGE))
    return found


DAMAGE: list[dict[str, Any]] = [
    *({"eventTime": time} for time in ("", None, "2026-02-29T12:00:00Z", "2026-03-14T12:00:00Z\n")),
    *({"eventTime": f"2026-03-14T{clock}Z"} for clock in ("24:00:00", "12:00:00.0", "12:60:00")),
    *({"eventID": event_id} for event_id in ("", None, " a", "a\n", "ünï")),
    *({name: None} for name in ("eventVersion", "awsRegion")),
    {"eventName": None, "insightDetails": None},
    {"eventSource": None, "insightDetails": None},
]
"""What a table shows of damaged records."""


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "event_names": st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple),
    "event_source": st.sampled_from(SOURCES),
    "category": st.sampled_from(["Management", "Data", "Insight"]),
    "since": st.sampled_from(SECONDS).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    "parameters": st.lists(
        st.tuples(st.sampled_from(PATHS), st.sampled_from(TEXTS)), min_size=1, max_size=2
    ).map(tuple),
    "identity": st.sampled_from(USERS),
    "resource": st.sampled_from([*TABLES, OWN_TABLE]),
    "not_user_agents": st.lists(
        st.sampled_from([agent for agent in AGENTS if agent]), min_size=1, max_size=2
    ).map(tuple),
    "succeeded": st.booleans(),
    "read_only": st.booleans(),
    "account": st.sampled_from(ACCOUNTS),
    "region": st.sampled_from(REGIONS),
}
UNTIL = [NOON + timedelta(seconds=max(SECONDS) + more) for more in (0, 1)]


@st.composite
def expectations(draw: st.DrawFn) -> Expectation:
    """Of a few filters each: one of many would hardly match anything."""
    names = draw(st.lists(st.sampled_from(sorted(FILTERS)), max_size=3, unique=True))
    chosen = {name: draw(FILTERS[name]) for name in names}
    until = draw(st.sampled_from([None, *UNTIL] if "since" in chosen else [None, NOON, *UNTIL]))
    return Expectation("random", **chosen, until=until)


files = st.lists(
    st.tuples(
        st.sampled_from([-2, -1, 0, 1, 2, 3]),
        st.sampled_from(ACCOUNTS),
        st.lists(records(), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=5,
)


def write_all(folder: Path, contents: list[tuple[int, str, list[dict[str, Any]]]]) -> None:
    """Files of these days and accounts, and one that is always there."""
    for day, account, found in contents:
        key = key_of(NOON + timedelta(days=day), account, REGIONS[day % 2])
        write(folder, key, file_of(*found))
    write(folder, key_of(), file_of(record("ListTables")))


@settings(max_examples=settings().max_examples // 4)
@given(files, st.lists(expectations(), min_size=1, max_size=10))
def test_random_expectations_over_random_logs_have_the_same_answers(
    contents: list[tuple[int, str, list[dict[str, Any]]]], asked: list[Expectation]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        write_all(folder, contents)
        rows = rows_by_statement(folder, asked)
        assert by_reader(folder, asked) == by_statement(folder, asked, lambda *_: rows)
        assert spans_by_reader(folder) == spans_by_statement(folder, lambda *_: rows)
    finally:
        shutil.rmtree(folder)


ISSUED = {"sessionContext": {"sessionIssuer": {"arn": USERS[2], "userName": "Student"}}}
INSIGHT: dict[str, Any] = {
    **dict.fromkeys(("eventName", "eventSource", "userIdentity", "eventCategory", "readOnly")),
    "eventType": "AwsCloudTrailInsight",
    "insightDetails": {"eventName": "PutItem", "eventSource": SOURCES[0]},
}


@pytest.mark.parametrize(
    "filters",
    [
        {"identity": "Student"},
        {"identity": USERS[2]},
        {"category": "Insight", "event_source": SOURCES[0]},
        {"category": "Insight", "event_names": ("PutItem",)},
        {"category": "Data", "event_source": SOURCES[1]},
        {"parameters": (("requestItems[0].x-amz-acl", "private"),)},
        {"resource": TABLES[1]},
        {"resource": OWN_TABLE.replace("Users", "it's")},
        {"parameters": (("trailName", "arn:{region}:{account}:it's"),)},
        {"not_user_agents": ("its_100%",), "event_names": ("Scan",)},
    ],
    ids=str,
)
def test_what_chance_seldom_meets_has_the_same_answer(
    tmp_path: Path, filters: dict[str, Any]
) -> None:
    old = {"eventSource": SOURCES[1], "eventCategory": None, "readOnly": None}
    found = (
        record(userIdentity=ISSUED),
        record("GetObject", **old),
        record("ListBuckets", **old),
        record(requestParameters={"requestItems": [{"x-amz-acl": "private"}]}),
        record("Scan", userAgent="itsx100y"),
        record("Scan", userAgent="[its_100%]"),
        record(resources=[{"ARN": TABLES[0]}, {"ARN": TABLES[1]}]),
        record(resources=[{"ARN": TABLES[0]}]),
        record(requestParameters={"trailName": f"arn:{REGIONS[0]}:{ACCOUNTS[0]}:it's"}),
        record(requestParameters={"trailName": f"arn:{REGIONS[1]}:{ACCOUNTS[0]}:it's"}),
    )
    write(tmp_path, key_of(), file_of(*found))
    write(tmp_path, key_of(folder="CloudTrail-Insight"), file_of(record(**INSIGHT)))
    asked = [Expectation("e", **filters)]
    assert by_reader(tmp_path, asked) == by_statement(tmp_path, asked)
    assert [each[2] for each in by_statement(tmp_path, asked)][:1] == [1]


def test_a_parameter_with_a_quote_is_text_and_never_sql(tmp_path: Path) -> None:
    name = "Users') OR ('1' = '1"
    write(tmp_path, key_of(), file_of(record(), record(requestParameters={"tableName": name})))
    asked = [Expectation("e", parameters=(("tableName", name),))]
    assert by_statement(tmp_path, asked) == by_reader(tmp_path, asked)
    assert [each[2] for each in by_statement(tmp_path, asked)] == [1]


def test_two_locations_are_answered_by_one_statement(tmp_path: Path) -> None:
    for label, name in (("management", "CreateTable"), ("data", "PutItem")):
        write(tmp_path / label, key_of(), file_of(record(name), record(name)))
    asked = [
        Expectation("created", location="management", event_names=("CreateTable",)),
        Expectation("put", location="data", event_names=("PutItem",)),
        Expectation("no put", location="management", event_names=("PutItem",)),
    ]
    database = duckdb_table.connected(
        {label: (tmp_path / label, label) for label in ("management", "data")}
    )
    tables = {label: LogTable("logs", label) for label in ("management", "data")}
    query = statement(asked, tables, NOON, NOON)
    found = {row["location"]: row for row in duckdb_table.rows(database, query.sql("duckdb"))}
    assert [found["management"][f"count_{n}"] for n in range(3)] == [2, 0, 0]
    assert [found["data"][f"count_{n}"] for n in range(3)] == [0, 2, 0]


def by_reader(folder: Path, asked: Sequence[Expectation]) -> list[row]:
    """The reader's rows; all days of the window are listed, whatever accounts are asked for."""
    reading = read(FolderSource(folder), [*asked, EVERYTHING], window=Window(NOON, NOON))
    answers = [each for each in reading.answers if each.expectation is not EVERYTHING]
    return sorted(_row(folder, number, each) for number, each in _numbered(asked, answers))


EVERYTHING = Expectation("everything")  # makes the reader list all accounts and Regions


def _numbered(asked: Sequence[Expectation], answers: Sequence[Answer]) -> list[tuple[int, Answer]]:
    """Answers with their expectation's number, only for accounts with records: as GROUP BY does."""
    return [
        (number, answer)
        for number, expectation in enumerate(asked)
        for answer in answers
        if answer.expectation is expectation and (answer.count or expectation.account is None)
    ]


def _row(folder: Path, number: int, answer: Answer) -> row:
    return (str(number), answer.account, answer.count, _seen(answer.first), _seen(answer.last))


def _seen(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    time = f"{evidence.event_time:%FT%TZ}"
    return f"{time} {evidence.event_id} {evidence.event_name} s3://bucket/{evidence.key}"


Spans = tuple[dict[str, tuple[int, int, str, str]], int, str]
"""What each account has, how many records are damaged, and the first file with one."""


def spans_by_reader(folder: Path) -> Spans:
    reading = read(FolderSource(folder), [EVERYTHING], window=Window(NOON, NOON))
    accounts = {
        account: (each.records, each.duplicates, f"{each.earliest:%FT%TZ}", f"{each.latest:%FT%TZ}")
        for account, each in reading.accounts.items()
    }
    paths = [f"s3://bucket/{each.key}" for each in reading.damaged]
    return accounts, sum(each.records for each in reading.damaged), min(paths, default="")


def spans_by_statement(folder: Path, rows_of: RowsOf | None = None) -> Spans:
    rows = (rows_of or rows_by_statement)(folder, [])
    accounts = {
        each["account"]: (
            each["record_count"],
            each["record_count"] - each["event_count"],
            each["earliest"],
            each["latest"],
        )
        for each in rows
        if each["record_count"]
    }
    paths = [each["damaged_path"] for each in rows if each["damaged_count"]]
    return accounts, sum(each["damaged_count"] for each in rows), min(paths, default="")


@pytest.mark.parametrize("changes", DAMAGE, ids=ascii)
def test_a_damaged_record_is_counted_and_no_evidence_for_both(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    write(tmp_path, key_of(), file_of(record()))
    write(tmp_path, damaged := key_of(), file_of(record("GetItem"), {**record(), **changes}))
    asked = [Expectation("e")]
    rows = rows_by_statement(tmp_path, asked)
    assert by_reader(tmp_path, asked) == by_statement(tmp_path, asked, lambda *_: rows)
    assert [each[2] for each in by_reader(tmp_path, asked)] == [2]
    assert spans_by_reader(tmp_path) == spans_by_statement(tmp_path, lambda *_: rows)
    assert spans_by_reader(tmp_path)[1:] == (1, f"s3://bucket/{damaged}")


def test_evidence_has_the_same_fields(tmp_path: Path) -> None:
    resources = [{"ARN": "arn:aws:s3:::a/b c"}, {"type": "no ARN"}, {"ARN": "arn:x"}]
    found = (
        record(requestParameters={"tableName": 'it\'s\t"quoted"\n', "n": [1.50, None, True]}),
        record("ListTables", requestParameters=None, userIdentity=None, resources=resources),
    )
    write(tmp_path, key_of(), file_of(*found))
    asked = [Expectation(each["eventName"], event_names=(each["eventName"],)) for each in found]
    reading = read(FolderSource(tmp_path), asked)
    rows = [
        {name: None if value is None else str(value) for name, value in each.items()}
        for each in rows_by_statement(tmp_path, asked)
    ]
    for ours, athenas in zip(reading.answers, answers_of(asked, rows), strict=True):
        assert ours.last is not None
        assert athenas.last is not None
        whole, excerpt = json.loads(ours.last.excerpt), json.loads(athenas.last.excerpt)
        assert excerpt["requestParameters" if ours is reading.answers[0] else "resources"]
        assert _comparable(excerpt) == _comparable(whole)


def _comparable(excerpt: dict[str, Any]) -> dict[str, Any]:
    """The fields that both engines show."""
    identity = excerpt.get("userIdentity") or {}
    arns = [each["ARN"] for each in excerpt.get("resources") or [] if "ARN" in each]
    names = ("eventTime", "eventID", "eventName", "eventSource", "awsRegion", "eventCategory")
    return {
        **{name: excerpt.get(name) for name in (*names, "requestParameters")},
        "identity": (identity.get("type"), identity.get("arn")),
        "resources": arns,
    }


def rows_by_statement(folder: Path, asked: Sequence[Expectation]) -> list[dict[str, Any]]:
    database = duckdb_table.connected({"trail": (folder, "bucket")})
    table = LogTable("logs", "trail", by_folder=True)
    query = statement([*asked, EVERYTHING], {"": table}, NOON, NOON)
    assert text(query)
    return duckdb_table.rows(database, query.sql("duckdb"))


def by_statement(
    folder: Path, asked: Sequence[Expectation], rows_of: RowsOf | None = None
) -> list[row]:
    found = (rows_of or rows_by_statement)(folder, asked)
    return sorted(
        (
            str(number),
            each["account"],
            each[f"count_{number}"],
            each[f"first_{number}"] or "",
            each[f"last_{number}"] or "",
        )
        for number, expectation in enumerate(asked)
        for each in found
        if each[f"count_{number}"] or (expectation.account is None and each["record_count"])
    )


def test_the_reference_records_have_the_same_answers(tmp_path: Path) -> None:
    """Real records, of many services and versions, where the collection stands beside."""
    folder = Path(__file__).parents[4] / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    lines = [
        json.loads(line)["record"]
        for path in sorted(folder.glob("[cdos]*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    real = [
        each for each in lines if {"eventID", "eventTime", "eventVersion", "awsRegion"} <= set(each)
    ]
    write(tmp_path, key_of(), file_of(*real))
    names = sorted({each["eventName"] for each in real if "eventName" in each})
    asked = [
        *(Expectation(name, event_names=(name,)) for name in names),
        *(Expectation(f"{kind}", category=kind) for kind in ("Management", "Data", "Insight")),
        *(Expectation(f"{reads}", read_only=reads) for reads in (True, False)),
    ]
    found = by_reader(tmp_path, asked)
    assert sum(each[2] for each in found) > len(real)
    assert found == by_statement(tmp_path, asked)
