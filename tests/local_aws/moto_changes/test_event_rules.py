"""Rules hand on whole events, whoever put them on the bus."""

from __future__ import annotations

import json

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
