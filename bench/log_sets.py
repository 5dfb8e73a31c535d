"""Sets of log files of known sizes, the same bytes at every run.

S, M and L are a lab, a class and a company: 60, 2,000 and 20,000 files. Records are a mix
of calls as accounts make them, management and data, with the fields and lengths of real
ones (1.65 kB of JSON each, a seventh of it compressed); one file in fifty was delivered
twice.
"""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
import uuid
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from cloudtrail.log_files import log_file, log_file_key

DATA = Path(__file__).parent / "data"
START = datetime(2026, 3, 1, tzinfo=UTC)
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")

_TABLES = ("Users", "Orders", "Sessions", "Inventory", "AuditTrail")
_SESSIONS = ("alice", "bob", "carol", "dave", "ci-deploy", "i-0abc123def4567890")
_AGENTS = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0-28-cloud-amd64 md/arch#x86_64",
    "aws-cli/2.22.35 md/awscrt#0.23.4 ua/2.0 os/linux#5.15.167 md/arch#x86_64 lang/python#3.12",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) aws-sdk-go-v2/1.32.6",
)
_PLACES = (
    *("time", "signed-in", "id", "account", "region", "session", "table", "key", "request"),
    *("access", "agent", "ip", "endpoint", "token"),
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ENDPOINTS = range(0x0A1B2C3D4E5F60000, 0x0A1B2C3D4E5F60000 + 12)
_REPEATED_EVERY = 50
_WRITTEN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LogSet:
    """A set's name, files and records in each file, and of how many accounts they are."""

    name: str
    files: int
    records_per_file: int
    accounts: int = 40

    @property
    def records(self) -> int:
        """All records, repeats counted."""
        return self.files * self.records_per_file

    @property
    def folder(self) -> Path:
        """The set's folder on disk."""
        return DATA / self.name


S, M, L = LogSet("S", 60, 22), LogSet("M", 2_000, 97), LogSet("L", 20_000, 50)


def prepared(log_set: LogSet) -> Path:
    """The folder of the set, which is made first where it is missing or was made by other code."""
    marker = log_set.folder.with_suffix(".made")
    made = f"{log_set} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
    if not marker.exists() or marker.read_text() != made:
        shutil.rmtree(log_set.folder, ignore_errors=True)
        with ProcessPoolExecutor() as pool:
            for _ in pool.map(partial(_write, log_set), range(0, log_set.files, _WRITTEN_AT_ONCE)):
                pass
        marker.write_text(made)
    return log_set.folder


def _write(log_set: LogSet, first: int) -> None:
    for number in range(first, min(first + _WRITTEN_AT_ONCE, log_set.files)):
        key, data = _file(log_set, number)
        path = log_set.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _file(log_set: LogSet, number: int) -> tuple[str, bytes]:
    """The key and the bytes of one of the set's files."""
    repeated = number % _REPEATED_EVERY == _REPEATED_EVERY - 1
    origin = number - 1 if repeated else number
    source = random.Random(f"{log_set.name} {origin}")
    account = f"{100_000_000_000 + 7_919 * (1 + origin % log_set.accounts)}"
    region = REGIONS[origin // log_set.accounts % len(REGIONS)]
    stamp = START + timedelta(minutes=5 * (origin // (log_set.accounts * len(REGIONS)) + 1))
    weights = [kind.weight for kind in _KINDS]
    kinds = source.choices(_KINDS, weights=weights, k=log_set.records_per_file)
    data = log_file([kind.record(source, account, region, stamp) for kind in kinds])
    return log_file_key("", account, region, stamp, f"{number:016d}"), data


class _Kind:
    """One operation: a template of its record, and how often it is called."""

    def __init__(self, weight: int, record: dict[str, Any]) -> None:
        self.weight = weight
        text = msgspec.json.encode(record).decode().replace("%", "%%")
        for name in _PLACES:
            text = text.replace(f"<{name}>", f"%({name})s")
        self._template = text

    def record(self, source: random.Random, account: str, region: str, stamp: datetime) -> bytes:
        """A record of this operation, in the five minutes before `stamp`."""
        draw = source.random
        time = stamp - timedelta(seconds=int(draw() * 300))
        return (
            self._template
            % {
                "signed-in": (time - timedelta(seconds=int(draw() * 3600))).strftime(_TIME),
                "time": time.strftime(_TIME),
                "id": uuid.UUID(int=source.getrandbits(128), version=4),
                "account": account,
                "region": region,
                "session": _SESSIONS[int(draw() * len(_SESSIONS))],
                "table": _TABLES[int(draw() ** 2 * len(_TABLES))],
                "request": _letters(source, 40),
                "key": uuid.UUID(int=source.getrandbits(128), version=4),
                "endpoint": f"{_ENDPOINTS[int(draw() * len(_ENDPOINTS))]:017x}",
                "token": _letters(source, 300),
                "access": _letters(source, 10),
                "agent": _AGENTS[int(draw() * len(_AGENTS))],
                "ip": ".".join(map(str, source.getrandbits(32).to_bytes(4))),
            }
        ).encode()


def _letters(source: random.Random, size: int) -> str:
    """About `size` * 4 / 3 letters and digits, as random as the ones in request ids."""
    return base64.b64encode(source.randbytes(size), b"AZ").decode().rstrip("=")


def _record(
    service: str, name: str, *, category: str, read_only: bool, request: Any, response: Any = None
) -> dict[str, Any]:
    role = {"accountId": "<account>", "userName": "Student"}
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROA4EXAMPLEEXAMPLEID:<session>",
            "arn": "arn:aws:sts::<account>:assumed-role/Student/<session>",
            "accountId": "<account>",
            "accessKeyId": "ASIA<access>",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROA4EXAMPLEEXAMPLEID",
                    "arn": "arn:aws:iam::<account>:role/Student",
                    **role,
                },
                "attributes": {"creationDate": "<signed-in>", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": "<time>",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "<region>",
        "sourceIPAddress": "<ip>",
        "userAgent": "<agent>",
        "requestParameters": request,
        "responseElements": response,
        "requestID": "<request>",
        "eventID": "<id>",
        "readOnly": read_only,
        "resources": [
            {
                "accountId": "<account>",
                "type": "AWS::DynamoDB::Table",
                "ARN": "arn:aws:dynamodb:<region>:<account>:table/<table>",
            }
        ],
        "eventType": "AwsApiCall",
        "apiVersion": "2012-08-10",
        "managementEvent": category == "Management",
        "recipientAccountId": "<account>",
        "vpcEndpointId": "vpce-<endpoint>",
        "vpcEndpointAccountId": "<account>",
        "eventCategory": category,
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.<region>.amazonaws.com",
        },
    }


_DESCRIPTION = {
    "tableName": "<table>",
    "tableArn": "arn:aws:dynamodb:<region>:<account>:table/<table>",
    "tableStatus": "CREATING",
    "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
    "provisionedThroughput": {"readCapacityUnits": 5, "writeCapacityUnits": 5},
}
_CREATE = {
    "attributeDefinitions": [{"attributeName": "id", "attributeType": "N"}],
    "tableName": "<table>",
    "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
    "provisionedThroughput": {"readCapacityUnits": 5, "writeCapacityUnits": 5},
}
_ITEM = {"tableName": "<table>", "key": {"id": "<key>"}}
_PUT = _ITEM | {"items": ["id", "Name"]}
_CREDENTIALS = {"accessKeyId": "ASIA<access>", "sessionToken": "<token>"}
_ENCRYPTION = {
    "keyId": "arn:aws:kms:<region>:<account>:key/<key>",
    "encryptionContext": {
        "aws:dynamodb:tableName": "<table>",
        "aws:dynamodb:subscriberId": "<account>",
    },
}
_POLICIES = {
    "instancesSet": {"items": [{"instanceId": f"i-{number:017x}"} for number in range(16)]},
    "filterSet": {"items": [{"name": "tag:Name", "valueSet": {"items": [{"value": "<table>"}]}}]},
}


def _kind(weight: int, service: str, name: str, *, data: bool = False, **record: Any) -> _Kind:
    category = "Data" if data else "Management"
    return _Kind(weight, _record(service, name, category=category, **record))


_KINDS = (
    _kind(28, "dynamodb", "PutItem", data=True, read_only=False, request=_PUT),
    _kind(26, "dynamodb", "GetItem", data=True, read_only=True, request=_ITEM),
    _kind(8, "dynamodb", "DescribeTable", read_only=True, request={"tableName": "<table>"}),
    _kind(4, "dynamodb", "ListTables", read_only=True, request={"limit": 100}),
    _kind(
        1,
        "dynamodb",
        "CreateTable",
        read_only=False,
        request=_CREATE,
        response={"tableDescription": _DESCRIPTION},
    ),
    _kind(
        1,
        "dynamodb",
        "UpdateTable",
        read_only=False,
        request=_CREATE,
        response={"tableDescription": _DESCRIPTION},
    ),
    _kind(14, "kms", "Decrypt", read_only=True, request=_ENCRYPTION),
    _kind(10, "ec2", "DescribeInstances", read_only=True, request=_POLICIES),
    _kind(
        8,
        "sts",
        "AssumeRole",
        read_only=True,
        request={
            "roleArn": "arn:aws:iam::<account>:role/Student",
            "roleSessionName": "<session>",
            "externalId": "<key>",
            "durationSeconds": 3600,
        },
        response={
            "credentials": _CREDENTIALS,
            "assumedRoleUser": {"arn": "arn:aws:sts::<account>:assumed-role/Student/<session>"},
        },
    ),
)
