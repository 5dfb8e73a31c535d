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


READING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["lambda:ListFunctions", "sqs:*"], "Resource": "*"}
        ],
    }
)


def begun(aws: LocalAws, alice: boto3.Session, method: str, **given: Any) -> boto3.Session:
    """A session of hers, begun while nothing is judged."""
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    keys = ask(aws, alice, "sts", method, **given)["Credentials"]
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    return boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1"
    )


def test_a_session_token_has_its_users_rights(aws: LocalAws, alice: boto3.Session) -> None:
    session = begun(aws, alice, "get_session_token")
    assert ask(aws, session, "lambda", "list_functions")["Functions"] == []
    assert "explicit deny" in refused(aws, session, "dynamodb", "list_tables")["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "method", "given", "code"),
    [
        ("iam", "list_users", {}, "InvalidClientTokenId"),
        ("sts", "get_session_token", {}, "AccessDenied"),
        ("sts", "get_federation_token", {"Name": "bob"}, "AccessDenied"),
    ],
)
def test_a_session_token_may_not_use_iam_nor_begin_another_session(
    aws: LocalAws,
    alice: boto3.Session,
    service: str,
    method: str,
    given: dict[str, Any],
    code: str,
) -> None:
    session = begun(aws, alice, "get_session_token")
    assert refused(aws, session, service, method, **given)["Error"]["Code"] == code
    assert ask(aws, session, "sts", "get_caller_identity")["Arn"] == ALICE


def test_a_session_needs_its_own_token(aws: LocalAws, alice: boto3.Session) -> None:
    keys = begun(aws, alice, "get_session_token").get_credentials()
    assert keys is not None
    forged = boto3.Session(keys.access_key, keys.secret_key, "other", region_name="us-east-1")
    answer = refused(aws, forged, "lambda", "list_functions")
    assert answer["Error"]["Code"] == "UnrecognizedClientException"


def test_a_federated_user_may_do_what_both_policies_allow(
    aws: LocalAws, alice: boto3.Session
) -> None:
    session = begun(aws, alice, "get_federation_token", Name="bob", Policy=READING)
    bob = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    assert ask(aws, session, "lambda", "list_functions")["Functions"] == []
    by_session = refused(aws, session, "lambda", "list_layers")["Error"]["Message"]
    assert by_session.startswith(f"User: {bob} is not authorized to perform: lambda:ListLayers")
    assert by_session.endswith("because no session policy allows the lambda:ListLayers action")
    by_user = refused(aws, session, "sqs", "list_queues")["Error"]["Message"]
    assert by_user.endswith(NOT_ALLOWED.format("sqs:ListQueues"))


def test_a_federated_user_without_a_policy_may_do_nothing(
    aws: LocalAws, alice: boto3.Session
) -> None:
    session = begun(aws, alice, "get_federation_token", Name="bob")
    answer = refused(aws, session, "lambda", "list_functions")
    assert "no session policy allows" in answer["Error"]["Message"]


def test_a_roles_session_is_limited_by_its_policy(aws: LocalAws, alice: boto3.Session) -> None:
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    iam = client(aws, "iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=READING)
    allowed = READING.replace('["lambda:ListFunctions", "sqs:*"]', '"*"')
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=allowed)
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    session = begun(
        aws, alice, "assume_role", RoleArn=role, RoleSessionName="short", Policy=READING
    )
    assert ask(aws, session, "lambda", "list_functions")["Functions"] == []
    answer = refused(aws, session, "lambda", "list_layers")
    assert "no session policy allows" in answer["Error"]["Message"]
