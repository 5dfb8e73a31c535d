"""The organization trail: seen by its members, changed by none of them, and fed by all."""

from __future__ import annotations

import pytest

from cloudtrail.log_files import parse_log_file_key
from local_aws import LocalAws, OrganizationTrail
from local_aws.cloudtrail.membership import membership_of
from tests.conftest import OneAtATime
from tests.local_aws.cloudtrail.refusals import CHANGES, refused
from tests.local_aws.delivered import (
    ACCOUNT,
    ORGANIZATION,
    account,
    client,
    history,
    log_bucket,
    log_files,
    request_id,
    trail,
)

MANAGEMENT_ACCOUNT = ORGANIZATION.management_account
NAME = ORGANIZATION.name
ARN = f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT_ACCOUNT}:trail/{NAME}"
BUCKET = f"aws-cloudtrail-logs-organization-{MANAGEMENT_ACCOUNT}"


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """An account that is a member of an organization."""
    return aws_with(organization=ORGANIZATION)


def _organization_id(aws: LocalAws) -> str:
    answer = client(aws, "organizations").describe_organization()
    found: str = answer["Organization"]["Id"]
    return found


def test_a_member_sees_the_organization_trail_with_its_management_accounts_arn(
    aws: LocalAws,
) -> None:
    [described] = client(aws, "cloudtrail").describe_trails()["trailList"]
    assert described == {
        "Name": NAME,
        "S3BucketName": BUCKET,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": "us-east-1",
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": True,
    }
    listed = client(aws, "cloudtrail", "eu-west-1").list_trails()["Trails"]
    assert listed == [{"TrailARN": ARN, "Name": NAME, "HomeRegion": "us-east-1"}]


