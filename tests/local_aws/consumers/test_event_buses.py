"""Rules hand on whole events, whoever put them on the bus."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client, records, trail
from tests.local_aws.subscribers import messages, queue, rule, trust


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


def put(aws: LocalAws, bus: str = "default", **detail: Any) -> str:
    """Put an event of the shop's on a bus and wait for what follows; returns its id."""
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps(detail)}
    answer = client(aws, "events").put_events(Entries=[entry | {"EventBusName": bus}])
    aws.deliver_now()
    found: str = answer["Entries"][0]["EventId"]
    return found


def targets(aws: LocalAws, *arns: str, bus: str = "default", **settings: Any) -> None:
    """A rule of the bus for the shop's events, with these targets."""
    events = client(aws, "events")
    pattern = json.dumps({"source": ["shop"]})
    events.put_rule(Name="orders", EventPattern=pattern, EventBusName=bus)
    listed = [{"Id": f"{n}", "Arn": arn, **settings} for n, arn in enumerate(arns)]
    events.put_targets(Rule="orders", EventBusName=bus, Targets=listed)


def test_function_gets_the_event(patient_aws: LocalAws) -> None:
    targets(patient_aws, function(patient_aws, "listener"))
    event_id = put(patient_aws, a=1)
    (event,) = received(patient_aws)
    assert (event["id"], event["detail"], event["account"]) == (event_id, {"a": 1}, ACCOUNT)


