"""The least-privilege policy of records, by the Service Authorization Reference."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.policies.policy_from_records import needs_of, principal_of, unknown_actions

ALICE = "arn:aws:iam::111122223333:user/alice"
ROLE = "arn:aws:iam::111122223333:role/worker"
NEW_KEY = "arn:aws:kms:us-east-1:111122223333:key/0a1b"
NEW_ROLE = "arn:aws:iam::111122223333:role/r"


def call(service: str, name: str, parameters: object = None, **more: Any) -> dict[str, Any]:
    return {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": ALICE},
        "requestParameters": parameters,
        **more,
    }


def needed(*records: dict[str, Any]) -> dict[str, list[str]]:
    return {name: sorted(each.resources) for name, each in needs_of(records, ALICE).items()}


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (call("sts", "GetCallerIdentity"), {}),
        (call("monitoring", "ListMetrics"), {"cloudwatch:ListMetrics": ["*"]}),
        (
            call("autoscaling", "DescribeScalableTargets"),
            {"application-autoscaling:DescribeScalableTargets": ["*"]},
        ),
        (
            call("kms", "CreateKey", None, responseElements={"keyMetadata": {"arn": NEW_KEY}}),
            {"kms:CreateKey": ["*"]},
        ),
        (
            call("s3", "PutBucketPolicy", {"bucketName": "b", "policy": "arn:aws:s3:::other"}),
            {"s3:PutBucketPolicy": ["arn:aws:s3:::b"]},
        ),
        (call("apigateway", "DeleteRestApi"), {"apigateway:DELETE": ["*"]}),
        (
            call("lambda", "Invoke", {"functionName": "f"}),
            {"lambda:InvokeFunction": ["arn:aws:lambda:us-east-1:111122223333:function:f"]},
        ),
        (
            call("s3", "GetObject", {"bucketName": "b", "key": "k", "versionId": "1"}),
            {"s3:GetObjectVersion": ["arn:aws:s3:::b/*"]},
        ),
        (
            call("s3", "PutBucketLifecycle", {"bucketName": "b"}),
            {"s3:PutLifecycleConfiguration": ["arn:aws:s3:::b"]},
        ),
        (
            call("s3", "CopyObject", {"bucketName": "to", "key": "k", "x-amz-copy-source": "a/k"}),
            {"s3:GetObject": ["arn:aws:s3:::a/k"], "s3:PutObject": ["arn:aws:s3:::to/k"]},
        ),
        (
            call("iam", "CreateRole", {"roleName": "r", "tags": [{"key": "a", "value": "b"}]}),
            {"iam:CreateRole": [NEW_ROLE], "iam:TagRole": [NEW_ROLE]},
        ),
        (
            call("ecs", "RegisterTaskDefinition", {"taskRoleArn": ROLE}),
            {"ecs:RegisterTaskDefinition": ["*"], "iam:PassRole": [ROLE]},
        ),
        (call("sts", "AssumeRole", {"roleArn": ROLE}), {"sts:AssumeRole": [ROLE]}),
    ],
)
def test_a_call_needs(record: dict[str, Any], wanted: dict[str, list[str]]) -> None:
    assert needed(record) == wanted


def test_what_a_service_named_is_named_anew_when_it_is_made_again() -> None:
    made = call("kms", "CreateKey", responseElements={"keyMetadata": {"arn": NEW_KEY}})
    used = call("kms", "Encrypt", resources=[{"ARN": NEW_KEY}])
    assert needed(used)["kms:Encrypt"] == [NEW_KEY]
    assert needed(made, used)["kms:Encrypt"] == ["arn:aws:kms:us-east-1:111122223333:key/*"]


def test_many_objects_are_the_whole_bucket_of_them() -> None:
    reads = [
        call("s3", "GetObject", resources=[{"ARN": f"arn:aws:s3:::b/{number}"}])
        for number in range(21)
    ]
    assert needed(*reads) == {"s3:GetObject": ["arn:aws:s3:::b/*"]}
    assert len(needed(*reads[:20])["s3:GetObject"]) == 20


def test_a_session_s_calls_are_its_role_s_and_a_service_s_are_nobody_s() -> None:
    session = {"sessionIssuer": {"arn": ROLE}}
    identity = {"type": "AssumedRole", "arn": "arn:aws:sts::1:x/y", "sessionContext": session}
    assert principal_of(call("sqs", "ListQueues", userIdentity=identity)) == ROLE
    service = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    assert principal_of(call("s3", "PutObject", userIdentity=service)) is None


def test_what_the_reference_does_not_have_is_told() -> None:
    assert unknown_actions(needs_of([call("sqs", "DoNothing")], ALICE)) == ["sqs:DoNothing"]
