"""A second reader of log files, slow and plain: what the fuzzer compares the first one with.

It has the rule of `trail_logs.damage` from its text alone, and shares no code with it: gzip
and json of the standard library, and one check for each sentence.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

ALWAYS = ("eventVersion", "eventTime", "awsRegion", "eventID")
BUT_FOR_INSIGHTS = ("eventSource", "eventName")
SOMETIMES = ("errorCode", "eventType", "recipientAccountId", "eventCategory")
OF_INSIGHTS = ("eventSource", "eventName", "state", "insightType")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z-]+")


class Damaged(Exception):
    """Nothing of the file counts."""


class Number:
    """Any number: which one is not asked."""


class Members(tuple[tuple[str, Any], ...]):
    """An object with all its members, repeated ones too."""

    def all_of(self, name: str) -> list[Any]:
        return [value for key, value in self if key == name]


def records_of(data: bytes) -> Iterator[tuple[str, bool]]:
    """Each record's eventID, and whether it counts. Raises Damaged."""
    contents = _parsed(_unpacked(data))
    lists = contents.all_of("Records") if isinstance(contents, Members) else []
    if not lists or not all(isinstance(each, list) for each in lists):
        raise Damaged("no list Records")
    for record in lists[-1]:
        counts = isinstance(record, Members) and _is_whole(record)
        yield (record.all_of("eventID")[-1] if counts else ""), counts


def _unpacked(data: bytes) -> bytes:
    if data[:64].lstrip()[:1] == b"{":
        return data
    try:
        content = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(str(error)) from error
    return content


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(
            content.decode(),
            object_pairs_hook=Members,
            parse_int=lambda _: Number(),
            parse_float=lambda _: Number(),
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error)) from error


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _is_whole(record: Members) -> bool:
    insights = record.all_of("insightDetails")
    about = bool(insights) and isinstance(insights[-1], Members)
    return (
        all(record.all_of(name) for name in ALWAYS)
        and (about or all(record.all_of(name) for name in BUT_FOR_INSIGHTS))
        and _all_are(str, record, (*ALWAYS, *BUT_FOR_INSIGHTS))
        and _all_are(str | None, record, SOMETIMES)
        and _all_are(bool | None, record, ("readOnly",))
        and _all_are(Members | None, record, ("insightDetails",))
        and all(_all_are(str, each, OF_INSIGHTS) for each in insights if each is not None)
        and _is_time(record.all_of("eventTime")[-1])
        and _ID.fullmatch(record.all_of("eventID")[-1]) is not None
        and all(map(_is_text, _texts(record)))
    )


def _all_are(kind: Any, record: Members, names: Iterable[str]) -> bool:
    return all(isinstance(value, kind) for name in names for value in record.all_of(name))


def _is_time(text: str) -> bool:
    try:
        return _TIME.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)
