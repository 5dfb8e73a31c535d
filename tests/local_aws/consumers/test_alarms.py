"""Alarms that watch their metric, as DescribeAlarms, their history and their topics tell."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.consumers.alarms.evaluation import decide
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.subscribers import messages, queue, rule

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
    given = {
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
    given = {name: value for name, value in given.items() if value is not None}
    client(aws, "cloudwatch").put_metric_alarm(**given)
    aws.deliver_now()


def put(aws: LocalAws, value: float | None, **more: Any) -> None:
    datum = {"MetricName": "errors", **({} if value is None else {"Value": value}), **more}
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
    aws.advance(5 * MINUTE)
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


def _points(shown: str) -> list[bool | None]:
    """The points of AWS's tables, the oldest first there: X breaches, 0 does not, - is missing."""
    return [{"X": True, "0": False, "-": None}[each] for each in reversed(shown.split())]


KEPT = None
"""The alarm keeps the state that it has."""


@pytest.mark.parametrize(
    ("shown", "wanted", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", 3, "OK", "OK", "OK", "OK"),
        ("- - - - 0", 3, "OK", "OK", "OK", "OK"),
        ("- - - - -", 3, "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
        ("0 X X - X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("- - X - -", 3, "ALARM", KEPT, "ALARM", "OK"),
        ("0 - X - X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 0 X 0 X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 - X - -", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - - 0", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - X -", 2, "ALARM", KEPT, "ALARM", "OK"),
    ],
)
def test_missing_data_count_as_in_the_tables_of_the_user_guide(
    shown: str, wanted: int, missing: str, ignore: str | None, breaching: str, not_breaching: str
) -> None:
    by_treatment = {
        "missing": missing,
        "ignore": ignore,
        "breaching": breaching,
        "notBreaching": not_breaching,
    }
    found = {treat: decide(_points(shown), 3, wanted, treat) for treat in by_treatment}
    assert found == by_treatment


def test_percentile_is_of_the_values(aws: LocalAws) -> None:
    alarm(aws, Statistic=None, ExtendedStatistic="p90", Threshold=50)
    put(aws, None, Values=[1, 2, 3, 4, 5, 6, 7, 8, 9, 100])
    assert state(aws) == "OK"
    put(aws, None, Values=[100, 100])
    assert state(aws) == "ALARM"


def queries(*expressions: str, period: int = 60) -> list[dict[str, Any]]:
    """Two metrics, `errors` as m1 and `calls` as m2, and expressions, the last of them watched."""
    metrics = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": "Tests", "MetricName": name},
                "Period": period,
                "Stat": "Sum",
            },
        }
        for number, name in enumerate(("errors", "calls"), 1)
    ]
    last = len(expressions) - 1
    return metrics + [
        {"Id": f"e{number}", "Expression": each, "ReturnData": number == last}
        for number, each in enumerate(expressions)
    ]


def math_alarm(aws: LocalAws, *expressions: str, **settings: Any) -> None:
    without = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    alarm(aws, **without, Metrics=queries(*expressions), **settings)


@pytest.mark.parametrize(
    ("expressions", "errors", "calls", "then"),
    [
        (("100*(m1/m2)",), 5, 100, "ALARM"),
        (("100*(m1/m2)",), 1, 100, "OK"),
        (("m1/m2",), 5, 0, "INSUFFICIENT_DATA"),
        (("SUM([m1, m2])",), 1, 1, "ALARM"),
        (("SUM(METRICS())",), 1, 1, "ALARM"),
        (("IF(m2 > 50 AND m1 > 1, m1, 0)",), 9, 60, "ALARM"),
        (("IF(m2 > 50 && m1 > 1, m1, 0)",), 9, 10, "OK"),
        (("m1 ^ 2", "MAX([e0, FLOOR(m2)])"), 2, 1.5, "ALARM"),
    ],
)
def test_math_is_computed(
    expressions: tuple[str, ...], errors: float, calls: float, then: str, aws: LocalAws
) -> None:
    math_alarm(aws, *expressions)
    put(aws, calls, MetricName="calls")
    put(aws, errors)
    assert state(aws) == then


