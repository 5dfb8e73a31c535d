"""Events that fail: tried again, told of, and sent on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.lambda_processes.created import ACCOUNT, create

FAILS = "def handler(event, context): raise ValueError('no')"


def _queue(aws: LocalAws, name: str) -> tuple[str, str]:
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def _invoked_by_an_event(aws: LocalAws, client: Any) -> None:
    client.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"n": 1}')
    for _ in range(3):
        aws.deliver_now()
        aws.advance(timedelta(minutes=2))


@pytest.mark.parametrize(("most", "count"), [(None, 3), (1, 2), (0, 1)])
def test_an_event_is_tried_again_and_told_of(
    most: int | None, count: int, patient_aws: LocalAws
) -> None:
    url, arn = _queue(patient_aws, "failed")
    client = create(patient_aws, FAILS)
    client.put_function_event_invoke_config(
        FunctionName="f",
        DestinationConfig={"OnFailure": {"Destination": arn}},
        **({} if most is None else {"MaximumRetryAttempts": most}),
    )
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == count
    assert told["requestPayload"] == {"n": 1}
    assert told["responsePayload"]["errorType"] == "ValueError"


def test_an_event_that_fails_goes_to_the_dead_letter_queue(patient_aws: LocalAws) -> None:
    url, arn = _queue(patient_aws, "dead")
    client = create(patient_aws, FAILS, DeadLetterConfig={"TargetArn": arn})
    described = client.get_function_configuration(FunctionName="f")
    assert described["DeadLetterConfig"] == {"TargetArn": arn}
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"]
    )["Messages"]
    assert json.loads(message["Body"]) == {"n": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"


def test_a_result_is_sent_where_it_is_asked_for(patient_aws: LocalAws) -> None:
    url, arn = _queue(patient_aws, "done")
    client = create(patient_aws, "def handler(event, context): return event['n'] + 1")
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    _invoked_by_an_event(patient_aws, client)
    (message,) = patient_aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == 2
