"""Every error that the API documents for an operation, raised by a request that deserves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from cloudtrail.policies.key_policy import encryption_policy
from tests.acceptance.conftest import ORGANIZATION_TRAIL, Server
from tests.acceptance.documented_errors.lab import ACCOUNT, TRAIL, Lab

EVERYONES = f"arn:aws:cloudtrail:us-east-1:111111111111:trail/{ORGANIZATION_TRAIL}"
NO_TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/nowhere"
LAKE = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}"
LAKE_ID = "5f7b0a3e-0000-4000-8000-000000000001"
NO_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{LAKE_ID}"
NO_LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:nowhere:*"
INSIGHTS = [{"InsightType": "ApiCallRateInsight"}]
TAG = [{"Key": "a", "Value": "b"}]
BAD_TAG = [{"Key": "aws:a", "Value": "b"}]
NOW = datetime.now(UTC)

OPERATIONS = (
    *("CreateTrail", "UpdateTrail", "DeleteTrail", "DescribeTrails", "GetTrail", "ListTrails"),
    *("GetTrailStatus", "StartLogging", "StopLogging", "PutEventSelectors", "GetEventSelectors"),
    *("PutInsightSelectors", "GetInsightSelectors", "AddTags", "RemoveTags", "ListTags"),
    *("LookupEvents", "ListPublicKeys"),
)

NOT_HERE = {
    "TrailNotProvided": "the API reference: no longer in use",
    "KmsKeyDisabled": "the API reference: no longer in use (KmsException came in its place)",
    "Throttling": "only with --throttling: tests/local_aws/cloudtrail/test_trails.py has it",
    "Conflict": "changes are made at once, so no resource is ever in between",
    "OperationNotPermitted": "the API reference says no more; who may not call gets AccessDenied",
    "NoManagementAccountSLRExists": "service-linked roles are not needed here",
    "CloudWatchLogsDeliveryUnavailable": "CloudWatch Logs is in every Region here",
    "InactiveEventDataStore": "there is no CloudTrail Lake here",
    "UnsupportedOperation": "raised for CloudTrail Lake only: all that trails can do is supported",
    "UpdateTrail InvalidEventSelectors": "UpdateTrail has no parameter for selectors",
    "CreateTrail InvalidParameter": "each parameter has an error of its own",
    "UpdateTrail InvalidParameter": "each parameter has an error of its own",
}
"""Documented errors that the local AWS cannot raise, and why; with an operation: for it alone."""


@pytest.fixture
def lab(server: Server) -> Lab:
    return Lab(server.endpoint_url)


Request = Callable[[Lab], object]
Settings = Callable[[Lab], Mapping[str, Any]]


def with_settings(lab: Lab, operation: str, settings: Mapping[str, Any]) -> object:
    """Make or change a trail with these settings."""
    if operation == "UpdateTrail":
        return lab.trails.update_trail(**{"Name": "audit", **settings})
    return lab.trails.create_trail(**{"Name": "second", "S3BucketName": "logs", **settings})


SETTINGS: dict[str, Settings] = {
    "S3BucketDoesNotExist": lambda _: {"S3BucketName": "no-such-bucket"},
    "InsufficientS3BucketPolicy": lambda _: {"S3BucketName": "shut"},
    "InsufficientSnsTopicPolicy": lambda _: {"SnsTopicName": "nowhere"},
    "InsufficientEncryptionPolicy": lambda lab: {"KmsKeyId": lab.key(usable=False)},
    "InvalidS3BucketName": lambda _: {"S3BucketName": "No_Bucket"},
    "InvalidS3Prefix": lambda _: {"S3KeyPrefix": "x" * 201},
    "InvalidSnsTopicName": lambda _: {"SnsTopicName": "no topic"},
    "InvalidKmsKeyId": lambda _: {"KmsKeyId": "no key"},
    "InvalidTrailName": lambda _: {"Name": "a"},
    "InvalidParameterCombination": lambda _: {
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": False,
    },
    "KmsKeyNotFound": lambda _: {"KmsKeyId": NO_KEY},
    "Kms": lambda lab: {"KmsKeyId": lab.disabled_key()},
    "InvalidCloudWatchLogsLogGroupArn": lambda _: {"CloudWatchLogsLogGroupArn": NO_LOG_GROUP},
    "InvalidCloudWatchLogsRoleArn": lambda lab: {
        "CloudWatchLogsLogGroupArn": lab.log_group(),
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody",
    },
    "NotOrganizationMasterAccount": lambda _: {"IsOrganizationTrail": True},
}
"""Settings that deserve an error at CreateTrail and at UpdateTrail alike."""

NAMES: dict[str, str] = {
    "InvalidTrailName": "a",
    "CloudTrailARNInvalid": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:nothing/audit",
    "TrailNotFound": "nowhere",
    "NotOrganizationMasterAccount": EVERYONES,
}
"""Names that deserve an error wherever a trail is named."""

NAMING: dict[str, Callable[[Any, str], object]] = {
    "UpdateTrail": lambda trails, name: trails.update_trail(Name=name),
    "DeleteTrail": lambda trails, name: trails.delete_trail(Name=name),
    "DescribeTrails": lambda trails, name: trails.describe_trails(trailNameList=[name]),
    "GetTrail": lambda trails, name: trails.get_trail(Name=name),
    "GetTrailStatus": lambda trails, name: trails.get_trail_status(Name=name),
    "StartLogging": lambda trails, name: trails.start_logging(Name=name),
    "StopLogging": lambda trails, name: trails.stop_logging(Name=name),
    "PutEventSelectors": lambda trails, name: trails.put_event_selectors(
        TrailName=name, EventSelectors=[{}]
    ),
    "GetEventSelectors": lambda trails, name: trails.get_event_selectors(TrailName=name),
    "PutInsightSelectors": lambda trails, name: trails.put_insight_selectors(
        TrailName=name, InsightSelectors=INSIGHTS
    ),
    "GetInsightSelectors": lambda trails, name: trails.get_insight_selectors(TrailName=name),
}
"""How each operation names a trail."""

TAGGED: dict[str, str] = {
    "ResourceNotFound": NO_TRAIL,
    "CloudTrailARNInvalid": f"{LAKE}:trail/",
    "InvalidTrailName": f"{LAKE}:trail/a",
    "EventDataStoreARNInvalid": f"{LAKE}:eventdatastore/nothing",
    "EventDataStoreNotFound": f"{LAKE}:eventdatastore/{LAKE_ID}",
    "ChannelARNInvalid": f"{LAKE}:channel/nothing",
    "ChannelNotFound": f"{LAKE}:channel/{LAKE_ID}",
    "ResourceTypeNotSupported": "arn:aws:s3:::logs",
    "NotOrganizationMasterAccount": EVERYONES,
}
"""ARNs that deserve an error of the tag operations."""

TAGGING: dict[str, Callable[[Lab, str], object]] = {
    "AddTags": lambda lab, arn: lab.trails.add_tags(ResourceId=arn, TagsList=TAG),
    "RemoveTags": lambda lab, arn: lab.trails.remove_tags(ResourceId=arn, TagsList=TAG),
    "ListTags": lambda lab, arn: lab.trails.list_tags(ResourceIdList=[arn]),
}


def insights_with(break_it: Callable[[Lab], object]) -> Request:
    """PutInsightSelectors after something of the trail `audit` was broken."""

    def request(lab: Lab) -> object:
        break_it(lab)
        return lab.trails.put_insight_selectors(TrailName="audit", InsightSelectors=INSIGHTS)

    return request


def with_a_key(lab: Lab) -> str:
    arn = lab.key()
    lab.trails.update_trail(Name="audit", KmsKeyId=arn)
    return arn


def shut_key(lab: Lab) -> None:
    policy = encryption_policy(with_a_key(lab), ACCOUNT, NO_TRAIL)
    kms = lab.client("kms")
    (key,) = kms.list_keys()["Keys"]
    kms.put_key_policy(KeyId=key["KeyArn"], PolicyName="default", Policy=json.dumps(policy))


def no_bucket(lab: Lab) -> None:
    lab.client("s3").delete_bucket(Bucket="logs")


def five_trails(lab: Lab) -> object:
    for number in range(5):
        lab.trails.create_trail(Name=f"trail-{number}", S3BucketName="logs")
    return None


def tags(number: int) -> list[dict[str, str]]:
    return [{"Key": f"key-{each}", "Value": "x"} for each in range(number)]


def organization_trail(trails: Any, operation: str) -> object:
    bucket = "logs"
    if operation == "CreateTrail":
        return trails.create_trail(Name="own", S3BucketName=bucket, IsOrganizationTrail=True)
    trails.create_trail(Name="own", S3BucketName=bucket)
    return trails.update_trail(Name="own", IsOrganizationTrail=True)


def open_to_all(lab: Lab) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    lab.client("s3").put_bucket_policy(Bucket="logs", Policy=policy)


def in_no_organization(operation: str) -> Request:
    def request(lab: Lab) -> object:
        open_to_all(lab)
        return organization_trail(lab.alone(), operation)

    return request


def in_half_an_organization(operation: str) -> Request:
    def request(lab: Lab) -> object:
        open_to_all(lab)
        return organization_trail(lab.billing_only(), operation)

    return request


def distrusted(operation: str) -> Request:
    """An organization's trail, where the organization has not let CloudTrail in."""

    def request(lab: Lab) -> object:
        open_to_all(lab)
        trails = lab.alone("444444444444")
        organizations = lab.client("organizations", account="444444444444")
        organizations.create_organization(FeatureSet="ALL")
        return organization_trail(trails, operation)

    return request


