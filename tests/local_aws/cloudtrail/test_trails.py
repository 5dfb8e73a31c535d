"""CloudTrail's API on trails: its answers, its defaults, and whose trail a request means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudtrail.refusals import (
    ARN,
    CHANGES,
    NO_ARN,
    ON_A_TRAIL,
    READS,
    TOO_SHORT,
    error_of,
    refused,
)
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    client,
    log_bucket,
    trail,
)
from tests.local_aws.wire import json_call, send

# Creating and describing


def test_create_trail_answers_the_apis_defaults(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    answer = trails.create_trail(Name="lab", S3BucketName=log_bucket(aws, "lab-logs"))
    answer.pop("ResponseMetadata")
    assert answer == {
        "Name": "lab",
        "S3BucketName": "lab-logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": f"{ARN}/lab",
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    described = trails.get_trail(Name="lab")["Trail"]
    assert described == {
        **answer,
        "HomeRegion": "us-east-1",
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
    }


OLDER_STATUS = (
    "LatestDeliveryAttemptTime",
    "LatestDeliveryAttemptSucceeded",
    "LatestNotificationAttemptTime",
    "LatestNotificationAttemptSucceeded",
    "TimeLoggingStarted",
    "TimeLoggingStopped",
)


def test_a_new_trail_does_not_log(aws: LocalAws) -> None:
    trail(aws, "lab", logging=False)
    status = client(aws, "cloudtrail").get_trail_status(Name="lab")
    status.pop("ResponseMetadata")
    assert status == {"IsLogging": False} | dict.fromkeys(OLDER_STATUS, "")


def test_status_tells_when_logging_started_and_stopped(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    before = datetime.now(UTC)
    trail(aws, "lab")
    started = trails.get_trail_status(Name="lab")
    trails.stop_logging(Name="lab")
    stopped = trails.get_trail_status(Name="lab")
    assert started["IsLogging"] is True
    assert before.timestamp() - 1 < started["StartLoggingTime"].timestamp()
    assert stopped["IsLogging"] is False
    assert stopped["StartLoggingTime"] == started["StartLoggingTime"]
    assert stopped["StopLoggingTime"] >= stopped["StartLoggingTime"]
    assert started["TimeLoggingStopped"] == ""
    for older, newer in (("Started", "StartLoggingTime"), ("Stopped", "StopLoggingTime")):
        expected = f"{stopped[newer].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        assert stopped[f"TimeLogging{older}"] == expected


def test_starting_a_logging_trail_again_changes_nothing(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab")
    first = trails.get_trail_status(Name="lab")["StartLoggingTime"]
    trails.start_logging(Name=f"{ARN}/lab")
    assert trails.get_trail_status(Name="lab")["StartLoggingTime"] == first


def test_the_default_selectors_are_read_and_write_management_events(aws: LocalAws) -> None:
    trail(aws, "lab")
    answer = client(aws, "cloudtrail").get_event_selectors(TrailName="lab")
    assert answer["TrailARN"] == f"{ARN}/lab"
    assert "AdvancedEventSelectors" not in answer
    assert answer["EventSelectors"] == [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]


def test_selectors_of_one_kind_replace_the_other(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", advanced=TABLES)
    advanced = trails.get_event_selectors(TrailName="lab")
    trails.put_event_selectors(TrailName="lab", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    basic = trails.get_event_selectors(TrailName="lab")
    assert advanced["AdvancedEventSelectors"] == TABLES
    assert "EventSelectors" not in advanced
    assert basic["EventSelectors"][0]["ReadWriteType"] == "WriteOnly"
    assert "AdvancedEventSelectors" not in basic


def test_has_flags_tell_custom_selectors_and_insights(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", selectors=[{"ReadWriteType": "WriteOnly"}])
    rates = [{"InsightType": "ApiCallRateInsight"}]
    trails.put_insight_selectors(TrailName="lab", InsightSelectors=rates)
    changed = trails.get_trail(Name="lab")["Trail"]
    trails.put_insight_selectors(TrailName="lab", InsightSelectors=[])
    trails.put_event_selectors(TrailName="lab", EventSelectors=MANAGEMENT)
    restored = trails.get_trail(Name="lab")["Trail"]
    assert (changed["HasCustomEventSelectors"], changed["HasInsightSelectors"]) == (True, True)
    assert (restored["HasCustomEventSelectors"], restored["HasInsightSelectors"]) == (False, False)


def test_insight_selectors_replace_each_other_and_default_to_management(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab")
    for insight_type in ("ApiCallRateInsight", "ApiErrorRateInsight"):
        trails.put_insight_selectors(
            TrailName="lab", InsightSelectors=[{"InsightType": insight_type}]
        )
    assert trails.get_insight_selectors(TrailName="lab")["InsightSelectors"] == [
        {"InsightType": "ApiErrorRateInsight"}
    ]


def test_update_trail_changes_what_it_names_and_keeps_the_rest(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", S3KeyPrefix="a", EnableLogFileValidation=True)
    log_bucket(aws, "other-logs", "a")
    answer = trails.update_trail(Name="lab", S3BucketName="other-logs")
    assert answer["S3BucketName"] == "other-logs"
    assert answer["S3KeyPrefix"] == "a"
    assert answer["LogFileValidationEnabled"] is True
    assert trails.get_trail_status(Name="lab")["IsLogging"] is True


def test_a_refused_update_changes_nothing(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab")
    refused(trails.update_trail, Name="lab", S3KeyPrefix="a", S3BucketName="unknown-logs")
    described = trails.get_trail(Name="lab")["Trail"]
    assert described["S3BucketName"] == "lab-logs"
    assert "S3KeyPrefix" not in described


def test_a_trail_made_single_region_loses_global_events_until_it_is_multi_region_again(
    aws: LocalAws,
) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", IsMultiRegionTrail=True)
    single = trails.update_trail(Name="lab", IsMultiRegionTrail=False)
    again = trails.update_trail(Name="lab", IsMultiRegionTrail=True)
    assert single["IncludeGlobalServiceEvents"] is False
    assert again["IncludeGlobalServiceEvents"] is True


def test_a_deleted_trails_name_is_free_again_and_its_bucket_stays(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab")
    trails.delete_trail(Name="lab")
    trails.create_trail(Name="lab", S3BucketName="lab-logs")
    assert trails.get_trail_status(Name="lab")["IsLogging"] is False


# Regions: shadow trails


def test_a_multi_region_trail_shows_everywhere_and_a_single_region_trail_at_home(
    aws: LocalAws,
) -> None:
    trail(aws, "multi", IsMultiRegionTrail=True)
    trail(aws, "single")
    here, there = (client(aws, "cloudtrail", region) for region in ("us-east-1", "eu-west-1"))

    def names(trails: Any, **request: Any) -> set[str]:
        return {one["Name"] for one in trails.describe_trails(**request)["trailList"]}

    assert names(here) == {"multi", "single"}
    assert names(there) == {"multi"}
    assert names(there, includeShadowTrails=False) == set()
    assert names(here, trailNameList=["multi"]) == {"multi"}
    assert names(there, trailNameList=["multi"]) == set()
    assert names(there, trailNameList=[f"{ARN}/multi"]) == {"multi"}
    assert names(here, trailNameList=["multi", "unknown"]) == {"multi"}


def test_a_region_that_is_none_has_no_cloudtrail(aws: LocalAws) -> None:
    assert refused(client(aws, "cloudtrail", "us-east1").list_trails) == (
        "UnsupportedOperationException",
        "wanted a Region of CloudTrail, got 'us-east1'",
    )


def test_list_trails_names_trails_of_every_region(aws: LocalAws) -> None:
    trail(aws, "single")
    trail(aws, "europe", region="eu-west-1")
    for region in ("us-east-1", "eu-west-1", "ap-south-1"):
        listed = client(aws, "cloudtrail", region).list_trails()["Trails"]
        assert [(one["Name"], one["HomeRegion"]) for one in listed] == [
            ("single", "us-east-1"),
            ("europe", "eu-west-1"),
        ]


@pytest.mark.parametrize("operation", CHANGES)
def test_a_shadow_trail_is_changed_only_at_home(operation: str, aws: LocalAws) -> None:
    arn = trail(aws, "lab", IsMultiRegionTrail=True)
    change = CHANGES[operation](client(aws, "cloudtrail", "eu-west-1"))
    assert refused(change, Name=arn) == (
        "InvalidHomeRegionException",
        (
            "Trail lab can be changed only in its home Region us-east-1, "
            "and the request went to eu-west-1."
        ),
    )


@pytest.mark.parametrize("operation", ["GetTrail", "GetTrailStatus", "GetEventSelectors"])
def test_a_shadow_trail_is_read_by_arn(operation: str, aws: LocalAws) -> None:
    arn = trail(aws, "lab", IsMultiRegionTrail=True)
    read = READS[operation](client(aws, "cloudtrail", "eu-west-1"))
    assert read(Name=arn)
    assert refused(read, Name="lab")[0] == "TrailNotFoundException"


# Errors of every operation on a trail


@pytest.mark.parametrize("operation", ON_A_TRAIL)
@pytest.mark.parametrize("name", ["unknown", f"{ARN}/unknown"])
def test_an_unknown_trail(operation: str, name: str, aws: LocalAws) -> None:
    call = ON_A_TRAIL[operation](client(aws, "cloudtrail"))
    assert refused(call, Name=name) == (
        "TrailNotFoundException",
        f"Unknown trail: {ARN}/unknown for the user: {ACCOUNT}",
    )


@pytest.mark.parametrize("operation", ON_A_TRAIL)
def test_an_invalid_name(operation: str, aws: LocalAws) -> None:
    call = ON_A_TRAIL[operation](client(aws, "cloudtrail"))
    assert refused(call, Name="ab") == ("InvalidTrailNameException", TOO_SHORT)


@pytest.mark.parametrize("operation", ON_A_TRAIL)
@pytest.mark.parametrize("arn", ["arn:aws:s3:::lab-logs", ARN, "arn:"])
def test_an_invalid_arn(operation: str, arn: str, aws: LocalAws) -> None:
    call = ON_A_TRAIL[operation](client(aws, "cloudtrail"))
    assert refused(call, Name=arn) == ("CloudTrailARNInvalidException", f"{arn} {NO_ARN}")


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("CreateTrail", "name"),
        ("UpdateTrail", "name"),
        ("DeleteTrail", "name"),
        ("GetTrail", "name"),
        ("GetTrailStatus", "name"),
        ("StartLogging", "name"),
        ("StopLogging", "name"),
        ("GetEventSelectors", "trailName"),
        ("PutEventSelectors", "trailName"),
        ("PutInsightSelectors", "insightSelectors"),
        ("AddTags", "resourceId"),
        ("RemoveTags", "resourceId"),
        ("ListTags", "resourceIdList"),
    ],
)
def test_a_missing_member(operation: str, member: str, aws: LocalAws) -> None:
    answer = send(aws.endpoint_url, json_call("cloudtrail", operation))
    assert answer.status == 400
    assert error_of(answer.body) == {
        "__type": "ValidationException",
        "message": (
            f"1 validation error detected: Value null at '{member}' "
            "failed to satisfy constraint: Member must not be null"
        ),
    }


@pytest.mark.parametrize(
    "operation", ["ListEventDataStores", "StartQuery", "CreateChannel", "GetQueryResults"]
)
def test_cloudtrail_lake_is_not_offered(operation: str, aws: LocalAws) -> None:
    answer = send(aws.endpoint_url, json_call("cloudtrail", operation))
    assert answer.status == 400
    assert error_of(answer.body) == {
        "__type": "UnsupportedOperationException",
        "message": (
            f"{operation} is not available: this CloudTrail has trails, Event history and "
            "Insights, but no Lake (closed to new customers since 2026-05-31)."
        ),
    }
