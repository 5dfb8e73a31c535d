"""Records of what a service does by itself, without a call: `AwsServiceEvent`.

Sources: UG/non-api-aws-service-events; KMS Developer Guide, "DeleteKey" and "RotateKey".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from cloudtrail.records.calls import Record
from cloudtrail.records.identity import timestamp
from cloudtrail.records.services import EVENT_VERSION

_INTERNAL = "AWS Internal"


class Happening(Struct, frozen=True):
    """What a service did in an account, without a call; `resources` are types and ARNs."""

    time: datetime
    event_source: str
    event_name: str
    region: str
    account_id: str
    resources: tuple[tuple[str, str], ...] = ()
    response: Mapping[str, Any] | None = None
    additional: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None


def record_of_happening(happening: Happening) -> Record:
    """The record of a happening, with keys in CloudTrail's order."""
    resources = [
        {"accountId": happening.account_id, "type": kind, "ARN": arn}
        for kind, arn in happening.resources
    ]
    record: Record = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": {"accountId": happening.account_id, "invokedBy": _INTERNAL},
        "eventTime": timestamp(happening.time),
        "eventSource": happening.event_source,
        "eventName": happening.event_name,
        "awsRegion": happening.region,
        "sourceIPAddress": _INTERNAL,
        "userAgent": _INTERNAL,
        "requestParameters": None,
        "responseElements": happening.response,
        "additionalEventData": happening.additional,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "resources": resources,
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": happening.account_id,
        "serviceEventDetails": happening.details,
        "eventCategory": "Management",
    }
    always = ("requestParameters", "responseElements", "readOnly")
    return {name: value for name, value in record.items() if value or name in always}
