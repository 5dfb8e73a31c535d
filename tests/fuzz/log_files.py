"""Mutated log files: what of them is evidence is the same to the reader, to `logs` and to a
strict reader.

A case is made from its seed and number alone: `case(seed, number)` are its bytes. One that is
read wrongly is named on standard error.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from time import monotonic
from typing import Any

from cloudtrail.log_files import DamagedLogFile
from cloudtrail.record_conditions import condition
from tests.fuzz.figures import Figures
from tests.fuzz.strict_reader import Damaged, records_of
from trail_logs.expectation_predicates import compiled
from trail_logs.expectations import Expectation
from trail_logs.records import Contents, decode, decode_raw
from trail_logs.surveying.report import complaints, written
from trail_logs.surveying.survey import Survey, SurveyJob
from trail_logs.tally import Tally, sealed, tally_file

HUNG_SECONDS = 5.0
"""A file of a few kilobytes that takes longer is said to hang."""

KEY = "111122223333_CloudTrail_us-east-1_20260314T1200Z_AAAAAAAAAAAAAAAA.json.gz"
_ALL = 1_000_000

_FIELDS: tuple[dict[str, Any], ...] = (
    {"eventName": "PutItem", "requestParameters": {"tableName": "Users", "key": {"id": 1.5}}},
    {"eventName": "GetItem", "readOnly": True, "eventCategory": "Data", "errorCode": "Denied"},
    {"eventName": "ListTables", "userIdentity": {"type": "AWSService"}, "userAgent": "ünï 😀"},
    {"eventName": "GetObject", "eventVersion": "1.05", "resources": [{"ARN": "arn:aws:s3:::b"}]},
    {"eventName": "CreateTable", "recipientAccountId": "444455556666", "eventType": "AwsApiCall"},
)
_INSIGHT = {"eventType": "AwsCloudTrailInsight", "insightDetails": {"eventName": "PutItem"}}

_NAMES = (
    *("eventVersion", "eventTime", "awsRegion", "eventID", "eventSource", "eventName"),
    *("errorCode", "eventType", "recipientAccountId", "eventCategory", "readOnly"),
    *("insightDetails", "userIdentity", "userAgent", "requestParameters", "resources", "other"),
)
_TIMES = (
    *("2026-03-14T12:00:00Z", "2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z"),
    *(
        "2026-02-29T12:00:00Z",
        "2026-03-14T24:00:00Z",
        "2026-03-14t12:00:00z",
        "0000-01-01T00:00:00Z",
    ),
    *("2026-03-14T12:00:00.5Z", " 2026-03-14T12:00:00Z", "2026-03-14T12:00:00Z\n", "2026-3-14", ""),
)
_UUID = "0a0b0c0d-0000-4000-8000-00000000abcd"
_IDS = (
    *(_UUID, _UUID.upper(), _UUID.replace("-", ""), f"{_UUID} ", f"\t{_UUID}", f"{_UUID}\n"),
    *(_UUID.replace("-", " "), "", "x", "-", "ünï", "\u0661" * 36, "5ab02562-90293example"),
)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e300, 10**400, "", " ", "a" * 5000, [], {}, [[]], {"": None}),
    *("\ud800", "\udc00\ud83d", {"\udfff": 1}, ["x", {"y": "\udbff"}], "😀", "\x00", "\x7f\x1b[2J"),
    *({"arn": 7}, {"ARN": []}, [None], {"tableName": {"a": "b"}}, {"eventName": None}),
)


def run(count: int, seed: int) -> Figures:
    """Try `count` files."""
    figures = Figures("log files", tried=count)
    for number in range(count):
        begun = monotonic()
        verdict = _verdict(case(seed, number))
        if monotonic() - begun > HUNG_SECONDS:
            verdict = ("hung", f"{monotonic() - begun:.0f} s")
        if verdict:
            wrong, told = verdict
            figures = figures.plus(f"case({seed}, {number}): {told}", **{wrong: 1})
    return figures


def case(seed: int, number: int) -> bytes:
    """The bytes of one file."""
    chance = random.Random(f"{seed}/{number}")
    records = [_record(chance) for _ in range(chance.randint(1, 5))]
    for _ in range(chance.choice((0, 1, 1, 2))):
        chance.choice(_OF_RECORDS)(chance, records)
    text = json.dumps({"Records": records}, ensure_ascii=chance.random() < 0.5)
    content = text.encode("utf-8", "surrogatepass")
    for _ in range(chance.choice((0, 0, 1, 2))):
        content = chance.choice(_OF_TEXT)(chance, content)
    return chance.choice(_PACKINGS)(chance, content)


def _record(chance: random.Random) -> Any:
    fields: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": "arn:u", "accountId": "111122223333"},
        "eventTime": f"2026-03-14T1{chance.randrange(10)}:{chance.randrange(10, 60)}:07Z",
        "eventSource": "dynamodb.amazonaws.com",
        "awsRegion": "us-east-1",
        "eventID": f"00000000-0000-4000-8000-{chance.randrange(40):012x}",
        "recipientAccountId": "111122223333",
    }
    if chance.random() < 0.1:
        del fields["eventSource"]
        return fields | _INSIGHT
    return fields | chance.choice(_FIELDS)


def _another_value(chance: random.Random, records: list[Any]) -> None:
    record = chance.choice(records)
    if isinstance(record, dict):
        record[chance.choice(_NAMES)] = deepcopy(chance.choice(_ODD))


def _another_time(chance: random.Random, records: list[Any]) -> None:
    record = chance.choice(records)
    if isinstance(record, dict):
        record["eventTime"] = chance.choice(_TIMES)


def _another_id(chance: random.Random, records: list[Any]) -> None:
    record = chance.choice(records)
    if isinstance(record, dict):
        record["eventID"] = chance.choice(_IDS)


def _no_such_field(chance: random.Random, records: list[Any]) -> None:
    record = chance.choice(records)
    if isinstance(record, dict):
        record.pop(chance.choice(_NAMES), None)


def _no_record(chance: random.Random, records: list[Any]) -> None:
    records[chance.randrange(len(records))] = deepcopy(chance.choice(_ODD))


def _flipped(chance: random.Random, content: bytes) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _without_some(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + content[at + chance.randrange(1, 40) :]


def _with_more(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(_PIECES) + content[at:]


def _with_member(chance: random.Random, content: bytes) -> bytes:
    """A member more, where an object begins: a field twice, or one with something odd."""
    starts = [at + 1 for at, each in enumerate(content) if each == ord("{")]
    if not starts:
        return content
    at, name = chance.choice(starts), chance.choice((*_NAMES, "Records"))
    value = chance.choice((*_VALUES, json.dumps(chance.choice(_ODD)).encode()))
    return content[:at] + f'"{name}":'.encode() + value + b"," + content[at:]


def _nested(depth: int) -> bytes:
    """Between what is shown and what the interpreter reads the verdict is the reader's own."""
    return b'{"a":' * depth + b"[" * depth + b"]" * depth + b"}" * depth


