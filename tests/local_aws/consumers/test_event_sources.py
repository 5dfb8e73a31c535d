"""What functions get of queues, streams and tables that are mapped to them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client, put_item
from tests.local_aws.subscribers import messages, queue


def mapped(aws: LocalAws, arn: str, **more: Any) -> None:
    function(aws, "listener")
    client(aws, "lambda").create_event_source_mapping(
        FunctionName="listener", EventSourceArn=arn, **more
    )


def test_a_role_that_may_not_read_the_source_is_refused(aws: LocalAws) -> None:
    function(aws, "listener")
    iam, functions = client(aws, "iam"), client(aws, "lambda")

    def refusal(arn: str, *actions: str, **more: str) -> str:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        asked = {"RoleName": "listener-role", "PolicyName": "all", "PolicyDocument": document}
        iam.put_role_policy(**asked)
        with pytest.raises(ClientError) as refused:
            functions.create_event_source_mapping(
                FunctionName="listener", EventSourceArn=arn, **more
            )
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
        return refused.value.response["Error"]["Message"]

    _, arn = queue(aws, "in")
    lacks = "The provided execution role does not have permissions to call {} on SQS"
    assert refusal(arn, "logs:*") == lacks.format("ReceiveMessage")
    assert refusal(arn, "sqs:ReceiveMessage") == lacks.format("DeleteMessage")
    client(aws, "kinesis").create_stream(StreamName="events", ShardCount=1)
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/events"
    assert refusal(stream, "kinesis:GetRecords", StartingPosition="LATEST") == (
        f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in "
        "IAM."
    )
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []


def test_message_comes_as_it_was_sent(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    mapped(patient_aws, arn)
    client(patient_aws, "sqs").send_message(
        QueueUrl=url,
        MessageBody="hello",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}},
    )
    patient_aws.deliver_now()
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


FAILING = """
def handler(event, context):
    raise ValueError("no")
"""


def fails(aws: LocalAws, arn: str, code: str = FAILING, **more: Any) -> str:
    """A mapping to a function of this code; returns the mapping's id."""
    function(aws, "listener", code)
    made: str = client(aws, "lambda").create_event_source_mapping(
        FunctionName="listener", EventSourceArn=arn, **more
    )["UUID"]
    return made


def bodies(aws: LocalAws) -> list[list[str]]:
    """The bodies of the messages that functions got, batch by batch."""
    return [[record["body"] for record in event["Records"]] for event in received(aws)]


def left(aws: LocalAws, url: str) -> int:
    attributes = client(aws, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    found = attributes["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(
        found["ApproximateNumberOfMessagesNotVisible"]
    )


def test_sender_waits_for_no_function(patient_aws: LocalAws, tmp_path: Path) -> None:
    url, arn = queue(patient_aws, "in")
    os.mkfifo(tmp_path / "sent")
    waiting = f"def handler(event, context): open({str(tmp_path / 'sent')!r}).read()"
    fails(patient_aws, arn, waiting)
    client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody="hello")
    (tmp_path / "sent").write_text("")  # which waits for the function to read it


def test_messages_that_were_there_come_in_batches(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    for number in range(5):
        client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody=str(number))
    mapped(patient_aws, arn, BatchSize=3)
    patient_aws.deliver_now()
    assert sorted(map(len, bodies(patient_aws))) == [2, 3]
    assert left(patient_aws, url) == 0


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ({"body": {"kind": ["a"]}}, ['{"kind": "a"}']),
        ({"body": ["plain"]}, ["plain"]),
        ({"body": [{"prefix": "pl"}]}, ["plain"]),
        ({"messageAttributes": {"n": {"stringValue": ["1"]}}}, []),
    ],
)
def test_filter_lets_through_what_it_says(
    pattern: Any, wanted: list[str], patient_aws: LocalAws
) -> None:
    url, arn = queue(patient_aws, "in")
    filters = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    mapped(patient_aws, arn, FilterCriteria=filters)
    for body in ('{"kind": "a"}', '{"kind": "b"}', "plain", "other"):
        client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody=body)
    patient_aws.deliver_now()
    assert [body for batch in bodies(patient_aws) for body in batch] == wanted
    assert left(patient_aws, url) == 0


def test_filter_that_is_none_is_refused(patient_aws: LocalAws) -> None:
    _, arn = queue(patient_aws, "in")
    filters = {"Filters": [{"Pattern": '{"body": "x"}'}]}
    with pytest.raises(ClientError, match="Invalid filter pattern definition"):
        mapped(patient_aws, arn, FilterCriteria=filters)


def test_mapping_that_is_off_or_gone_calls_nobody(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    functions = client(patient_aws, "lambda")
    mapped(patient_aws, arn, Enabled=False)
    send = partial(client(patient_aws, "sqs").send_message, QueueUrl=url)
    send(MessageBody="off")
    patient_aws.deliver_now()
    assert bodies(patient_aws) == []
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    patient_aws.deliver_now()
    assert bodies(patient_aws) == [["off"]]
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    send(MessageBody="gone")
    patient_aws.deliver_now()
    assert left(patient_aws, url) == 1


def test_message_that_fails_goes_to_the_dead_letters(patient_aws: LocalAws) -> None:
    dead, dead_arn = queue(patient_aws, "dead")
    url, arn = queue(patient_aws, "in")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    client(patient_aws, "sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"RedrivePolicy": policy}
    )
    fails(patient_aws, arn)
    client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody="{}")
    patient_aws.deliver_now()
    assert left(patient_aws, url) == 1
    for _ in range(2):
        patient_aws.advance(timedelta(seconds=31))
        patient_aws.deliver_now()
    assert (left(patient_aws, url), left(patient_aws, dead)) == (0, 1)