def closed_account_topic(operation: str) -> Request:
    """A trail that notifies a topic of an account that was closed."""

    def request(lab: Lab) -> object:
        organizations = lab.client("organizations", account="555555555555")
        organizations.create_organization(FeatureSet="ALL")
        made = organizations.create_account(AccountName="a", Email="a@example.com")
        asked = {"CreateAccountRequestId": made["CreateAccountStatus"]["Id"]}
        status = organizations.describe_create_account_status(**asked)["CreateAccountStatus"]
        account = status["AccountId"]
        organizations.close_account(AccountId=account)
        topic = f"arn:aws:sns:us-east-1:{account}:changes"
        return with_settings(lab, operation, {"SnsTopicName": topic})

    return request


def without_dependencies(operation: str) -> Request:
    """An organization trail of a user who may do everything with CloudTrail, and nothing else."""

    def request(lab: Lab) -> object:
        account = "666666666666"
        open_to_all(lab)
        organizations = lab.client("organizations", account=account)
        organizations.create_organization(FeatureSet="ALL")
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        if operation not in ("CreateTrail", "UpdateTrail"):
            organization_trail(lab.client("cloudtrail", account=account), "CreateTrail")
        trails = lab.cloudtrail_alone(account)
        with lab.enforced_policies():
            if operation in ("CreateTrail", "UpdateTrail"):
                return organization_trail(trails, operation)
            return NAMING[operation](trails, "own")

    return request


