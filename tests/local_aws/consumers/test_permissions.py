"""Who may deliver: by a policy, a permission or a role, as in AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.subscribers import messages, queue

RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/orders"


@pytest.fixture
def strict(aws_with: OneAtATime) -> LocalAws:
    """A local AWS that withholds what nobody permits."""
    return aws_with(delivery_delay=3600, enforce_delivery_policies=True)


def allowing(service: str, action: str, arn: str, source: str = "") -> str:
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": source}}} if source else {}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        **condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def opened_queue(aws: LocalAws, name: str, service: str, source: str = "") -> tuple[str, str]:
    url, arn = queue(aws, name)
    policy = allowing(service, "sqs:SendMessage", arn, source)
    client(aws, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def target(aws: LocalAws, arn: str, **settings: Any) -> str:
    """A rule with this target and a queue for dead letters, which is open; returns its URL."""
    dead, dead_arn = opened_queue(aws, "dead", "events")
    events = client(aws, "events")
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    listed = [{"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}, **settings}]
    events.put_targets(Rule="orders", Targets=listed)
    return dead


def put(aws: LocalAws) -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    client(aws, "events").put_events(Entries=[entry])
    aws.deliver_now()


def dead_letters(aws: LocalAws, url: str) -> list[tuple[str, str]]:
    """Code and message of each."""
    answer = client(aws, "sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (
            each["MessageAttributes"]["ERROR_CODE"]["StringValue"],
            each["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"],
        )
        for each in answer.get("Messages", [])
    ]


def failed_invocations(aws: LocalAws) -> float:
    from moto.cloudwatch.models import cloudwatch_backends

    data = cloudwatch_backends[ACCOUNT]["us-east-1"].metric_data
    return sum(each.value for each in data if each.name == "FailedInvocations")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "arrives"), [("", True), (RULE, True), (f"{RULE}-other", False), (None, False)]
)
def test_queue_lets_a_rule_in_by_its_policy(
    source: str | None, arrives: bool, strict: LocalAws
) -> None:
    url, arn = (
        queue(strict, "in") if source is None else opened_queue(strict, "in", "events", source)
    )
    dead = target(strict, arn)
    put(strict)
    assert len(messages(strict, url)) == arrives
    letters = dead_letters(strict, dead)
    assert [code for code, _ in letters] == ([] if arrives else ["NO_PERMISSIONS"])
    assert failed_invocations(strict) == (not arrives)
    if source is None:
        assert "there is no policy" in letters[0][1]


def test_topic_lets_a_rule_in_by_its_policy(strict: LocalAws) -> None:
    sns = client(strict, "sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    dead = target(strict, topic)
    put(strict)
    assert [code for code, _ in dead_letters(strict, dead)] == ["NO_PERMISSIONS"]
    policy = allowing("events", "sns:Publish", topic)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    url, arn = opened_queue(strict, "behind", "sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    put(strict)
    assert len(messages(strict, url)) == 1


def test_queue_of_a_subscription_needs_a_policy(strict: LocalAws) -> None:
    sns = client(strict, "sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url, arn = queue(strict, "behind")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="{}")
    strict.deliver_now()
    assert messages(strict, url) == []


def _encrypted(aws: LocalAws, services: list[str]) -> str:
    """A topic with a key of the account's that these services may use."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    others = [
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{each}.amazonaws.com"},
            "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
            "Resource": "*",
        }
        for each in services
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [root, *others]})
    key = client(aws, "kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    arn: str = client(aws, "sns").create_topic(Name="sealed", Attributes={"KmsMasterKeyId": key})[
        "TopicArn"
    ]
    policy = allowing("events", "sns:Publish", arn)
    client(aws, "sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=policy
    )
    return arn


@pytest.mark.parametrize(("services", "letters"), [(["events"], 0), (["s3"], 1), ([], 1)])
def test_key_of_a_topic_is_asked_too(services: list[str], letters: int, strict: LocalAws) -> None:
    dead = target(strict, _encrypted(strict, services))
    put(strict)
    assert len(dead_letters(strict, dead)) == letters