PARTLY = """
def handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]}
                                  for each in event["Records"] if each["body"] == "bad"]}
"""


@pytest.mark.parametrize(
    ("code", "stay"),
    [
        (PARTLY, 1),
        ("def handler(event, context): return {'batchItemFailures': []}", 0),
        ("def handler(event, context): return None", 0),
        ("def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': ''}]}", 2),
        ("def handler(event, context): return {'batchItemFailures': [{'bad': '1'}]}", 2),
    ],
)
def test_function_says_which_messages_failed(code: str, stay: int, patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    for body in ("good", "bad"):
        client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody=body)
    fails(patient_aws, arn, code, FunctionResponseTypes=["ReportBatchItemFailures"])
    patient_aws.deliver_now()
    assert left(patient_aws, url) == stay


def test_queue_whose_messages_come_back_too_soon_is_refused(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    client(patient_aws, "sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "5"}
    )
    with pytest.raises(ClientError, match="5 seconds is less than Function timeout: 30 seconds"):
        mapped(patient_aws, arn)


def stream(aws: LocalAws) -> str:
    client(aws, "kinesis").create_stream(StreamName="in", ShardCount=1)
    return f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/in"


def put_records(aws: LocalAws, *data: str) -> None:
    for each in data:
        client(aws, "kinesis").put_record(StreamName="in", Data=each.encode(), PartitionKey="k")


def of_stream(aws: LocalAws) -> list[list[str]]:
    return [
        [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
        for event in received(aws)
    ]


def test_stream_begins_where_it_is_told(patient_aws: LocalAws) -> None:
    arn = stream(patient_aws)
    put_records(patient_aws, "old")
    mapped(patient_aws, arn, StartingPosition="LATEST")
    put_records(patient_aws, "new")
    patient_aws.deliver_now()
    assert of_stream(patient_aws) == [["new"]]


def test_stream_from_its_beginning_is_filtered(patient_aws: LocalAws) -> None:
    arn = stream(patient_aws)
    put_records(patient_aws, '{"n": 1}', "text", '{"n": 2}')
    filters = {"Filters": [{"Pattern": '{"data": {"n": [{"numeric": [">", 0]}]}}'}]}
    mapped(patient_aws, arn, StartingPosition="TRIM_HORIZON", FilterCriteria=filters)
    patient_aws.deliver_now()
    assert of_stream(patient_aws) == [['{"n": 1}', '{"n": 2}']]


def test_batch_of_a_stream_is_tried_again_and_given_up(patient_aws: LocalAws) -> None:
    arn = stream(patient_aws)
    dead, dead_arn = queue(patient_aws, "dead")
    fails(
        patient_aws,
        arn,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": dead_arn}},
    )
    put_records(patient_aws, "a", "b")
    patient_aws.deliver_now()
    assert messages(patient_aws, dead) == []
    for _ in range(3):
        patient_aws.advance(timedelta(minutes=1))
        patient_aws.deliver_now()
    told = messages(patient_aws, dead)
    assert {each["requestContext"]["condition"] for each in told} == {"RetryAttemptsExhausted"}
    assert {each["KinesisBatchInfo"]["streamArn"] for each in told} == {arn}
    assert sum(each["KinesisBatchInfo"]["batchSize"] for each in told) == 2


def test_bad_record_of_a_stream_is_found_by_splitting(patient_aws: LocalAws) -> None:
    arn = stream(patient_aws)
    dead, dead_arn = queue(patient_aws, "dead")
    put_records(patient_aws, "a", "b", "bad", "c")
    code = """
import base64
def handler(event, context):
    for each in event["Records"]:
        assert base64.b64decode(each["kinesis"]["data"]) != b"bad"
"""
    fails(
        patient_aws,
        arn,
        code,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": dead_arn}},
    )
    patient_aws.deliver_now()
    (told,) = messages(patient_aws, dead)
    batch = told["KinesisBatchInfo"]
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"]) == ("3", "3")


def test_second_mapping_of_a_queue_and_a_function_is_refused(patient_aws: LocalAws) -> None:
    _, arn = queue(patient_aws, "in")
    mapped(patient_aws, arn)
    with pytest.raises(ClientError) as error:
        client(patient_aws, "lambda").create_event_source_mapping(
            FunctionName="listener", EventSourceArn=arn
        )
    assert error.value.response["Error"]["Code"] == "ResourceConflictException"


def test_window_collects_a_batch(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    mapped(patient_aws, arn, BatchSize=20, MaximumBatchingWindowInSeconds=60)
    for number in range(3):
        client(patient_aws, "sqs").send_message(QueueUrl=url, MessageBody=str(number))
    patient_aws.deliver_now()
    assert bodies(patient_aws) == []
    patient_aws.advance(timedelta(seconds=61))
    assert [len(batch) for batch in bodies(patient_aws)] == [3]


def test_batch_over_ten_needs_a_window(patient_aws: LocalAws) -> None:
    _, arn = queue(patient_aws, "in")
    with pytest.raises(ClientError, match="Maximum batch window in seconds"):
        mapped(patient_aws, arn, BatchSize=11)
