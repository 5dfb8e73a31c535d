"""What a caller without rights is told, and what is recorded of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client
from tests.local_aws.wire import Wire, send

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
CONFIG = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def alice(aws: LocalAws) -> Iterator[boto3.Session]:
    """A session of a user who may list functions and EKS clusters, and is denied tables."""
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    statements = [
        {"Effect": "Allow", "Action": ["lambda:List*", "eks:List*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def ask(aws: LocalAws, session: boto3.Session, service: str, method: str, **given: Any) -> Any:
    caller: Any = session.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws.endpoint_url,
        config=CONFIG,
    )
    return getattr(caller, method)(**given)


def refused(aws: LocalAws, session: boto3.Session, service: str, method: str, **given: Any) -> Any:
    with pytest.raises(ClientError) as error:
        ask(aws, session, service, method, **given)
    return error.value.response


def latest(aws: LocalAws, event_name: str) -> Record:
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    looked_up = client(aws, "cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event_name}]
    )
    record: Record = json.loads(looked_up["Events"][0]["CloudTrailEvent"])
    return record


NOT_ALLOWED = "because no identity-based policy allows the {} action"


@pytest.mark.parametrize(
    ("service", "method", "given", "code", "said"),
    [
        ("sqs", "list_queues", {}, "AccessDeniedException", "on resource: *"),
        ("acm-pca", "list_certificate_authorities", {}, "AccessDeniedException", "resource: *"),
        ("cloudwatch", "describe_alarms", {}, "AccessDeniedException", "cloudwatch:"),
        ("route53", "list_hosted_zones", {}, "AccessDenied", "route53:ListHostedZones because"),
        ("sns", "list_topics", {}, "AccessDenied", NOT_ALLOWED.format("SNS:ListTopics")),
        ("iam", "get_user", {"UserName": "bob"}, "AccessDenied", "on resource: user bob because"),
        ("ec2", "describe_regions", {}, "UnauthorizedOperation", "You are not authorized to"),
        ("dynamodb", "list_tables", {}, "AccessDeniedException", "with an explicit deny"),
        ("efs", "delete_file_system", {"FileSystemId": "fs-1"}, "AccessDeniedException", "efs"),
    ],
)
def test_a_refusal_has_the_services_code_and_says_of_what_and_why(
    aws: LocalAws,
    alice: boto3.Session,
    service: str,
    method: str,
    given: dict[str, Any],
    code: str,
    said: str,
) -> None:
    answer = refused(aws, alice, service, method, **given)
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert f"User: {ALICE} is not authorized to perform: " in answer["Error"]["Message"]
    assert said in answer["Error"]["Message"].replace("elasticfilesystem", "efs")


def test_calls_without_a_body_are_not_refused_for_their_signature(
    aws: LocalAws, alice: boto3.Session
) -> None:
    assert ask(aws, alice, "lambda", "list_functions", MaxItems=5)["Functions"] == []
    assert ask(aws, alice, "eks", "list_clusters", maxResults=5)["clusters"] == []


def test_a_wrong_secret_is_still_found_out(aws: LocalAws, alice: boto3.Session) -> None:
    credentials = alice.get_credentials()
    assert credentials is not None
    forged = boto3.Session(credentials.access_key, "wrong", region_name="us-east-1")
    answer = refused(aws, forged, "lambda", "list_functions")
    assert answer["Error"]["Code"] == "InvalidSignatureException"


def test_a_refusal_is_recorded_as_aws_records_it(aws: LocalAws, alice: boto3.Session) -> None:
    refused(aws, alice, "acm-pca", "list_certificate_authorities")
    record = latest(aws, "ListCertificateAuthorities")
    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"].endswith(NOT_ALLOWED.format("acm-pca:ListCertificateAuthorities"))


def test_ec2_records_its_own_code_and_the_parameters(aws: LocalAws, alice: boto3.Session) -> None:
    refused(aws, alice, "ec2", "describe_images", Owners=["self"])
    record = latest(aws, "DescribeImages")
    assert record["errorCode"] == "Client.UnauthorizedOperation"
    assert record["requestParameters"]["ownersSet"] == {"items": [{"owner": "self"}]}
