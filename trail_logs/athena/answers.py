"""Reads the rows of the statement: the answers, and what is at a location."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cloudtrail.compact_json import to_json
from trail_logs.athena.statement import EXCERPT, EXCERPT_SEPARATOR, RESOURCE_SEPARATOR, SEPARATOR
from trail_logs.counting import counted
from trail_logs.damage import Damage
from trail_logs.expectations import Answer, Evidence, Expectation
from trail_logs.reader import AccountSpan, Reading

Row = Mapping[str, str | None]
"""A row of the result, by column name."""


def answers_of(expectations: Sequence[Expectation], rows: Sequence[Row]) -> Iterator[Answer]:
    """The answers in the statement's rows: one for each account that has records."""
    for number, expectation in enumerate(expectations):
        own = {row["account"] or "": row for row in rows if row["location"] == expectation.location}
        found = sorted(account for account, row in own.items() if row["earliest"])
        named = [expectation.account] if expectation.account else found or [""]
        for account in named:
            row = own.get(account)
            yield (
                _answer(expectation, account, number, row) if row else Answer(expectation, account)
            )


def _answer(expectation: Expectation, account: str, number: int, row: Row) -> Answer:
    return Answer(
        expectation,
        account,
        int(row[f"count_{number}"] or 0),
        _evidence(row[f"first_{number}"], row[f"first_excerpt_{number}"]),
        _evidence(row[f"last_{number}"], row[f"last_excerpt_{number}"]),
    )


def _evidence(sighting: str | None, excerpt: str | None) -> Evidence | None:
    if not sighting:
        return None
    time_text, event_id, name, path = sighting.split(SEPARATOR, 3)
    bucket, key = _place(path)
    known = {"eventTime": time_text, "eventID": event_id, "eventName": name}
    record = known | _excerpt(excerpt or "")
    return Evidence(
        bucket,
        key,
        event_id,
        datetime.fromisoformat(time_text),
        name,
        to_json(record).decode(),
    )


def _excerpt(text: str) -> dict[str, Any]:
    """The fields of a record that an excerpt has, as in the log file."""
    parts = dict(zip(EXCERPT, text.split(EXCERPT_SEPARATOR, len(EXCERPT) - 1), strict=False))
    identity = {name: parts.pop(name) for name in ("type", "arn") if parts.get(name)}
    arns = [each for each in parts.pop("resources", "").split(RESOURCE_SEPARATOR) if each]
    parameters = parts.pop("requestParameters", "")
    return {
        **{name: value for name, value in parts.items() if value},
        **({"userIdentity": identity} if identity else {}),
        **({"resources": [{"ARN": each} for each in arns]} if arns else {}),
        **({"requestParameters": _json(parameters)} if parameters else {}),
    }


def _json(text: str) -> Any:
    """The value, or the text itself if the SerDe changed it into something that is not JSON."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def reading_of(location: str, answers: Sequence[Answer], rows: Sequence[Row]) -> Reading:
    """The reading of one location, from the statement's rows."""
    own = [row for row in rows if row["location"] == location]
    return Reading(
        location=location,
        answers=tuple(each for each in answers if each.expectation.location == location),
        files=sum(_number(row, "file_count") for row in own),
        records=sum(_number(row, "record_count") for row in own),
        damaged=tuple(_damage(row) for row in own if _number(row, "damaged_count")),
        accounts={row["account"] or "": _span(row) for row in own if row["earliest"]},
    )


def _damage(row: Row) -> Damage:
    """An account's damaged records, by the first file that has them."""
    count, (_, key) = _number(row, "damaged_count"), _place(str(row["damaged_path"]))
    reason = (
        f"{counted(count, 'damaged record')}, here or in later files; to see what is wrong, "
        "check without --engine athena"
    )
    return Damage(key, reason, count)


def _place(path: str) -> tuple[str, str]:
    """Bucket and key."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def _span(row: Row) -> AccountSpan:
    records = _number(row, "record_count")
    return AccountSpan(
        records,
        records - _number(row, "event_count"),
        datetime.fromisoformat(str(row["earliest"])),
        datetime.fromisoformat(str(row["latest"])),
    )


def _number(row: Row, column: str) -> int:
    return int(row[column] or 0)