def test_data_that_are_missing_are_filled(aws: LocalAws) -> None:
    math_alarm(aws, "FILL(m1, 3) + m2")
    put(aws, 1, MetricName="calls")
    assert state(aws) == "ALARM"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Metrics": queries("ANOMALY_DETECTION_BAND(m1, 2)")}, "ANOMALY_DETECTION_BAND"),
        ({"Metrics": queries("RATE(m1)")}, "RATE"),
        ({"Metrics": queries("m1 + m3")}, "Undefined variable: m3"),
        ({"Metrics": queries("m1 +")}, "Invalid syntax"),
        ({"Metrics": queries("m1", "m2")[:3]}, "Exactly one"),
        ({"ExtendedStatistic": "pr(10:20)"}, r"pr\(10:20\)"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(settings: Any, named: str, aws: LocalAws) -> None:
    without: dict[str, Any] = {"Statistic": None}
    if "Metrics" in settings:
        without |= dict.fromkeys(("Namespace", "MetricName", "Period"))
    with pytest.raises(ClientError, match=named):
        alarm(aws, **without, **settings)
    assert client(aws, "cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_event_bridge_is_told_of_a_change(aws: LocalAws) -> None:
    url = rule(aws, "alarms", {"source": ["aws.cloudwatch"]})
    alarm(aws, Dimensions=[{"Name": "who", "Value": "x"}])
    put(aws, 2, Dimensions=[{"Name": "who", "Value": "x"}])
    created, changed = messages(aws, url)
    assert created["detail-type"] == "CloudWatch Alarm Configuration Change"
    assert created["detail"]["operation"] == "create"
    assert changed["detail-type"] == "CloudWatch Alarm State Change"
    assert changed["resources"] == [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:many"]
    detail = changed["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == (
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [2.0]
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Tests", "name": "errors", "dimensions": {"who": "x"}},
        "period": 60,
        "stat": "Sum",
    }


def test_event_bridge_is_told_though_actions_are_off(aws: LocalAws) -> None:
    url = rule(aws, "alarms", {"detail-type": ["CloudWatch Alarm State Change"]})
    alarm(aws, ActionsEnabled=False)
    client(aws, "cloudwatch").set_alarm_state(
        AlarmName="many", StateValue="OK", StateReason="a test"
    )
    aws.deliver_now()
    (event,) = messages(aws, url)
    assert event["detail"]["state"]["reason"] == "a test"


def test_action_that_fails_is_in_the_history(aws: LocalAws) -> None:
    nowhere = f"arn:aws:sns:us-east-1:{ACCOUNT}:nowhere"
    alarm(aws, AlarmActions=[nowhere])
    put(aws, 2)
    (item,) = client(aws, "cloudwatch").describe_alarm_history(HistoryItemType="Action")[
        "AlarmHistoryItems"
    ]
    assert item["HistorySummary"].startswith(f"Failed to execute action {nowhere}. Received error:")


def composite(aws: LocalAws, rule: str, **settings: Any) -> None:
    client(aws, "cloudwatch").put_composite_alarm(AlarmName="both", AlarmRule=rule, **settings)
    aws.deliver_now()


def composite_state(aws: LocalAws) -> Any:
    (only,) = client(aws, "cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert only["AlarmRule"]
    return only["StateValue"]


def test_composite_alarm_follows_the_alarms_of_its_rule(aws: LocalAws) -> None:
    arn, url = topic(aws)
    alarm(aws)
    alarm(aws, AlarmName="other one", MetricName="calls")
    composite(aws, 'ALARM(many) AND NOT OK("other one")', AlarmActions=[arn])
    assert composite_state(aws) == "OK"
    put(aws, 2)
    assert composite_state(aws) == "ALARM"
    (envelope,) = messages(aws, url)
    message = json.loads(envelope["Message"])
    assert message["AlarmRule"] == 'ALARM(many) AND NOT OK("other one")'
    assert "Trigger" not in message
    put(aws, 1, MetricName="calls")
    assert composite_state(aws) == "OK"


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("ALARM(many", "invalid"),
        ("ALARM(many) XOR OK(many)", "invalid"),
        ("ALARM(nobody)", r"alarms \[nobody\] in the alarm rule do not exist"),
    ],
)
def test_rule_that_is_none_is_refused(rule: str, named: str, aws: LocalAws) -> None:
    alarm(aws)
    with pytest.raises(ClientError, match=named):
        composite(aws, rule)
