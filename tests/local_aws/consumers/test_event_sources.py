"""What functions get of queues, streams and tables that are mapped to them."""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import timedelta
from typing import Any

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client, put_item
from tests.local_aws.subscribers import queue


def mapped(aws: LocalAws, arn: str, **more: Any) -> None:
    function(aws, "listener")
    client(aws, "lambda").create_event_source_mapping(
        FunctionName="listener", EventSourceArn=arn, **more
    )


def test_message_comes_as_it_was_sent(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    mapped(patient_aws, arn)
    client(patient_aws, "sqs").send_message(
        QueueUrl=url,
        MessageBody="hello",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}},
    )
    (event,) = received(patient_aws)
    (record,) = event["Records"]
    assert (record["body"], record["eventSourceARN"]) == ("hello", arn)
    assert record["md5OfBody"] == hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert record["messageAttributes"]["kind"]["stringValue"] == "x"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert int(record["attributes"]["SentTimestamp"]) > 1_700_000_000_000


def test_items_come_once_and_stay_in_the_stream(patient_aws: LocalAws) -> None:
    table = client(patient_aws, "dynamodb").create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    arn = table["LatestStreamArn"]
    mapped(patient_aws, arn, StartingPosition="LATEST")
    for key in ("a", "b"):
        put_item(patient_aws, key)
    patient_aws.deliver_now()
    keys = [
        record["dynamodb"]["Keys"]["id"]["S"]
        for event in received(patient_aws)
        for record in event["Records"]
    ]
    assert sorted(keys) == ["a", "b"]
    streams = client(patient_aws, "dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert len(streams.get_records(ShardIterator=iterator)["Records"]) == 2


def test_record_of_a_stream_comes(patient_aws: LocalAws) -> None:
    kinesis = client(patient_aws, "kinesis")
    kinesis.create_stream(StreamName="in", ShardCount=1)
    mapped(
        patient_aws,
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/in",
        StartingPosition="LATEST",
    )
    kinesis.put_record(StreamName="in", Data=b"hello", PartitionKey="k")
    patient_aws.deliver_now()
    (event,) = received(patient_aws)
    (record,) = event["Records"]
    assert base64.b64decode(record["kinesis"]["data"]) == b"hello"
    assert record["kinesis"]["partitionKey"] == "k"


def test_an_item_whose_time_is_over_was_deleted_by_the_service(patient_aws: LocalAws) -> None:
    dynamodb = client(patient_aws, "dynamodb")
    arn = dynamodb.create_table(
        TableName="Users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    dynamodb.update_time_to_live(
        TableName="Users",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"},
    )
    ends = str(int(time.time()) + 60)
    dynamodb.put_item(TableName="Users", Item={"id": {"S": "a"}, "ends": {"N": ends}})
    mapped(patient_aws, arn, StartingPosition="LATEST")
    patient_aws.advance(timedelta(minutes=2))
    patient_aws.deliver_now()
    (event,) = received(patient_aws)
    (record,) = event["Records"]
    assert record["eventName"] == "REMOVE"
    by = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["userIdentity"] == by
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
