"""When schedules are due, and that rules run by them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.consumers.event_bridge.schedules import InvalidSchedule, compile_schedule
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.subscribers import messages, queue

PUT = datetime(2026, 11, 27, 10, 7, 30, tzinfo=UTC)  # a Friday


def due(expression: str, days: float = 1) -> list[str]:
    found = compile_schedule(expression)(PUT, PUT, PUT + timedelta(days=days))
    return [f"{each:%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("expression", "days", "wanted"),
    [
        ("rate(12 hours)", 1, ["11-27 22:07", "11-28 10:07"]),
        ("rate(1 day)", 2, ["11-28 10:07", "11-29 10:07"]),
        ("cron(0 12 * * ? *)", 2, ["11-27 12:00", "11-28 12:00"]),
        ("cron(0/30 11 ? * * *)", 1, ["11-27 11:00", "11-27 11:30"]),
        ("cron(5,10 9-9 ? * MON-FRI *)", 3, ["11-30 09:05", "11-30 09:10"]),
        ("cron(0 8 1 * ? *)", 40, ["12-01 08:00", "01-01 08:00"]),
        ("cron(0 8 L * ? *)", 40, ["11-30 08:00", "12-31 08:00"]),
        ("cron(0 8 5W DEC ? *)", 40, ["12-04 08:00"]),
        ("cron(0 8 ? * 6L *)", 40, ["12-25 08:00"]),
        ("cron(0 8 ? * TUE#2 *)", 40, ["12-08 08:00"]),
        ("cron(0 8 ? 12 L *)", 10, ["12-05 08:00"]),
        ("cron(0 8 1 1 ? 2028)", 400, ["01-01 08:00"]),
    ],
)
def test_when_a_schedule_is_due(expression: str, days: float, wanted: list[str]) -> None:
    assert due(expression, days) == wanted


@pytest.mark.parametrize("since", [timedelta(minutes=4), timedelta(minutes=5)])
def test_nothing_is_due_twice(since: timedelta) -> None:
    found = compile_schedule("rate(5 minutes)")(PUT, PUT + since, PUT + timedelta(minutes=11))
    assert next(found) == PUT + timedelta(minutes=5 if since < timedelta(minutes=5) else 10)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hours)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 12 * * * *)",
        "cron(0 12 * * ?)",
        "cron(60 12 * * ? *)",
        "cron(0 12 ? * XYZ *)",
        "every day",
    ],
)
def test_what_is_no_schedule(expression: str) -> None:
    with pytest.raises(InvalidSchedule, match="ScheduleExpression is not valid"):
        compile_schedule(expression)


def scheduled(aws: LocalAws, expression: str, **settings: str) -> str:
    """A rule with this schedule to a queue, whose URL is returned."""
    url, arn = queue(aws, "ticks")
    client(aws, "events").put_rule(Name="tick", ScheduleExpression=expression, **settings)
    client(aws, "events").put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": arn}])
    return url


def test_a_rule_runs_as_often_as_it_was_due(aws: LocalAws) -> None:
    url = scheduled(aws, "rate(1 hour)")
    aws.advance(timedelta(hours=2, minutes=1))
    first, second = messages(aws, url)
    assert datetime.fromisoformat(second["time"]) - datetime.fromisoformat(
        first["time"]
    ) == timedelta(hours=1)
    del first["id"], first["time"]
    assert first == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/tick"],
        "detail": {},
    }


def test_a_rule_that_was_disabled_makes_up_for_nothing(aws: LocalAws) -> None:
    url = scheduled(aws, "rate(1 minute)", State="DISABLED")
    aws.advance(timedelta(minutes=5))
    client(aws, "events").enable_rule(Name="tick")
    aws.advance(timedelta(seconds=61))
    assert len(messages(aws, url)) == 1


def test_put_rule_refuses_what_is_no_schedule(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        client(aws, "events").put_rule(Name="tick", ScheduleExpression="cron(0 12 * * * *)")
