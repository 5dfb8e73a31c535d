"""Rules hand on whole events, whoever put them on the bus."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.subscribers import messages, rule


def test_event_of_put_events_is_handed_on_whole(patient_aws: LocalAws) -> None:
    url = rule(patient_aws, "orders", {"source": ["shop"]})
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"text": "<source>"})}
    client(patient_aws, "events").put_events(Entries=[entry])
    (event,) = messages(patient_aws, url)
    del event["id"], event["time"]
    assert event == {
        "version": "0",
        "detail-type": "order",
        "source": "shop",
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": [],
        "detail": {"text": "<source>"},
    }


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*/logs/*.gz", True),
        ("a/*", True),
        ("*.txt", False),
        (r"a/logs/\*.gz", False),
        ("*a" * 30 + "b", False),
    ],
)
def test_wildcards_match_at_once(pattern: str, matches: bool, patient_aws: LocalAws) -> None:
    client(patient_aws, "events").list_rules()  # EventBridge is in use
    from moto.events.models import EventPattern

    wanted = EventPattern.load(json.dumps({"detail": {"key": [{"wildcard": pattern}]}}))
    event: Any = {"detail": {"key": "a/logs/" + "a" * 10_000 + ".gz"}}
    started = time.process_time()
    assert wanted.matches_event(event) is matches
    assert time.process_time() - started < 1


def test_a_backslash_lets_a_wildcard_be_a_star(patient_aws: LocalAws) -> None:
    url = rule(patient_aws, "stars", {"source": [{"wildcard": r"sh\*p*"}]})
    for source in ("shop", "sh*p-1"):
        entry = {"Source": source, "DetailType": "order", "Detail": "{}"}
        client(patient_aws, "events").put_events(Entries=[entry])
    assert [event["source"] for event in messages(patient_aws, url)] == ["sh*p-1"]
