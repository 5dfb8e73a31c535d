"""Alarms that watch their metric, as DescribeAlarms, their history and their topics tell."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.subscribers import messages, queue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def topic(aws: LocalAws) -> tuple[str, str]:
    arn = client(aws, "sns").create_topic(Name="alarms")["TopicArn"]
    url, queue_arn = queue(aws, "alarms")
    client(aws, "sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    return arn, url


def alarm(aws: LocalAws, **settings: Any) -> None:
    client(aws, "cloudwatch").put_metric_alarm(
        **{
            "AlarmName": "many",
            "AlarmDescription": "too many",
            "Namespace": "Tests",
            "MetricName": "errors",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 2,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            **settings,
        }
    )
    aws.deliver_now()


def put(aws: LocalAws, value: float, **more: Any) -> None:
    datum = {"MetricName": "errors", "Value": value, **more}
    client(aws, "cloudwatch").put_metric_data(Namespace="Tests", MetricData=[datum])
    aws.deliver_now()


def described(aws: LocalAws) -> Any:
    (only,) = client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]
    return only


def state(aws: LocalAws) -> str:
    return str(described(aws)["StateValue"])


def test_new_alarm_knows_nothing(aws: LocalAws) -> None:
    alarm(aws)
    assert state(aws) == "INSUFFICIENT_DATA"


def test_data_change_the_state(aws: LocalAws) -> None:
    alarm(aws)
    put(aws, 1)
    assert state(aws) == "OK"
    put(aws, 1)
    assert state(aws) == "ALARM"
    assert "was greater than or equal to the threshold (2.0)" in described(aws)["StateReason"]


def test_data_of_other_dimensions_or_metrics_do_not(aws: LocalAws) -> None:
    alarm(aws, Dimensions=[{"Name": "who", "Value": "x"}])
    put(aws, 5)
    put(aws, 5, Dimensions=[{"Name": "who", "Value": "y"}])
    assert state(aws) == "INSUFFICIENT_DATA"
    put(aws, 5, Dimensions=[{"Name": "who", "Value": "x"}])
    assert state(aws) == "ALARM"


@pytest.mark.parametrize(
    ("missing", "then"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("notBreaching", "OK"),
        ("breaching", "ALARM"),
        ("ignore", "ALARM"),
    ],
)
def test_time_passes_without_data(aws: LocalAws, missing: str, then: str) -> None:
    alarm(aws, TreatMissingData=missing)
    put(aws, 2)
    assert state(aws) == "ALARM"
    aws.advance(3 * MINUTE)
    assert state(aws) == then


def test_as_many_periods_as_are_wanted_must_breach(aws: LocalAws) -> None:
    alarm(aws, EvaluationPeriods=3, DatapointsToAlarm=2)
    put(aws, 2)
    assert state(aws) == "OK"
    aws.advance(MINUTE)
    put(aws, 2)
    assert state(aws) == "ALARM"


def test_topic_is_told_once_in_the_words_of_cloudwatch(aws: LocalAws) -> None:
    arn, url = topic(aws)
    alarm(aws, AlarmActions=[arn])
    put(aws, 2)
    put(aws, 2)
    (envelope,) = messages(aws, url)
    assert envelope["Subject"] == 'ALARM: "many" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert message["AlarmName"] == "many"
    assert message["AWSAccountId"] == ACCOUNT
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["Region"] == "US East (N. Virginia)"
    assert message["AlarmActions"] == [arn]
    trigger = message["Trigger"]
    assert (trigger["MetricName"], trigger["Namespace"]) == ("errors", "Tests")
    assert (trigger["Statistic"], trigger["Threshold"]) == ("SUM", 2.0)


def test_nobody_is_told_while_actions_are_off(aws: LocalAws) -> None:
    arn, url = topic(aws)
    alarm(aws, AlarmActions=[arn], ActionsEnabled=False)
    put(aws, 2)
    assert state(aws) == "ALARM"
    assert messages(aws, url) == []


def test_set_alarm_state_tells_too(aws: LocalAws) -> None:
    arn, url = topic(aws)
    alarm(aws, OKActions=[arn])
    client(aws, "cloudwatch").set_alarm_state(
        AlarmName="many", StateValue="OK", StateReason="a test"
    )
    aws.deliver_now()
    (envelope,) = messages(aws, url)
    assert json.loads(envelope["Message"])["NewStateReason"] == "a test"


def test_function_is_called(aws: LocalAws) -> None:
    alarm(aws, AlarmActions=[function(aws, "listener")])
    put(aws, 2)
    (event,) = received(aws)
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmData"]["state"]["value"] == "ALARM"


def test_history_tells_what_became_of_it(aws: LocalAws) -> None:
    arn, _ = topic(aws)
    alarm(aws, AlarmActions=[arn])
    put(aws, 2)
    items = client(aws, "cloudwatch").describe_alarm_history(AlarmName="many")["AlarmHistoryItems"]
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("Action", f"Successfully executed action {arn}"),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("ConfigurationUpdate", 'Alarm "many" created'),
    ]


def test_alarm_that_is_put_again_keeps_its_state(aws: LocalAws) -> None:
    alarm(aws)
    put(aws, 2)
    alarm(aws, AlarmDescription="other words")
    assert state(aws) == "ALARM"