SINGLE: dict[tuple[str, str], Request] = {
    **{
        (operation, "InsufficientDependencyServiceAccessPermission"): without_dependencies(
            operation
        )
        for operation in (
            "CreateTrail",
            "UpdateTrail",
            "DeleteTrail",
            "StartLogging",
            "StopLogging",
            "PutEventSelectors",
        )
    },
    ("CreateTrail", "TrailAlreadyExists"): lambda lab: lab.trails.create_trail(
        Name="audit", S3BucketName="logs"
    ),
    ("CreateTrail", "MaximumNumberOfTrailsExceeded"): five_trails,
    ("CreateTrail", "TagsLimitExceeded"): lambda lab: lab.trails.create_trail(
        Name="second", S3BucketName="logs", TagsList=tags(51)
    ),
    ("CreateTrail", "InvalidTagParameter"): lambda lab: lab.trails.create_trail(
        Name="second", S3BucketName="logs", TagsList=BAD_TAG
    ),
    **{
        (operation, error): how(operation)
        for operation in ("CreateTrail", "UpdateTrail")
        for error, how in (
            ("OrganizationsNotInUse", in_no_organization),
            ("OrganizationNotInAllFeaturesMode", in_half_an_organization),
            ("CloudTrailAccessNotEnabled", distrusted),
            ("CloudTrailInvalidClientTokenId", closed_account_topic),
        )
    },
    ("PutEventSelectors", "InvalidEventSelectors"): lambda lab: lab.trails.put_event_selectors(
        TrailName="audit", EventSelectors=[{"ReadWriteType": "read-only"}]
    ),
    ("PutInsightSelectors", "InvalidInsightSelectors"): (
        lambda lab: lab.trails.put_insight_selectors(
            TrailName="audit", InsightSelectors=[{"InsightType": "Nothing"}]
        )
    ),
    ("PutInsightSelectors", "InvalidParameter"): lambda lab: lab.trails.put_insight_selectors(
        InsightSelectors=INSIGHTS
    ),
    ("PutInsightSelectors", "InvalidParameterCombination"): (
        lambda lab: lab.trails.put_insight_selectors(
            TrailName="audit", EventDataStore=LAKE_ID, InsightSelectors=INSIGHTS
        )
    ),
    ("PutInsightSelectors", "UnsupportedOperation"): lambda lab: lab.trails.put_insight_selectors(
        EventDataStore=LAKE_ID, InsightSelectors=INSIGHTS
    ),
    ("PutInsightSelectors", "InsufficientS3BucketPolicy"): insights_with(
        lambda lab: lab.client("s3").delete_bucket_policy(Bucket="logs")
    ),
    ("PutInsightSelectors", "S3BucketDoesNotExist"): insights_with(no_bucket),
    ("PutInsightSelectors", "InsufficientEncryptionPolicy"): insights_with(shut_key),
    ("PutInsightSelectors", "Kms"): insights_with(
        lambda lab: lab.client("kms").disable_key(KeyId=with_a_key(lab).rpartition("/")[2])
    ),
    ("GetInsightSelectors", "InvalidParameter"): lambda lab: lab.trails.get_insight_selectors(),
    ("GetInsightSelectors", "InvalidParameterCombination"): (
        lambda lab: lab.trails.get_insight_selectors(TrailName="audit", EventDataStore=LAKE_ID)
    ),
    ("GetInsightSelectors", "UnsupportedOperation"): lambda lab: lab.trails.get_insight_selectors(
        EventDataStore=LAKE_ID
    ),
    ("GetInsightSelectors", "InsightNotEnabled"): lambda lab: lab.trails.get_insight_selectors(
        TrailName="audit"
    ),
    ("AddTags", "TagsLimitExceeded"): lambda lab: lab.trails.add_tags(
        ResourceId=TRAIL, TagsList=tags(51)
    ),
    ("AddTags", "InvalidTagParameter"): lambda lab: lab.trails.add_tags(
        ResourceId=TRAIL, TagsList=BAD_TAG
    ),
    ("RemoveTags", "InvalidTagParameter"): lambda lab: lab.trails.remove_tags(
        ResourceId=TRAIL, TagsList=[*TAG, *TAG]
    ),
    ("LookupEvents", "InvalidLookupAttributes"): lambda lab: lab.trails.lookup_events(
        LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "red"}]
    ),
    ("LookupEvents", "InvalidTimeRange"): lambda lab: lab.trails.lookup_events(
        StartTime=NOW, EndTime=NOW - timedelta(hours=1)
    ),
    ("LookupEvents", "InvalidMaxResults"): lambda lab: lab.trails.lookup_events(MaxResults=51),
    ("LookupEvents", "InvalidNextToken"): lambda lab: lab.trails.lookup_events(
        MaxResults=2, EventCategory="insight", NextToken=lab.lookup_token()
    ),
    ("LookupEvents", "InvalidEventCategory"): lambda lab: lab.trails.lookup_events(
        EventCategory="weather"
    ),
    ("ListPublicKeys", "InvalidToken"): lambda lab: lab.trails.list_public_keys(NextToken="x"),
    ("ListTags", "InvalidToken"): lambda lab: lab.trails.list_tags(
        ResourceIdList=[TRAIL], NextToken="x"
    ),
    ("ListPublicKeys", "InvalidTimeRange"): lambda lab: lab.trails.list_public_keys(
        StartTime=NOW, EndTime=NOW - timedelta(hours=1)
    ),
}
"""Requests that deserve what only their operation documents."""