def test_alarm_needs_no_policy_of_a_topic_but_its_key(strict: LocalAws) -> None:
    sns, cloudwatch = client(strict, "sns"), client(strict, "cloudwatch")
    plain = sns.create_topic(Name="plain")["TopicArn"]
    sealed = sns.create_topic(Name="aws", Attributes={"KmsMasterKeyId": "alias/aws/sns"})
    cloudwatch.put_metric_alarm(
        AlarmName="many",
        Namespace="Tests",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[plain, sealed["TopicArn"]],
    )
    cloudwatch.set_alarm_state(AlarmName="many", StateValue="ALARM", StateReason="test")
    strict.deliver_now()
    items = cloudwatch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    summaries = sorted(each["HistorySummary"][:26] for each in items)
    assert summaries == ["Failed to execute action a", "Successfully executed acti"]


def test_function_lets_a_rule_in_by_its_permission(strict: LocalAws) -> None:
    arn = function(strict, "listener")
    dead = target(strict, arn)
    put(strict)
    assert [code for code, _ in dead_letters(strict, dead)] == ["NO_PERMISSIONS"]
    client(strict, "lambda").add_permission(
        FunctionName="listener",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=RULE,
    )
    put(strict)
    assert len(received(strict)) == 1


def test_log_group_lets_a_rule_in_by_the_policies_of_its_account(strict: LocalAws) -> None:
    logs = client(strict, "logs")
    logs.create_log_group(logGroupName="/aws/events/orders")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/orders"
    dead = target(strict, arn)
    put(strict)
    assert [code for code, _ in dead_letters(strict, dead)] == ["NO_PERMISSIONS"]
    document = json.loads(allowing("events", "logs:CreateLogStream", f"{arn}:*"))
    document["Statement"][0]["Action"] = ["logs:CreateLogStream", "logs:PutLogEvents"]
    logs.put_resource_policy(policyName="events", policyDocument=json.dumps(document))
    put(strict)
    assert len(logs.filter_log_events(logGroupName="/aws/events/orders")["events"]) == 1


def role(aws: LocalAws, service: str, action: str) -> str:
    iam = client(aws, "iam")
    trust = json.loads(allowing(service, "sts:AssumeRole", ""))
    del trust["Statement"][0]["Resource"]
    arn: str = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=json.dumps(trust))[
        "Role"
    ]["Arn"]
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="sender", PolicyName="p", PolicyDocument=document)
    return arn


@pytest.mark.parametrize(
    ("service", "action", "letters"),
    [
        ("events", "kinesis:PutRecord", 0),
        ("events", "sqs:SendMessage", 1),
        ("lambda", "kinesis:PutRecord", 1),
    ],
)
def test_stream_is_reached_by_a_role(
    service: str, action: str, letters: int, strict: LocalAws
) -> None:
    client(strict, "kinesis").create_stream(StreamName="orders", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/orders"
    dead = target(strict, arn, RoleArn=role(strict, service, action))
    put(strict)
    assert len(dead_letters(strict, dead)) == letters


def _notified(aws: LocalAws, arn: str) -> Callable[[], Any]:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="things")
    settings = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    return lambda: s3.put_bucket_notification_configuration(
        Bucket="things", NotificationConfiguration=settings
    )


def test_bucket_is_not_configured_to_notify_whom_it_may_not(strict: LocalAws) -> None:
    _, arn = queue(strict, "told")
    configure = _notified(strict, arn)
    with pytest.raises(
        ClientError, match="Unable to validate the following destination configurations"
    ):
        configure()
    url, _ = opened_queue(strict, "told", "s3", "arn:aws:s3:::things")
    configure()
    client(strict, "s3").put_object(Bucket="things", Key="a")
    assert len(messages(strict, url)) == 2


def test_log_group_needs_a_function_that_lets_it_in(strict: LocalAws) -> None:
    logs = client(strict, "logs")
    logs.create_log_group(logGroupName="group")
    settings = {
        "logGroupName": "group",
        "filterName": "f",
        "filterPattern": "",
        "destinationArn": function(strict, "listener"),
    }
    with pytest.raises(ClientError, match="Make sure you have given CloudWatch Logs permission"):
        logs.put_subscription_filter(**settings)
    client(strict, "lambda").add_permission(
        FunctionName="listener",
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.us-east-1.amazonaws.com",
        SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:group:*",
    )
    logs.put_subscription_filter(**settings)


def test_what_is_not_enforced_is_told(patient_aws: LocalAws) -> None:
    url, arn = queue(patient_aws, "in")
    target(patient_aws, arn)
    put(patient_aws)
    assert len(messages(patient_aws, url)) == 1
    (told,) = patient_aws._status()["not_permitted"]
    assert told["where"] == f"{RULE} to {arn}"
    assert "there is no policy" in told["reason"]
    patient_aws.reset()
    assert patient_aws._status()["not_permitted"] == []