_PIECES = (
    *(
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf5\x80\x80\x80",
        b"\x00",
        b"\n",
        b" ",
        b"\xef\xbb\xbf",
    ),
    *(b"\\ud800", b"\\udc00", b"\\uD83D\\uDE00", b"\\\\ud800", b"\\u00", b"\\q", b'"', b"\\"),
    *(
        b"NaN",
        b"Infinity",
        b"1e999",
        b"9" * 5000,
        b"01",
        b"-",
        b"[]",
        b"{}",
        b",",
        b"]}",
        b'{"Records":[]}',
    ),
)
_VALUES = (
    *(
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 5000,
        b"-0",
        b"1.",
        b"tru",
        b'"\\ud800"',
        b'"\\\\ud800"',
    ),
    *(
        _nested(3),
        _nested(40),
        _nested(6_000),
        b"[" * 20_000,
        b"[1]",
        b'"\xff"',
        b'"2026-03-14T12:00:00Z"',
    ),
)


def _one_member(_: random.Random, content: bytes) -> bytes:
    return gzip.compress(content, 1)


def _members(chance: random.Random, content: bytes) -> bytes:
    at, again = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return b"".join(
        gzip.compress(each) for each in (content[:at], content[at:again], content[again:])
    )


def _damaged_gzip(chance: random.Random, content: bytes) -> bytes:
    change = chance.choice((_flipped, _cut, _without_some, _with_more))
    return change(
        chance, _members(chance, content) if chance.random() < 0.3 else gzip.compress(content)
    )


def _followed(chance: random.Random, content: bytes) -> bytes:
    more = (
        b"\0" * 9,
        b"junk",
        b"\x1f\x8b",
        gzip.compress(b""),
        gzip.compress(b" "),
        gzip.compress(b"x"),
    )
    return gzip.compress(content) + chance.choice(more)


