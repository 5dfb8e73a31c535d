"""Who listens to a trail: queues behind topics and rules, log groups and their roles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cloudtrail.policies.topic_policy import notification_policy
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client

VALIDATION = "CloudTrail validation message."
"""What a topic's subscribers get first."""

ALL_STATES = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def queue(aws: LocalAws, name: str, region: str = "us-east-1", **who: str) -> tuple[str, str]:
    """A queue; returns its URL and ARN."""
    sqs = client(aws, "sqs", region, **who)
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def messages(aws: LocalAws, url: str, region: str = "us-east-1", **who: str) -> list[Any]:
    """The JSON bodies of all messages of a queue, which is empty afterwards."""
    sqs = client(aws, "sqs", region, **who)
    found: list[Any] = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def topic(
    aws: LocalAws, name: str, trail_arn: str, region: str = "us-east-1", **who: str
) -> tuple[str, str]:
    """A topic that the trail may publish to, and a queue's URL behind it: (ARN, URL)."""
    sns = client(aws, "sns", region, **who)
    arn: str = sns.create_topic(Name=name)["TopicArn"]
    open_topic(aws, arn, trail_arn, region, **who)
    url, queue_arn = queue(aws, f"{name}-queue", region, **who)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    return arn, url


def open_topic(
    aws: LocalAws, arn: str, trail_arn: str, region: str = "us-east-1", **who: str
) -> None:
    set_topic_policy(aws, arn, notification_policy(arn, trail_arn), region, **who)


def set_topic_policy(
    aws: LocalAws, arn: str, policy: Mapping[str, Any], region: str = "us-east-1", **who: str
) -> None:
    sns = client(aws, "sns", region, **who)
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )


def notifications(aws: LocalAws, url: str, region: str = "us-east-1", **who: str) -> list[Any]:
    """What CloudTrail said of log files, taken out of SNS's envelopes."""
    said = [each["Message"] for each in messages(aws, url, region, **who)]
    return [json.loads(each) for each in said if each != VALIDATION]


def rule(
    aws: LocalAws,
    name: str,
    pattern: Mapping[str, Any],
    *,
    state: str = "ENABLED",
    region: str = "us-east-1",
) -> str:
    """A rule of the default event bus with a queue as its target; returns the queue's URL."""
    events = client(aws, "events", region)
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
    url, arn = queue(aws, f"{name}-queue", region)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def log_group(aws: LocalAws, name: str = "trail-logs", principal: str = "cloudtrail") -> Any:
    """Settings of a trail that delivers to a new log group through a new role."""
    client(aws, "logs").create_log_group(logGroupName=name)
    iam, arn = client(aws, "iam"), f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}:*"
    role = iam.create_role(
        RoleName=f"{name}-role", AssumeRolePolicyDocument=json.dumps(trust(principal))
    )
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=f"{name}-role", PolicyName="logs", PolicyDocument=document)
    return {
        "CloudWatchLogsLogGroupArn": arn,
        "CloudWatchLogsRoleArn": role["Role"]["Arn"],
    }


def trust(principal: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{principal}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def at_once(_destination: str, send: Callable[[], object], *, at: datetime | None = None) -> None:
    del at
    send()
