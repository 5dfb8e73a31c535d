from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from tests.trail_logs.log_samples import file_of, record
from trail_logs import damage
from trail_logs.records import RAW_MEMBERS, Contents, Record, account_of, decode, decode_raw

GOOD = "2026-03-14T12:00:00Z"
UUID = "0a0b0c0d-0000-4000-8000-00000000abcd"


def read_both(data: bytes) -> Contents:
    """The contents, after all ways of reading said the same of them."""
    quick, whole = decode(data), decode_raw(data)
    for other in (quick, decode(data, frozenset()), decode(data, frozenset({"userAgent"}))):
        assert _told(other) == _told(whole)
    assert len(whole.texts) == len(whole.records)
    return quick


def _told(contents: Contents) -> object:
    """What is known of the contents without the raw members."""
    records = [(account_of(each), *_other_members(each)) for each in contents.records]
    return contents.damaged, contents.reasons, contents.ids, records


def _other_members(record: Record) -> list[object]:
    return [getattr(record, each.name) for each in fields(Record) if each.name not in RAW_MEMBERS]


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-03-14T12:00:00.000Z"},
        {"eventTime": "2026-03-14 12:00:00Z"},
        {"eventTime": "2026-03-14T12:00:00+00:00"},
        {"eventTime": "2026-02-29T12:00:00Z"},
        {"eventTime": "1900-02-29T12:00:00Z"},
        {"eventTime": "0000-01-01T00:00:00Z"},
        {"eventTime": "2026-04-31T12:00:00Z"},
        {"eventTime": "2026-03-14T24:00:00Z"},
        {"eventTime": "2026-03-14T12:60:00Z"},
        {"eventTime": "2026-03-14T12:00:60Z"},
        {"eventTime": f"{GOOD}\n"},
        {"eventTime": "٢٠٢٦-03-14T12:00:00Z"},
        {"eventTime": 1_772_000_000},
        {"eventTime": None},
        {"eventID": f" {UUID}"},
        {"eventID": f"{UUID}\n"},
        {"eventID": UUID.replace("-", " ")},
        {"eventID": ""},
        {"eventID": "ünï"},
        {"eventID": None},
        {"eventVersion": None},
        {"eventName": None},
        {"eventSource": None},
        {"awsRegion": ["us-east-1"]},
        {"recipientAccountId": 111122223333},
        {"eventCategory": True},
        {"readOnly": "true"},
        {"errorCode": {"a": 1}},
        {"sourceIPAddress": "half \ud800 a pair"},
        {"requestParameters": {"tableName": "\udc00\ud800"}},
        {"\udfff": 1},
        {"insightDetails": [], "eventName": None},
    ],
    ids=ascii,
)
def test_a_record_is_damaged_by(changes: dict[str, Any]) -> None:
    contents = read_both(file_of(record(), record(**changes), record()))
    assert (len(contents.records), contents.damaged) == (2, 1)
    assert contents.reasons[0].startswith("Records[1]: ")


@pytest.mark.parametrize("value", [None, True, 7, "PutItem", [], {}])
def test_what_is_no_record_is_damaged(value: Any) -> None:
    contents = read_both(gzip.compress(json.dumps({"Records": [record(), value]}).encode()))
    assert (len(contents.records), contents.damaged) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2024-02-29T23:59:59Z"},
        {"eventTime": "2000-02-29T00:00:00Z"},
        {"eventTime": "0001-01-01T00:00:00Z"},
        {"eventID": "5ab02562-0fc5-43d0-b7b6-90293example"},
        {"eventID": UUID.upper()},
        {"eventName": None, "eventSource": None, "insightDetails": {"eventName": "PutItem"}},
        {"userAgent": "a pair \U0001f600, ünï"},
        {"userAgent": r"no escape: \ud800"},
        {"userIdentity": "no object", "resources": 7},
        {"recipientAccountId": None, "eventCategory": None, "readOnly": None},
        {"recipientAccountId": None, "userIdentity": {"accountId": "444455556666"}},
        {"recipientAccountId": "", "userIdentity": {"accountId": "444455556666"}},
    ],
    ids=ascii,
)
def test_a_record_is_not_damaged_by(changes: dict[str, Any]) -> None:
    contents = read_both(file_of(record(), record(**changes)))
    assert (len(contents.records), contents.damaged) == (2, 0)


def test_a_record_is_read_as_it_stands_beside_one_with_half_a_pair() -> None:
    text = b'{"Records":[%b,%b]}'
    good, bad = (
        json.dumps(record(userAgent="1.50 \U0001f600")),
        json.dumps(record(userAgent="\ud800")),
    )
    (found,) = decode_raw(gzip.compress(text % (good.encode(), bad.encode()))).texts
    assert bytes(found) == good.encode()


def test_all_real_records_are_undamaged() -> None:
    folder = Path(__file__).parents[3] / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    lines = [
        json.loads(line)["record"]
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    real = [each.get("detail", each) for each in lines]
    contents = read_both(file_of(*(each for each in real)))
    assert (len(contents.records), contents.reasons) == (len(real), [])


def on_the_calendar(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


times = st.one_of(
    st.datetimes().map(lambda time: f"{time.replace(microsecond=0).isoformat()}Z"),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z", fullmatch=True
    ),
    st.sampled_from(["2024-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "", "Z", f"{GOOD}\n{GOOD}"]),
)


@settings(max_examples=settings().max_examples * 3)
@given(st.lists(times, max_size=3))
def test_event_times_are_seconds_of_the_calendar(found: list[str]) -> None:
    wanted = all(map(on_the_calendar, found))
    assert damage.are_event_times(found) == wanted
    assert all(not damage.what_is_wrong(each, UUID) for each in found) == wanted


@settings(max_examples=settings().max_examples * 2)
@given(st.lists(st.text("0aA-", min_size=1, max_size=3).map(lambda text: text * 12), max_size=5))
def test_identifiers_are_equal_for_equal_ids_only(ids: list[str]) -> None:
    packed = damage.identifiers([*ids, UUID, UUID])
    each = [packed[at : at + damage.ID_BYTES] for at in range(0, len(packed), damage.ID_BYTES)]
    assert len(each) == len(ids) + 2
    assert len(set(each)) == len({*ids, UUID})
    assert [damage.identifiers([one]) for one in (*ids, UUID, UUID)] == each
