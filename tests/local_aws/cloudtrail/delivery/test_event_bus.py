"""Events of trails on EventBridge's buses."""

from __future__ import annotations

import json
from typing import Any

from local_aws import LocalAws
from local_aws.cloudtrail.delivery.notifications import (
    MAX_EVENT,
    send_to_event_bus,
)
from tests.local_aws.cloudtrail.undelivered import aws
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    account,
    client,
    put_item,
    records,
    table,
    trail,
)
from tests.local_aws.subscribers import (
    ALL_STATES,
    at_once,
    messages,
    queue,
    rule,
)

__all__ = ["aws"]

EVERYTHING = {"account": [ACCOUNT]}
API_CALLS = {"detail-type": ["AWS API Call via CloudTrail"]}


class TestEventBus:
    def test_event_has_the_envelope_of_eventbridge(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
        trail(aws, "audit")
        table(aws)
        (record,) = [
            each for each in records(aws, "audit-logs") if each["eventName"] == "CreateTable"
        ]
        (event,) = messages(aws, url)
        assert event == {
            "version": "0",
            "id": record["eventID"],
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.dynamodb",
            "account": ACCOUNT,
            "time": record["eventTime"],
            "region": "us-east-1",
            "resources": [],
            "detail": record,
        }

    def test_every_target_of_a_rule_gets_it(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
        second, arn = queue(aws, "second")
        client(aws, "events").put_targets(Rule="calls", Targets=[{"Id": "second", "Arn": arn}])
        trail(aws, "audit")
        table(aws)
        aws.deliver_now()
        assert messages(aws, url) == messages(aws, second) != []

    def test_target_that_cannot_take_it_does_not_stop_delivery(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", API_CALLS)
        client(aws, "sqs").delete_queue(QueueUrl=url)
        trail(aws, "audit")
        table(aws)
        assert "CreateTable" in {each["eventName"] for each in records(aws, "audit-logs")}

    def test_read_only_management_events_come_only_to_rules_that_ask(self, aws: LocalAws) -> None:
        lists = {"detail": {"eventName": ["ListTables", "CreateTable"]}}
        usual = rule(aws, "usual", lists)
        everything = rule(aws, "everything", lists, state=ALL_STATES)
        shown = client(aws, "events").describe_rule(Name="everything")
        assert shown["State"] == ALL_STATES
        trail(aws, "audit")
        table(aws)
        client(aws, "dynamodb").list_tables()
        aws.deliver_now()
        assert names(messages(aws, usual)) == ["CreateTable"]
        assert names(messages(aws, everything)) == ["CreateTable", "ListTables"]

    def test_disabled_rule_gets_nothing(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", API_CALLS, state="DISABLED")
        trail(aws, "audit")
        table(aws)
        aws.deliver_now()
        assert messages(aws, url) == []

    def test_data_events_come_where_a_trail_logs_them(self, aws: LocalAws) -> None:
        table(aws)
        url = rule(aws, "items", {"detail": {"eventName": ["PutItem", "GetItem"]}})
        trail(aws, "audit", selectors=MANAGEMENT)
        put_item(aws, "unseen")
        aws.deliver_now()
        assert messages(aws, url) == []
        trail(aws, "items", advanced=TABLES)
        put_item(aws, "seen")
        client(aws, "dynamodb").get_item(TableName="Users", Key={"id": {"S": "seen"}})
        aws.deliver_now()
        assert names(messages(aws, url)) == ["GetItem", "PutItem"]

    def test_nothing_comes_without_a_logging_trail(self, aws: LocalAws) -> None:
        lone = account(aws, "333333333333")
        events = client(aws, "events", **lone)
        events.put_rule(Name="calls", EventPattern=json.dumps(API_CALLS), State=ALL_STATES)
        url, arn = queue(aws, "calls-queue", **lone)
        events.put_targets(Rule="calls", Targets=[{"Id": "queue", "Arn": arn}])
        client(aws, "dynamodb", **lone).list_tables()
        aws.deliver_now()
        assert messages(aws, url, **lone) == []

    def test_rule_that_runs_by_a_schedule_gets_nothing(self, aws: LocalAws) -> None:
        events = client(aws, "events")
        events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
        url, arn = queue(aws, "hourly-queue")
        events.put_targets(Rule="hourly", Targets=[{"Id": "queue", "Arn": arn}])
        trail(aws, "audit")
        table(aws)
        aws.deliver_now()
        assert messages(aws, url) == []

    def test_two_trails_make_one_event(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
        trail(aws, "audit")
        trail(aws, "audit-2")
        table(aws)
        aws.deliver_now()
        assert len(messages(aws, url)) == 1

    def test_event_comes_to_its_own_regions_bus(self, aws: LocalAws) -> None:
        pattern = {"detail": {"eventName": ["CreateTable"]}}
        here, there = rule(aws, "here", pattern), rule(aws, "there", pattern, region="eu-west-1")
        trail(aws, "audit", IsMultiRegionTrail=True)
        table(aws, region="eu-west-1")
        aws.deliver_now()
        assert messages(aws, here) == []
        (event,) = messages(aws, there, "eu-west-1")
        assert event["region"] == "eu-west-1"

    def test_events_over_256_kb_are_not_sent(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
        trail(aws, "audit")
        table(aws)
        (record,) = [
            each for each in records(aws, "audit-logs") if each["eventName"] == "CreateTable"
        ]
        assert len(messages(aws, url)) == 1
        send_to_event_bus(record, MAX_EVENT + 1, at_once)
        assert messages(aws, url) == []
        send_to_event_bus(record, MAX_EVENT, at_once)
        assert len(messages(aws, url)) == 1

    def test_input_transformer_is_still_applied(self, aws: LocalAws) -> None:
        url = rule(aws, "calls", {"detail": {"eventName": ["CreateTable"]}})
        (target,) = client(aws, "events").list_targets_by_rule(Rule="calls")["Targets"]
        target["InputTransformer"] = {
            "InputPathsMap": {"what": "$.detail.eventName"},
            "InputTemplate": '{"called": "<what>"}',
        }
        client(aws, "events").put_targets(Rule="calls", Targets=[target])
        trail(aws, "audit")
        table(aws)
        aws.deliver_now()
        assert messages(aws, url) == [{"called": "CreateTable"}]


def names(events: list[Any]) -> list[str]:
    return sorted(event["detail"]["eventName"] for event in events)
