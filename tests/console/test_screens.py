"""Every screen of the console at any width, in light and dark; what is refused; what is large."""

from __future__ import annotations

import copy
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from local_aws import LocalAws
from tests.browser import in_browser
from tests.console.conftest import STUDENT, records

HERE = Path(__file__)
TRAIL = "audit"
BUCKET = f"{TRAIL}-logs"
LARGE = "twenty-thousand-objects"
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
READER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}],
}


def route(*parts: str) -> str:
    return "#/" + "/".join(quote(each, safe="") for each in parts)


def work(aws: LocalAws) -> str:
    """Something for every screen to show; the key of a log file."""
    trail = aws.trail(TRAIL, IsMultiRegionTrail=True)
    tables = aws.client("dynamodb")
    tables.create_table(
        TableName="Users",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables.put_item(TableName="Users", Item={"id": {"N": "1"}, "Name": {"S": "Ada"}})
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    now = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(
        logGroupName="group",
        logStreamName="stream",
        logEvents=[{"timestamp": now, "message": "an event " * 50}],
    )
    aws.client("cloudformation").create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
    assert trail.records(event_name="CreateTable")
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET)
    return str(listed["Contents"][0]["Key"])


def test_every_screen_is_fit_for_readers_at_any_width(aws: LocalAws) -> None:
    key = work(aws)
    arn = f"arn:aws:cloudtrail:us-east-1:123456789012:trail/{TRAIL}"
    event = records(aws, "CreateTable")[0]["eventID"]
    parts = ("general", "logs", "tags", "management", "data", "insights")
    routes = [
        "#/",
        "#/cloudtrail",
        "#/cloudtrail/trails",
        "#/cloudtrail/trails/create",
        route("cloudtrail", "trails", arn),
        *(route("cloudtrail", "trails", arn, part) for part in parts),
        "#/cloudtrail/events",
        route("cloudtrail", "events", event),
        "#/dynamodb",
        "#/dynamodb/tables/create",
        "#/dynamodb/tables/Users",
        "#/dynamodb/tables/Users/capacity",
        "#/dynamodb/items/Users",
        "#/dynamodb/items/Users/create",
        route("dynamodb", "items", "Users", '{"id":{"N":"1"}}'),
        "#/s3",
        "#/s3/buckets/create",
        f"#/s3/buckets/{BUCKET}",
        route("s3", "objects", BUCKET, key),
        route("s3", "open", BUCKET, key),
        f"#/s3/permissions/{BUCKET}",
        "#/cloudformation",
        "#/cloudformation/stacks/stack",
        "#/logs",
        "#/logs/groups/group",
        "#/logs/groups/group/stream",
    ]
    script = HERE.with_name("screens.mjs")
    who = (STUDENT.name, STUDENT.password)
    seen = in_browser(script, aws.endpoint_url, *who, *routes)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert seen["faults"] == [], "\n".join(seen["faults"])
    assert seen["wide"] == []


def fill(aws: LocalAws) -> None:
    """20,000 events in Event history, and a bucket of 20,000 objects."""
    from moto.s3.models import s3_backends

    (pattern,) = aws.records(event_name="CreateUser")
    now = datetime.now(UTC)
    for number in range(20_000):
        time = now - timedelta(seconds=20_000 - number)
        record = pattern | {"eventID": str(uuid.uuid4()), "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
        aws.cloudtrail.record_event(record, time)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=LARGE)
    s3.put_object(Bucket=LARGE, Key="object", Body=b"x")
    keys = s3_backends["123456789012"]["aws"].buckets[LARGE].keys
    first = keys["object"]
    for number in range(20_000):
        one = copy.copy(first)
        one.name = f"object-{number:06}"
        keys[one.name] = one


def test_what_goes_wrong_is_told_and_what_is_large_does_not_hang(aws: LocalAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    iam.create_login_profile(UserName="reader", Password=STUDENT.password)
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=json.dumps(READER))
    fill(aws)
    script = HERE.with_name("bounds.mjs")
    seen = in_browser(script, aws.endpoint_url, STUDENT.password, LARGE)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert seen["nothing"] == "Enter the trail's name."
    assert "InvalidTrailNameException" in seen["name"]
    assert "S3BucketDoesNotExistException" in seen["bucket"]
    assert seen["downloaded"] == "event_history.json"
    first, *rows = seen["table"].splitlines()
    assert first.startswith('"Event name","Event time","User name"')
    assert len(rows) == 150
    assert seen["millisecondsBeside"] < 5_000
    assert "(1,000+)" in seen["counted"]
    assert "reader is not authorized to perform: dynamodb:ListTables" in seen["refused"]
    assert "Sign in again" in seen["ended"]
