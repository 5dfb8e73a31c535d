"""Facts of real records: which JSON paths and types a record has, by operation and outcome.

The real records may be read, and not published; facts found in them may. A fact is a record with
nothing of its own left: every value stands for one of its type, and what remains is what
CloudTrail says of every such call. It is a record still, so that its call can be made from it.

In the file, a line holds what of a fact is not `USUAL`, and callers stand once, under a number.
`python -m tests.fidelity facts` renews the file where the real records stand beside the checkout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cloudtrail.records.calls import Record
from tests.cloudtrail.reference import records

FILE = Path(__file__).with_name("facts.jsonl")

ACCOUNT = "123456789012"
ARN = f"arn:aws:s:us-east-1:{ACCOUNT}:text"

TLS = {"tlsVersion": "text", "cipherSuite": "text", "clientProvidedHostHeader": "text"}
USUAL: Record = {
    "userIdentity": None,
    "awsRegion": "us-east-1",
    "sourceIPAddress": "text",
    "userAgent": "text",
    "requestParameters": None,
    "responseElements": None,
    "requestID": "text",
    "eventID": "text",
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": ACCOUNT,
    "eventCategory": "Management",
    "tlsDetails": TLS,
}

KEPT = frozenset(
    {
        "apiVersion", "encryptionAlgorithm", "errorCode", "eventCategory",
        "eventName", "eventSource", "eventType", "eventVersion", "invokedBy", "managementEvent",
        "readOnly", "type", "x-amz-server-side-encryption",
    }
)  # fmt: skip
"""Keys whose values say what was called, by what kind of caller, and how it ended."""

_TIME = re.compile(r"(\d{4}-\d{2})-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
_REGION = re.compile(r"[a-z]{2}-[a-z]+-\d")
_NAME = re.compile(r"[A-Za-z$_][\w$-]{0,60}")


def facts() -> Iterator[tuple[str, Record]]:
    """Yield the facts that the repository holds, each with its set: `older` or `newer`."""
    first, *lines = map(json.loads, FILE.read_text().splitlines())
    for line in lines:
        record = {name: value for name, value in USUAL.items() if name not in line["without"]}
        record |= line["record"] | {"userIdentity": first["callers"][line["caller"]]}
        yield line["set"], record


def lines_of(sets: dict[str, Iterable[Record]]) -> list[str]:
    """Return the lines of the facts that sets of real records hold, as the file has them."""
    stripped = {
        json.dumps({"set": name, "record": _stripped("", real)}, sort_keys=True)
        for name, reals in sets.items()
        for real in reals
    }
    found = sorted((json.loads(each) for each in stripped), key=_order)
    callers = sorted({json.dumps(each["record"].pop("userIdentity")) for each in map(_copy, found)})
    rest = [_line(each, callers) for each in found]
    return [_json({"callers": [json.loads(each) for each in callers]}), *rest]


def real_lines() -> list[str]:
    """Return the lines of the facts that the real records hold."""
    return lines_of({"older": records(), "newer": records(newer=True)})


def _line(fact: dict[str, Any], callers: list[str]) -> str:
    record = fact["record"]
    caller = callers.index(json.dumps(record.pop("userIdentity")))
    return _json(
        {
            "set": fact["set"],
            "caller": caller,
            "record": {
                name: each
                for name, each in record.items()
                if name not in USUAL or USUAL[name] != each
            },
            "without": sorted(USUAL.keys() - record.keys() - {"userIdentity"}),
        }
    )


def _copy(fact: dict[str, Any]) -> dict[str, Any]:
    return fact | {"record": dict(fact["record"])}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _order(fact: dict[str, Any]) -> tuple[str, ...]:
    record = fact["record"]
    return record["eventSource"], record["eventName"], fact["set"], json.dumps(record)


def _stripped(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {_name(name): _stripped(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        distinct = {json.dumps(_stripped(key, each), sort_keys=True) for each in value}
        # Of one item EC2 makes an object, of several a list: two stay two.
        items = [json.loads(each) for each in sorted(distinct)]
        return items * 2 if len(items) == 1 < len(value) else items
    if key in KEPT or value is None:
        return value
    return _text(key, value) if isinstance(value, str) else type(value)(1)


def _name(key: str) -> str:
    """Return a key; one that holds data, as those of maps may, without it."""
    return key if _NAME.fullmatch(key) else "key"


def _text(key: str, value: str) -> str:
    if key == "awsRegion":
        # A publisher's made-up Region is none, and says nothing of where a service is recorded.
        is_elsewhere = _REGION.fullmatch(value) and value != "us-east-1"
        return "eu-west-1" if is_elsewhere else "us-east-1"
    month = _TIME.fullmatch(value)
    if month:
        return f"{month[1]}-01T00:00:00Z" if key == "eventTime" else "2023-07-10T12:00:00Z"
    if value.startswith("arn:") and key.lower().endswith("arn"):
        return ARN
    return ACCOUNT if re.fullmatch(r"\d{12}", value) else "text" if value else ""