def test_a_member_reads_it_by_arn_only(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    assert trails.get_trail_status(Name=ARN)["IsLogging"] is True
    assert trails.get_event_selectors(TrailName=ARN)["TrailARN"] == ARN
    assert refused(trails.get_trail_status, Name=NAME)[0] == "TrailNotFoundException"


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_member_cannot_change_it(operation: str, region: str, aws: LocalAws) -> None:
    change = CHANGES[operation](client(aws, "cloudtrail", region))
    if operation == "UpdateTrail":
        declared = refused(change, Name=ARN, EnableLogFileValidation=True)
    else:
        declared = refused(change, Name=ARN)
    assert declared == (
        "NotOrganizationMasterAccountException",
        (
            f"Account {ACCOUNT} is not the management account of the organization and cannot "
            f"change the organization trail {ARN}."
        ),
    )
    assert client(aws, "cloudtrail").get_trail_status(Name=ARN)["IsLogging"] is True


@pytest.mark.parametrize("operation", ["create_trail", "update_trail"])
def test_a_member_makes_no_organization_trail(operation: str, aws: LocalAws) -> None:
    request = {"Name": "own", "IsOrganizationTrail": True}
    if operation == "create_trail":
        request["S3BucketName"] = log_bucket(aws, "own-logs")
    else:
        trail(aws, "own")
    declared = refused(getattr(client(aws, "cloudtrail"), operation), **request)
    assert declared == (
        "NotOrganizationMasterAccountException",
        (
            f"Account {ACCOUNT} is not the management account of the organization and cannot "
            f"change the organization trail arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/own."
        ),
    )


def test_a_member_cannot_tag_it(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    tags = [{"Key": "owner", "Value": "me"}]
    for call in (trails.add_tags, trails.remove_tags):
        code, _ = refused(call, ResourceId=ARN, TagsList=tags)
        assert code == "NotOrganizationMasterAccountException"
    assert trails.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"] == []


def test_the_management_account_changes_it(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail", **account(aws, MANAGEMENT_ACCOUNT))
    trails.stop_logging(Name=NAME)
    assert client(aws, "cloudtrail").get_trail_status(Name=ARN)["IsLogging"] is False


def test_a_members_events_land_in_its_folder_of_the_organizations_bucket(aws: LocalAws) -> None:
    organization = _organization_id(aws)
    asked = request_id(client(aws, "dynamodb", "eu-west-1").list_tables())
    aws.deliver_now()
    management = account(aws, MANAGEMENT_ACCOUNT)
    found = {
        key: records
        for key, records in log_files(aws, BUCKET, **management).items()
        if asked in {record["requestID"] for record in records}
    }
    [key] = found
    name = parse_log_file_key(key)
    assert name
    assert key.startswith(f"AWSLogs/{organization}/{ACCOUNT}/CloudTrail/eu-west-1/")
    assert {record["recipientAccountId"] for record in found[key]} == {ACCOUNT}


def test_the_management_accounts_own_events_have_a_folder_of_their_own(aws: LocalAws) -> None:
    organization = _organization_id(aws)
    management = account(aws, MANAGEMENT_ACCOUNT)
    asked = request_id(client(aws, "dynamodb", **management).list_tables())
    aws.deliver_now()
    [key] = [
        key
        for key, records in log_files(aws, BUCKET, **management).items()
        if asked in {record["requestID"] for record in records}
    ]
    assert key.startswith(f"AWSLogs/{organization}/{MANAGEMENT_ACCOUNT}/CloudTrail/us-east-1/")


def test_an_account_outside_sees_nothing_of_it_and_leaves_nothing_in_it(aws: LocalAws) -> None:
    stranger = account(aws, "222222222222")
    trails = client(aws, "cloudtrail", **stranger)
    assert trails.list_trails()["Trails"] == []
    assert refused(trails.get_trail, Name=ARN)[0] == "TrailNotFoundException"
    aws.deliver_now()
    files = log_files(aws, BUCKET, **account(aws, MANAGEMENT_ACCOUNT))
    accounts = {record["recipientAccountId"] for found in files.values() for record in found}
    assert "222222222222" not in accounts


def test_the_management_account_makes_an_organization_trail(aws: LocalAws) -> None:
    management = account(aws, MANAGEMENT_ACCOUNT)
    log_bucket(aws, "second-logs", **management)
    made = client(aws, "cloudtrail", **management).create_trail(
        Name="second", S3BucketName="second-logs", IsOrganizationTrail=True
    )
    seen = client(aws, "cloudtrail").get_trail(Name=made["TrailARN"])["Trail"]
    assert seen["IsOrganizationTrail"] is True
    assert "eu-west-1" not in seen["HomeRegion"]
    elsewhere = client(aws, "cloudtrail", "eu-west-1")
    assert refused(elsewhere.get_trail, Name=made["TrailARN"])[0] == "TrailNotFoundException"


def test_membership_names_the_organization_and_its_management_account(aws: LocalAws) -> None:
    membership = membership_of(ACCOUNT)
    assert membership
    assert membership.management_account == MANAGEMENT_ACCOUNT
    assert membership.organization_id == _organization_id(aws)
    assert membership.all_features
    assert membership_of("222222222222") is None


def test_reset_founds_the_organization_anew(aws: LocalAws) -> None:
    before = _organization_id(aws)
    aws.reset()
    assert _organization_id(aws) != before
    assert client(aws, "cloudtrail").get_trail_status(Name=ARN)["IsLogging"] is True


@pytest.mark.parametrize(
    ("name", "management_account", "wanted"),
    [
        ("a b", "111111111111", "wanted the name of a trail, got 'a b'"),
        ("events", "1111", "wanted an account's 12 digits as management_account, got '1111'"),
    ],
)
def test_an_organization_of_nothing_is_refused(
    name: str, management_account: str, wanted: str
) -> None:
    with pytest.raises(ValueError, match=wanted):
        OrganizationTrail(name, management_account)


def test_a_refused_change_is_in_the_members_history(aws: LocalAws) -> None:
    refused(client(aws, "cloudtrail").stop_logging, Name=ARN)
    record = history(aws)[-1]
    assert (record["eventName"], record["errorCode"]) == (
        "StopLogging",
        "NotOrganizationMasterAccountException",
    )
    assert record["requestParameters"] == {"name": ARN}
