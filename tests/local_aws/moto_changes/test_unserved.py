"""Calls that moto does not serve: who may not make them is refused, and all are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from tests.local_aws.delivered import client, history
from tests.local_aws.wire import Wire, send

CONFIG = Config(retries={"total_max_attempts": 1})
CALLS = [
    ("lightsail", "get_regions", {}, "GetRegions"),
    ("health", "describe_events", {}, "DescribeEvents"),
    ("rolesanywhere", "list_profiles", {}, "ListProfiles"),
    ("guardduty", "list_ip_sets", {"DetectorId": "d"}, "ListIPSets"),
    ("eks", "describe_access_entry", {"clusterName": "c", "principalArn": "a"}, "DescribeAccess"),
    ("iam", "list_service_specific_credentials", {}, "ListServiceSpecificCredentials"),
    ("ec2", "describe_address_transfers", {}, "DescribeAddressTransfers"),
]
"""Of services that moto lacks, of operations without a route, and of some without a method."""


@pytest.fixture
def alice(aws: LocalAws) -> Iterator[boto3.Session]:
    """A session of a user who may do nothing."""
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    yield boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def refused(aws: LocalAws, caller: boto3.Session, service: str, method: str, given: Any) -> Any:
    name: Any = service
    asking: Any = caller.client(name, endpoint_url=aws.endpoint_url, config=CONFIG)
    with pytest.raises(ClientError) as error:
        getattr(asking, method)(**given)
    return error.value.response


def latest(aws: LocalAws, name: str) -> Record:
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
    regions = ("us-east-1", "us-west-2")  # Health's calls are recorded where its endpoint is.
    found = [each for region in regions for each in history(aws, region)]
    return next(each for each in found if each["eventName"].startswith(name))


@pytest.mark.parametrize(("service", "method", "given", "name"), CALLS)
def test_who_may_not_call_is_told_so_and_recorded(
    aws: LocalAws, alice: boto3.Session, service: str, method: str, given: Any, name: str
) -> None:
    answer = refused(aws, alice, service, method, given)
    assert answer["Error"]["Code"] in (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    )
    record = latest(aws, name)
    expected = "Client.UnauthorizedOperation" if service == "ec2" else "AccessDenied"
    assert record["errorCode"] == expected
    assert record["userIdentity"]["userName"] == "alice"


@pytest.mark.parametrize(("service", "method", "given", "name"), CALLS)
def test_who_may_call_is_told_that_it_is_not_here(
    aws: LocalAws, service: str, method: str, given: Any, name: str
) -> None:
    answer = refused(aws, boto3.Session("k", "s", region_name="us-east-1"), service, method, given)
    assert answer["Error"]["Code"] == "InternalFailure"
    assert "is not implemented here" in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert latest(aws, name)["errorCode"].endswith("InternalFailure")


def test_a_path_that_no_operation_has_is_still_none(aws: LocalAws) -> None:
    scope = "Credential=key/20260101/us-east-1/eks/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, Signature=s"}
    assert send(aws.endpoint_url, Wire("GET", "/no/such/path", headers=headers)).status == 404