def test_topic_gets_it_as_its_message(patient_aws: LocalAws) -> None:
    arn = client(patient_aws, "sns").create_topic(Name="orders")["TopicArn"]
    url, queue_arn = queue(patient_aws, "orders")
    client(patient_aws, "sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    targets(patient_aws, arn)
    put(patient_aws, a=1)
    (envelope,) = messages(patient_aws, url)
    assert json.loads(envelope["Message"])["detail"] == {"a": 1}


def test_stream_gets_it_by_its_key(patient_aws: LocalAws) -> None:
    kinesis = client(patient_aws, "kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/orders"
    targets(patient_aws, arn, KinesisParameters={"PartitionKeyPath": "$.detail.who"})
    put(patient_aws, who="alice")
    iterator = kinesis.get_shard_iterator(
        StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["PartitionKey"] == "alice"
    assert json.loads(record["Data"])["detail"] == {"who": "alice"}


def test_delivery_stream_puts_it_into_its_bucket(patient_aws: LocalAws) -> None:
    s3 = client(patient_aws, "s3")
    s3.create_bucket(Bucket="fire")
    destination = {
        "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r",
        "BucketARN": "arn:aws:s3:::fire",
    }
    arn = client(patient_aws, "firehose").create_delivery_stream(
        DeliveryStreamName="orders", ExtendedS3DestinationConfiguration=destination
    )["DeliveryStreamARN"]
    targets(patient_aws, arn)
    put(patient_aws, a=1)
    (each,) = s3.list_objects_v2(Bucket="fire")["Contents"]
    body = s3.get_object(Bucket="fire", Key=each["Key"])["Body"].read()
    assert json.loads(body)["detail"] == {"a": 1}


def test_state_machine_runs_with_it(patient_aws: LocalAws) -> None:
    states = client(patient_aws, "stepfunctions")
    role = client(patient_aws, "iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(trust("states"))
    )["Role"]["Arn"]
    arn = states.create_state_machine(
        name="orders",
        roleArn=role,
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
    )["stateMachineArn"]
    targets(patient_aws, arn)
    put(patient_aws, a=1)
    (execution,) = states.list_executions(stateMachineArn=arn)["executions"]
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"])["detail"] == {"a": 1}


def test_log_group_keeps_it(patient_aws: LocalAws) -> None:
    logs = client(patient_aws, "logs")
    logs.create_log_group(logGroupName="/aws/events/orders")
    targets(patient_aws, f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/orders")
    put(patient_aws, a=1)
    (event,) = logs.filter_log_events(logGroupName="/aws/events/orders")["events"]
    assert json.loads(event["message"])["detail"] == {"a": 1}


def test_fifo_queue_gets_it_in_its_group(patient_aws: LocalAws) -> None:
    sqs = client(patient_aws, "sqs")
    url = sqs.create_queue(
        QueueName="orders.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    targets(
        patient_aws,
        f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders.fifo",
        SqsParameters={"MessageGroupId": "shop"},
    )
    put(patient_aws, a=1)
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "shop"


def test_another_bus_gets_it_as_it_is(patient_aws: LocalAws) -> None:
    events = client(patient_aws, "events", "eu-west-1")
    other = events.create_event_bus(Name="other")["EventBusArn"]
    pattern = json.dumps({"source": ["shop"]})
    events.put_rule(Name="there", EventPattern=pattern, EventBusName="other")
    url, arn = queue(patient_aws, "there", "eu-west-1")
    events.put_targets(Rule="there", EventBusName="other", Targets=[{"Id": "queue", "Arn": arn}])
    targets(patient_aws, other)
    event_id = put(patient_aws, a=1)
    (event,) = messages(patient_aws, url, "eu-west-1")
    assert (event["id"], event["region"], event["detail"]) == (event_id, "us-east-1", {"a": 1})


def test_buses_that_send_to_each_other_stop(patient_aws: LocalAws) -> None:
    other = client(patient_aws, "events").create_event_bus(Name="other")["EventBusArn"]
    url = rule(patient_aws, "seen", {"source": ["shop"]})
    targets(patient_aws, other)
    targets(patient_aws, f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default", bus="other")
    put(patient_aws)
    assert len(messages(patient_aws, url)) == 1
    put(patient_aws, "other")
    assert len(messages(patient_aws, url)) == 1


def test_target_that_fails_starves_no_other(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "second")
    nowhere = f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere"
    nobody = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nobody"
    targets(patient_aws, nowhere, nobody, "arn:aws:ssm:us-east-1:1:x", arn)
    put(patient_aws)
    assert len(messages(patient_aws, url)) == 1


def test_dead_letter_queue_gets_what_does_not_arrive(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "dead")
    nobody = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nobody"
    targets(patient_aws, nobody, DeadLetterConfig={"Arn": arn})
    event_id = put(patient_aws, a=1)
    (message,) = client(patient_aws, "sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"]
    )["Messages"]
    body = json.loads(message["Body"])
    assert (body["id"], body["detail"]) == (event_id, {"a": 1})
    found = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert found.pop("ERROR_MESSAGE")
    assert found == {
        "RULE_ARN": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/orders",
        "TARGET_ARN": nobody,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
    }


def test_disabled_rule_sends_nothing(patient_aws: LocalAws) -> None:
    url = rule(patient_aws, "off", {"source": ["shop"]}, state="DISABLED")
    put(patient_aws)
    assert messages(patient_aws, url) == []


def test_new_bucket_is_told_by_cloudtrail_alone(patient_aws: LocalAws) -> None:
    pattern = {"source": ["aws.s3"], "detail": {"eventName": ["CreateBucket"]}}
    client(patient_aws, "events").put_rule(Name="buckets", EventPattern=json.dumps(pattern))
    arn = function(patient_aws, "listener")
    client(patient_aws, "events").put_targets(Rule="buckets", Targets=[{"Id": "1", "Arn": arn}])
    client(patient_aws, "s3").create_bucket(Bucket="some-bucket")
    patient_aws.deliver_now()
    assert received(patient_aws) == []
    trail(patient_aws, "audit")
    client(patient_aws, "s3").create_bucket(Bucket="other-bucket")
    patient_aws.deliver_now()
    (event,) = received(patient_aws)
    assert event["detail"]["requestParameters"]["bucketName"] == "other-bucket"


def test_bad_pattern_is_refused(patient_aws: LocalAws) -> None:
    events = client(patient_aws, "events")
    pattern = '{"source": [{"like": "shop"}]}'
    asked: list[Any] = [
        partial(events.put_rule, Name="bad", EventPattern=pattern),
        partial(events.test_event_pattern, EventPattern=pattern, Event="{}"),
    ]
    for ask in asked:
        with pytest.raises(ClientError) as error:
            ask()
        assert error.value.response["Error"] == {
            "Code": "InvalidEventPatternException",
            "Message": "Event pattern is not valid. Reason: Unrecognized match type like",
        }


def test_test_event_pattern_says_what_matches(patient_aws: LocalAws) -> None:
    events = client(patient_aws, "events")
    event = {
        "id": "1",
        "account": ACCOUNT,
        "source": "shop",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "order",
    }
    for source, matches in (("shop", True), ("other", False)):
        answer = events.test_event_pattern(
            EventPattern=json.dumps({"source": [source]}), Event=json.dumps(event)
        )
        assert answer["Result"] is matches
    del event["resources"]
    with pytest.raises(ClientError, match="resources must be present"):
        events.test_event_pattern(EventPattern='{"source": ["a"]}', Event=json.dumps(event))


def test_put_events_is_a_data_event_of_its_buses(patient_aws: LocalAws) -> None:
    buses = [
        {
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::Events::EventBus"]},
            ]
        }
    ]
    trail(patient_aws, "audit", advanced=buses)
    event_id = put(patient_aws, a=1)
    (record,) = records(patient_aws, "audit-logs")
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    assert record["eventCategory"] == "Data"
    assert record["resources"] == [{"type": "AWS::Events::EventBus", "ARN": arn}]
    assert record["requestParameters"]["entries"] == [
        {
            "source": "shop",
            "detailType": "order",
            "detail": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "eventBusName": "default",
        }
    ]
    assert record["responseElements"] == {
        "failedEntryCount": 0,
        "entries": [{"eventId": event_id}],
    }