_OF_RECORDS: tuple[Callable[[random.Random, list[Any]], None], ...] = (
    *(_another_value, _another_time, _another_id, _no_such_field, _no_record),
    *(_another_value, _another_id),
)
_OF_TEXT = (_flipped, _cut, _without_some, _with_more, _with_more, _with_member, _with_member)
_PACKINGS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_one_member, _one_member, _one_member, _one_member, _members, _damaged_gzip, _followed),
    lambda _, content: content,
)

_EXPECTATIONS = compiled(
    [
        Expectation("all"),
        Expectation("put", event_names=("PutItem",), parameters=(("tableName.a", "b"),)),
        Expectation("resource", resource="arn:aws:s3:::b", identity="arn:u"),
        Expectation(
            "data", category="Data", read_only=True, not_user_agents=("x",), succeeded=True
        ),
        Expectation("insights", category="Insight", event_names=("PutItem",)),
    ]
)
# Values that no mutation makes: every record meets these.
_ALWAYS_MET = ("userIdentity.arn!=no mutation", "other[0].x!=no mutation", "eventID!=")
_CONDITIONS = [[condition(each)] for each in _ALWAYS_MET]
_COUNTING, _LISTING = SurveyJob(), SurveyJob(conditions=_CONDITIONS, limit=_ALL)
_COUNT_ALL = _COUNTING.started()
_LIST_ALL = _LISTING.started()


def _verdict(data: bytes) -> tuple[str, str] | None:
    """What is wrong with how the file is read, if anything."""
    wanted = _wanted(data)
    try:
        for reader in (_decoded(decode), _decoded(decode_raw), _tallied, _counted, _listed):
            wrong = _difference(wanted, reader(data))
            if wrong:
                return wrong
    except Exception as error:  # noqa: BLE001 (what a fuzzer looks for)
        return "crashed", repr(error)
    return None


Reading = tuple[Counter[str] | int, int]
"""The eventIDs that count (or how many different ones), and how many records are damaged; -1 for
the whole file."""


def _wanted(data: bytes) -> tuple[Counter[str], int]:
    try:
        found = list(records_of(data))
    except Damaged:
        return Counter(), -1
    return Counter(event_id for event_id, counts in found if counts), sum(
        not each for _, each in found
    )


def _difference(wanted: tuple[Counter[str], int], read: Reading) -> tuple[str, str] | None:
    ids, damaged = read
    if isinstance(ids, int):
        fewer, more = len(wanted[0]) - ids, ids - len(wanted[0])
    else:
        fewer, more = (wanted[0] - ids).total(), (ids - wanted[0]).total()
    if fewer > 0 or damaged > wanted[1]:
        return "lost", f"{wanted} was wanted, got {read}"
    if more > 0 or damaged < wanted[1]:
        return "doubled", f"{wanted} was wanted, got {read}"
    return None


def _decoded(decoder: Callable[[bytes], Contents]) -> Callable[[bytes], Reading]:
    def read(data: bytes) -> Reading:
        try:
            contents = decoder(data)
        except DamagedLogFile:
            return Counter(), -1
        return Counter(each.eventID for each in contents.records), contents.damaged

    return read


def _tallied(data: bytes) -> Reading:
    tally = sealed(tally_file(KEY, data, _EXPECTATIONS))
    ids = [each.ids for each in tally.matches.get(0, {}).values()]
    return _different(b"".join(ids)), _damaged(tally)


def _counted(data: bytes) -> Reading:
    (survey,) = _COUNT_ALL([(KEY, data)])
    _shown(survey, _COUNTING, records=False)
    return _different(b"".join(survey.names.values())), _damaged(survey)


def _listed(data: bytes) -> Reading:
    """The records that `logs --records` lists: an eventID once for each eventTime."""
    (survey,) = _LIST_ALL([(KEY, data)])
    _shown(survey, _LISTING, records=True)
    return len({each.event_id for each in survey.found}), _damaged(survey)


def _different(ids: bytes) -> int:
    return len({ids[at : at + 16] for at in range(0, len(ids), 16)})


def _damaged(found: Tally | Survey) -> int:
    if not found.damaged:
        return 0
    (damage,) = found.damaged
    return damage.records or -1


def _shown(survey: Survey, job: SurveyJob, *, records: bool) -> None:
    for form in ("text", "json"):
        options = argparse.Namespace(records=records, format=form)
        for line in (*written("here", survey, job, options), *complaints("here", survey)):
            line.encode()
