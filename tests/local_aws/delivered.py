"""Trails made for a test, and what they delivered."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import Any

import boto3

from cloudtrail.log_files import parse_log_file_key, read_log_file
from cloudtrail.records.calls import Record
from local_aws import LocalAws, OrganizationTrail

ACCOUNT = "123456789012"

MANAGEMENT = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
WRITES = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
READS = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]
TABLES = [
    {
        "Name": "tables",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ],
    }
]


@functools.lru_cache(maxsize=256)
def _client(endpoint: str, service: str, region: str, key: str, secret: str, token: str) -> Any:
    return _session().client(  # type: ignore[call-overload]
        service,
        region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token or None,
    )


_session = functools.cache(boto3.Session)


def client(
    aws: LocalAws,
    service: str,
    region: str = "us-east-1",
    *,
    key: str = "",
    secret: str = "test",
    token: str = "",
) -> Any:
    """A boto3 client, made once for all tests; without a `key` one of the account that `aws` is
    seen from."""
    key = key or getattr(aws, "account_id", "test")
    return _client(aws.endpoint_url, service, region, key, secret, token)


ORGANIZATION = OrganizationTrail("everyones-events")
"""An organization that the account of the tests may be a member of."""


def account(aws: LocalAws, account_id: str) -> dict[str, str]:
    """Credentials of a role in another account: keyword arguments for the functions here."""
    sts = client(aws, "sts")
    role = f"arn:aws:iam::{account_id}:role/admin"
    given = sts.assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return {
        "key": given["AccessKeyId"],
        "secret": given["SecretAccessKey"],
        "token": given["SessionToken"],
    }


def log_bucket(aws: LocalAws, name: str, prefix: str = "", **who: str) -> str:
    """A bucket that lets CloudTrail in, whichever trail it is."""
    s3 = client(aws, "s3", **who)
    s3.create_bucket(Bucket=name)
    allow(aws, name, prefix, **who)
    return name


def allow(aws: LocalAws, bucket: str, prefix: str = "", **who: str) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            _allow("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"),
            _allow("s3:PutObject", f"arn:aws:s3:::{bucket}/{prefix and prefix + '/'}AWSLogs/*"),
        ],
    }
    s3 = client(aws, "s3", **who)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def _allow(action: str, resource: str) -> dict[str, Any]:
    principal = {"Service": "cloudtrail.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def trail(
    aws: LocalAws,
    name: str,
    bucket: str = "",
    *,
    region: str = "us-east-1",
    selectors: Any = None,
    advanced: Any = None,
    logging: bool = True,
    **settings: Any,
) -> str:
    """A trail with a bucket of its own unless told, logging unless told; returns its ARN."""
    trails = client(aws, "cloudtrail", region)
    bucket = bucket or log_bucket(aws, f"{name}-logs", settings.get("S3KeyPrefix", ""))
    arn: str = trails.create_trail(Name=name, S3BucketName=bucket, **settings)["TrailARN"]
    if selectors:
        trails.put_event_selectors(TrailName=arn, EventSelectors=selectors)
    if advanced:
        trails.put_event_selectors(TrailName=arn, AdvancedEventSelectors=advanced)
    if logging:
        trails.start_logging(Name=arn)
    return arn


def table(aws: LocalAws, name: str = "Users", region: str = "us-east-1") -> str:
    client(aws, "dynamodb", region).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def put_item(aws: LocalAws, key: str, table: str = "Users", region: str = "us-east-1") -> str:
    """Put an item; returns the request id, which is the record's."""
    answer = client(aws, "dynamodb", region).put_item(TableName=table, Item={"id": {"S": key}})
    return request_id(answer)


def list_tables(aws: LocalAws, region: str = "us-east-1") -> str:
    """Make a call that only reads; returns the request id."""
    return request_id(client(aws, "dynamodb", region).list_tables())


def request_id(answer: Any) -> str:
    found: str = answer["ResponseMetadata"]["RequestId"]
    return found


def keys(aws: LocalAws, bucket: str, **who: str) -> list[str]:
    """The keys of the bucket's objects, in their order."""
    s3 = client(aws, "s3", **who)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def log_files(
    aws: LocalAws, bucket: str, folder: str = "CloudTrail", **who: str
) -> dict[str, list[Record]]:
    """The records of every log file in the bucket, by key."""
    s3 = client(aws, "s3", **who)
    found = {}
    for key in keys(aws, bucket, **who):
        name = parse_log_file_key(key)
        assert name, f"{key} is no log file's key"
        if name.folder == folder:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            found[key] = read_log_file(body)
    return found


def records(aws: LocalAws, bucket: str, **who: str) -> list[Record]:
    """Every record delivered to the bucket, once all is delivered."""
    aws.deliver_now()
    return [record for file in log_files(aws, bucket, **who).values() for record in file]


def of_people(found: Iterable[Record]) -> list[Record]:
    """The records except CloudTrail's own look at the bucket, before each delivery: how many
    deliveries there were by now depends on the machine."""
    return [record for record in found if record["userIdentity"]["type"] != "AWSService"]


def names(found: Iterable[Record]) -> list[str]:
    """The names of people's events, sorted."""
    return sorted(record["eventName"] for record in of_people(found))


def history(aws: LocalAws, region: str = "us-east-1", **who: str) -> list[Record]:
    """Event history of the Region, oldest first, its own look-ups left out."""
    trails = client(aws, "cloudtrail", region, **who)
    pages = trails.get_paginator("lookup_events").paginate()
    found = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
    return [record for record in reversed(found) if record["eventName"] != "LookupEvents"]
