"""`GET /_local-aws/records?...`: the filters of `RecordFilter`, pages, and waiting for records."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qs

from local_aws.cloudtrail.kept_records import KeptRecords
from local_aws.cloudtrail.record_filter import RecordFilter

FILTERS = RecordFilter.__struct_fields__
PAGING = ("after", "limit", "follow")
LIMIT, MOST = 1_000, 10_000
"""Records of a page: by default, and at most."""

LONGEST_FOLLOW = 60.0
"""Seconds that a request waits for a record."""


def answer(kept: KeptRecords, query: str) -> dict[str, Any]:
    """The page that the query string asks for, as a JSON object.

    Raises ValueError for an invalid query, and TooManyFollowers.
    """
    asked = parse_qs(query, keep_blank_values=True)
    unknown = [name for name in asked if name not in (*FILTERS, *PAGING)]
    if unknown:
        raise ValueError(f"wanted {', '.join((*FILTERS, *PAGING))}; got {unknown[0]!r:.200}")
    wanted = RecordFilter(**{name: asked.get(name, ()) for name in FILTERS}).test()
    after = _number(asked, "after", "0", math.inf)
    limit = _number(asked, "limit", str(LIMIT), MOST)
    seconds = _number(asked, "follow", "0", LONGEST_FOLLOW)
    if seconds:
        page = kept.follow(wanted, after, limit, seconds)
    else:
        page = kept.page(wanted, after, limit)
    records = [json.loads(record) for record in page.records]
    return {"records": records, "next": page.next, "dropped": page.dropped}


def _number(asked: dict[str, list[str]], name: str, default: str, most: float) -> int:
    """A whole number of the query; the last one, if it is given several times."""
    text = asked.get(name, [default])[-1]
    least = 1 if name == "limit" else 0
    if text.isascii() and text.isdecimal() and len(text) < 19 and least <= int(text) <= most:
        return int(text)
    upto = "up" if most == math.inf else f"to {most:g}"
    raise ValueError(f"wanted {name} as a whole number from {least} {upto}, got {text!r:.100}")