def deserving(operation: str, error: str) -> Request | None:
    """A request of the operation that deserves the error, None where there is none."""
    if (operation, error) in SINGLE:
        return SINGLE[operation, error]
    if operation in TAGGING:
        arn = TAGGED.get(error)
        return arn and (lambda lab: TAGGING[operation](lab, arn))  # type: ignore[return-value]
    if operation in NAMING and error == "InvalidHomeRegion":
        return lambda lab: NAMING[operation](lab.client("cloudtrail", "eu-west-1"), TRAIL)
    if operation in NAMING and error in NAMES:
        return lambda lab: NAMING[operation](lab.trails, NAMES[error])
    if operation in ("CreateTrail", "UpdateTrail") and error in SETTINGS:
        return lambda lab: with_settings(lab, operation, SETTINGS[error](lab))
    return None


def documented() -> Iterator[tuple[str, str]]:
    """Each operation with each error that the API's model lists for it."""
    model = botocore.session.get_session().get_service_model("cloudtrail")
    for operation in OPERATIONS:
        for shape in model.operation_model(operation).error_shapes:
            yield operation, shape.name.removesuffix("Exception")


def excused(operation: str, error: str) -> bool:
    return error in NOT_HERE or f"{operation} {error}" in NOT_HERE


RAISED = [pair for pair in documented() if deserving(*pair)]


@pytest.mark.parametrize(("operation", "error"), RAISED)
def test_documented_error_is_raised(lab: Lab, operation: str, error: str) -> None:
    request = deserving(operation, error)
    assert request
    with pytest.raises(ClientError) as refused:
        request(lab)
    answer = refused.value.response
    assert answer["Error"]["Code"] == f"{error}Exception"
    assert answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_every_documented_error_is_raised_or_excused() -> None:
    missing = [pair for pair in documented() if pair not in RAISED and not excused(*pair)]
    assert missing == []


def test_every_excuse_is_needed() -> None:
    needed = [pair for pair in documented() if pair not in RAISED]
    unused = [
        excuse
        for excuse in NOT_HERE
        if not any(excuse in (error, f"{operation} {error}") for operation, error in needed)
    ]
    assert unused == []
