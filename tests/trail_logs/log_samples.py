"""Records and log files made for tests."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloudtrail.log_files import log_file, log_file_key

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def record(name: str = "PutItem", **changes: Any) -> dict[str, Any]:
    """A data event on the table Users; `changes` replace fields, None removes one."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
            "accountId": ACCOUNT,
            "userName": "alice",
        },
        "eventTime": "2026-03-14T12:00:00Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "userAgent": "[aws-cli/2.31 Python/3.13]",
        "requestParameters": {"tableName": "Users", "key": {"id": 7}},
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "readOnly": False,
        "resources": [
            {
                "accountId": ACCOUNT,
                "type": "AWS::DynamoDB::Table",
                "ARN": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users",
            }
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data",
    }
    fields.update(changes)
    return {key: value for key, value in fields.items() if key not in changes or value is not None}


def file_of(*records: dict[str, Any]) -> bytes:
    """A log file that holds the records."""
    return log_file([json.dumps(each).encode() for each in records])


def key_of(
    stamp: datetime = NOON, account: str = ACCOUNT, region: str = "us-east-1", **changes: Any
) -> str:
    """A log file's key, different at every call."""
    prefix = changes.pop("prefix", "")
    unique = f"{next(_numbers):016d}"
    return log_file_key(prefix, account, region, stamp, unique, **changes)


def write(folder: Path, key: str, data: bytes) -> None:
    """Puts a file into a folder, as `aws s3 sync` would."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
