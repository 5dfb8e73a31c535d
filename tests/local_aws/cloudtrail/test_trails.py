"""CloudTrail's API on trails: its answers, its defaults, and every error a request can deserve."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import (
    ACCOUNT,
    MANAGEMENT,
    TABLES,
    account,
    client,
    log_bucket,
    trail,
)
from tests.local_aws.subscribers import log_group, trust
from tests.local_aws.wire import json_call, send

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail"
NO_ARN = "is not the ARN of a trail: arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME."
TOO_SHORT = (
    "Trail name too short. Minimum allowed length: 3 characters. "
    "Specified name length: 2 characters."
)

Call = Callable[..., dict[str, Any]]


def refused(call: Call, **request: Any) -> tuple[str, str]:
    """Code and message of the error; the operation's model must declare it."""
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    code = error.value.response["Error"]["Code"]
    model = botocore.session.get_session().get_service_model("cloudtrail")
    declared = model.operation_model(error.value.operation_name).error_shapes
    assert code in {shape.name for shape in declared}
    return code, error.value.response["Error"]["Message"]


def error_of(body: bytes) -> dict[str, str]:
    """The JSON of an error; services differ in how they spell the key of the message."""
    return {key.lower(): value for key, value in json.loads(body).items()}


def put_selectors(trails: Any) -> Call:
    return lambda **request: trails.put_event_selectors(
        TrailName=request["Name"], EventSelectors=MANAGEMENT
    )


def put_insights(trails: Any) -> Call:
    return lambda **request: trails.put_insight_selectors(
        TrailName=request["Name"], InsightSelectors=[]
    )


def by_trail_name(call: Call) -> Call:
    return lambda **request: call(TrailName=request["Name"])


CHANGES: dict[str, Callable[[Any], Call]] = {
    "UpdateTrail": lambda trails: trails.update_trail,
    "DeleteTrail": lambda trails: trails.delete_trail,
    "StartLogging": lambda trails: trails.start_logging,
    "StopLogging": lambda trails: trails.stop_logging,
    "PutEventSelectors": put_selectors,
    "PutInsightSelectors": put_insights,
}
READS: dict[str, Callable[[Any], Call]] = {
    "GetTrail": lambda trails: trails.get_trail,
    "GetTrailStatus": lambda trails: trails.get_trail_status,
    "GetEventSelectors": lambda trails: by_trail_name(trails.get_event_selectors),
    "GetInsightSelectors": lambda trails: by_trail_name(trails.get_insight_selectors),
}
ON_A_TRAIL = {**CHANGES, **READS}


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


# Errors of CreateTrail and UpdateTrail

NO_GROUP = "Check the log group ARN: CloudTrail can't validate it."
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail-logs:*"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
SETTINGS_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown bucket": (
        {"S3BucketName": "unknown-bucket"},
        "S3BucketDoesNotExistException",
        "S3 bucket unknown-bucket does not exist!",
    ),
    "bucket without policy": (
        {"S3BucketName": "shut-bucket"},
        "InsufficientS3BucketPolicyException",
        "Incorrect S3 bucket policy is detected for bucket: shut-bucket",
    ),
    "prefix outside the policy": (
        {"S3KeyPrefix": "elsewhere"},
        "InsufficientS3BucketPolicyException",
        "Incorrect S3 bucket policy is detected for bucket: lab-logs",
    ),
    "bucket name with capitals": (
        {"S3BucketName": "Lab_Logs"},
        "InvalidS3BucketNameException",
        "'Lab_Logs' is not a valid S3 bucket name.",
    ),
    "bucket name like an address": (
        {"S3BucketName": "192.168.5.4"},
        "InvalidS3BucketNameException",
        "'192.168.5.4' is not a valid S3 bucket name.",
    ),
    "long prefix": (
        {"S3KeyPrefix": "p" * 201},
        "InvalidS3PrefixException",
        (
            "S3 prefix too long. Maximum allowed length: 200 characters. "
            "Specified prefix length: 201 characters."
        ),
    ),
    "long topic ARN": (
        {"SnsTopicName": "arn:aws:sns:us-east-1:123456789012:" + "t" * 222},
        "InvalidSnsTopicNameException",
        (
            "SNS topic name too long. Maximum allowed length: 256 characters. "
            "Specified name length: 257 characters."
        ),
    ),
    "topic that is none": (
        {"SnsTopicName": "no topic"},
        "InvalidSnsTopicNameException",
        "no topic is not an SNS topic name or ARN.",
    ),
    "unknown topic": (
        {"SnsTopicName": "unknown"},
        "InsufficientSnsTopicPolicyException",
        "SNS Topic does not exist or the topic policy is incorrect!",
    ),
    "key that is none": (
        {"KmsKeyId": "no key"},
        "InvalidKmsKeyIdException",
        "no key is not a KMS key id, key ARN, alias name or alias ARN.",
    ),
    "unknown alias": (
        {"KmsKeyId": "alias/unknown"},
        "KmsKeyNotFoundException",
        "KMS key alias/unknown does not exist.",
    ),
    "unknown alias's ARN": (
        {"KmsKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/unknown"},
        "KmsKeyNotFoundException",
        f"KMS key arn:aws:kms:us-east-1:{ACCOUNT}:alias/unknown does not exist.",
    ),
    "unknown log group": (
        {"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE},
        "InvalidCloudWatchLogsLogGroupArnException",
        NO_GROUP,
    ),
    "log role without group": (
        {"CloudWatchLogsRoleArn": ROLE},
        "InvalidCloudWatchLogsLogGroupArnException",
        "You must specify a log group as well as a role ARN.",
    ),
    "multi-Region without global events": (
        {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
        "InvalidParameterCombinationException",
        "Multi-Region trail must include global service events.",
    ),
}


@pytest.mark.parametrize("case", SETTINGS_REFUSED)
@pytest.mark.parametrize("operation", ["create_trail", "update_trail"])
def test_refuses_settings(operation: str, case: str, aws: LocalAws) -> None:
    settings, code, message = SETTINGS_REFUSED[case]
    log_bucket(aws, "lab-logs")
    client(aws, "s3").create_bucket(Bucket="shut-bucket")
    request = {"Name": "lab", **settings}
    if operation == "create_trail":
        request = {"S3BucketName": "lab-logs", **request}
    else:
        trail(aws, "lab", "lab-logs", IsMultiRegionTrail=False)
    call = getattr(client(aws, "cloudtrail"), operation)
    assert refused(call, **request) == (code, message)


def test_refuses_a_disabled_key(aws: LocalAws) -> None:
    kms = client(aws, "kms")
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    log_bucket(aws, "lab-logs")
    trails = client(aws, "cloudtrail")
    assert refused(
        trails.create_trail, Name="lab", S3BucketName="lab-logs", KmsKeyId=key["KeyId"]
    ) == (
        "KmsException",
        f"KMS key {key['Arn']} cannot be used: it is Disabled.",
    )


def test_refuses_a_log_role_that_does_not_trust_cloudtrail(aws: LocalAws) -> None:
    client(aws, "logs").create_log_group(logGroupName="trail-logs")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    client(aws, "iam").create_role(RoleName="logs", AssumeRolePolicyDocument=trust)
    log_bucket(aws, "lab-logs")
    assert refused(
        client(aws, "cloudtrail").create_trail,
        Name="lab",
        S3BucketName="lab-logs",
        CloudWatchLogsLogGroupArn=GROUP,
        CloudWatchLogsRoleArn=ROLE,
    ) == (
        "InvalidCloudWatchLogsRoleArnException",
        "Access denied. Check the trust relationships for your role.",
    )


@pytest.mark.parametrize(
    ("actions", "group"),
    [
        ([], "trail-logs"),
        (["logs:PutLogEvents"], "trail-logs"),
        (["logs:CreateLogStream", "logs:PutLogEvents"], "other-logs"),
    ],
    ids=["no policy", "an action is missing", "another group"],
)
def test_refuses_a_log_role_that_may_not_write(
    actions: list[str], group: str, aws: LocalAws
) -> None:
    settings, iam = log_group(aws), client(aws, "iam")
    iam.delete_role_policy(RoleName="trail-logs-role", PolicyName="logs")
    if actions:
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*"
        statement = {"Effect": "Allow", "Action": actions, "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="trail-logs-role", PolicyName="p", PolicyDocument=document)
    bucket = log_bucket(aws, "lab-logs")
    assert refused(
        client(aws, "cloudtrail").create_trail, Name="lab", S3BucketName=bucket, **settings
    ) == (
        "InvalidCloudWatchLogsLogGroupArnException",
        "Access denied. Check the permissions for your role.",
    )


def test_refuses_a_log_role_that_trusts_cloudtrail_for_another_account(aws: LocalAws) -> None:
    settings = log_group(aws)
    document = trust("cloudtrail")
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": "1" * 12}}
    client(aws, "iam").update_assume_role_policy(
        RoleName="trail-logs-role", PolicyDocument=json.dumps(document)
    )
    bucket = log_bucket(aws, "lab-logs")
    code, message = refused(
        client(aws, "cloudtrail").create_trail, Name="lab", S3BucketName=bucket, **settings
    )
    assert code == "InvalidCloudWatchLogsRoleArnException"
    assert message == "Access denied. Check the trust relationships for your role."


def test_empty_texts_clear_log_group_then_role(aws: LocalAws) -> None:
    trail(aws, "lab", **log_group(aws))
    trails = client(aws, "cloudtrail")
    assert refused(trails.update_trail, Name="lab", CloudWatchLogsRoleArn="") == (
        "InvalidCloudWatchLogsRoleArnException",
        "You must specify a role ARN as well as a log group.",
    )
    assert "CloudWatchLogsRoleArn" in trails.update_trail(Name="lab", CloudWatchLogsLogGroupArn="")
    cleared = trails.update_trail(Name="lab", CloudWatchLogsRoleArn="")
    assert not {"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"} & cleared.keys()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (
            {"SnsTopicName": f"arn:aws:sns:mars-north-1:{ACCOUNT}:topic"},
            "InsufficientSnsTopicPolicyException",
        ),
        (
            {"KmsKeyId": f"arn:aws:kms:mars-north-1:{ACCOUNT}:key/none"},
            "KmsKeyNotFoundException",
        ),
        (
            {
                "CloudWatchLogsLogGroupArn": f"arn:aws:logs:mars-north-1:{ACCOUNT}:log-group:a:*",
                "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/none",
            },
            "InvalidCloudWatchLogsLogGroupArnException",
        ),
    ],
    ids=["topic", "key", "log group"],
)
def test_refuses_what_is_in_a_region_that_nobody_knows(
    settings: dict[str, str], code: str, aws: LocalAws
) -> None:
    bucket = log_bucket(aws, "audit-logs")
    create = client(aws, "cloudtrail").create_trail
    assert refused(create, Name="audit", S3BucketName=bucket, **settings)[0] == code


def test_refuses_a_second_trail_of_the_name(aws: LocalAws) -> None:
    trail(aws, "lab")
    call = client(aws, "cloudtrail").create_trail
    assert refused(call, Name="lab", S3BucketName="lab-logs") == (
        "TrailAlreadyExistsException",
        f"Trail lab already exists for customer: {ACCOUNT}",
    )


def test_refuses_a_sixth_trail_in_a_region_shadow_trails_included(aws: LocalAws) -> None:
    bucket = log_bucket(aws, "lab-logs")
    for number in range(4):
        trail(aws, f"trail-{number}", bucket, region="eu-west-1")
    trail(aws, "shadow", bucket, IsMultiRegionTrail=True)
    call = client(aws, "cloudtrail", "eu-west-1").create_trail
    assert refused(call, Name="sixth", S3BucketName=bucket) == (
        "MaximumNumberOfTrailsExceededException",
        f"User: {ACCOUNT} already has 5 trails in eu-west-1.",
    )
    client(aws, "cloudtrail").create_trail(Name="sixth", S3BucketName=bucket)


def test_refuses_an_organization_trail_without_an_organization(aws: LocalAws) -> None:
    other = account(aws, "222222222222")
    log_bucket(aws, "their-logs", **other)
    call = client(aws, "cloudtrail", **other).create_trail
    assert refused(call, Name="lab", S3BucketName="their-logs", IsOrganizationTrail=True) == (
        "OrganizationsNotInUseException",
        "Your account is not a member of an organization: an organization trail needs one.",
    )


# Selectors


def test_refuses_invalid_event_selectors(aws: LocalAws) -> None:
    trail(aws, "lab")
    put = client(aws, "cloudtrail").put_event_selectors
    code = "InvalidEventSelectorsException"
    assert refused(put, TrailName="lab", EventSelectors=[{"ReadWriteType": "read-only"}]) == (
        code,
        "Value read-only for ReadWriteType is invalid. Valid values: All, ReadOnly, WriteOnly.",
    )
    assert refused(put, TrailName="lab") == (
        code,
        "Specify a valid number of selectors (1 to 5) for your trail.",
    )
    resources = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::*"]}]
    assert refused(put, TrailName="lab", EventSelectors=[{"DataResources": resources}]) == (
        code,
        "Value arn:aws:s3:::* for DataResources.Values is invalid.",
    )


def test_refused_event_selectors_change_nothing(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", advanced=TABLES)
    refused(trails.put_event_selectors, TrailName="lab", EventSelectors=[{"ReadWriteType": "x"}])
    assert trails.get_event_selectors(TrailName="lab")["AdvancedEventSelectors"] == TABLES


def test_refuses_invalid_insight_selectors(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    trail(aws, "lab", advanced=TABLES)
    code, message = refused(
        trails.put_insight_selectors, TrailName="lab", InsightSelectors=[{"InsightType": "Nope"}]
    )
    assert code == "InvalidInsightSelectorsException"
    assert "Nope" in message
    assert refused(
        trails.put_insight_selectors,
        TrailName="lab",
        InsightSelectors=[{"InsightType": "ApiCallRateInsight"}],
    ) == (
        "InvalidInsightSelectorsException",
        (
            "ApiCallRateInsight needs a trail that logs write management events, "
            "and lab logs none: change its event selectors first."
        ),
    )


def test_a_trail_without_insights_says_so(aws: LocalAws) -> None:
    trail(aws, "lab")
    assert refused(client(aws, "cloudtrail").get_insight_selectors, TrailName="lab") == (
        "InsightNotEnabledException",
        (
            "Trail lab does not have Insights enabled. Edit the trail settings to enable Insights, "
            "and then try the operation again."
        ),
    )


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({}, "InvalidParameterException", "TrailName is required."),
        (
            {"EventDataStore": "store"},
            "UnsupportedOperationException",
            "CloudTrail Lake is closed to new customers: there are no event data stores here.",
        ),
        (
            {"EventDataStore": "store", "TrailName": "lab"},
            "InvalidParameterCombinationException",
            "Specify either TrailName or EventDataStore, not both.",
        ),
    ],
)
def test_insight_selectors_are_of_a_trail(
    request_: dict[str, str], code: str, message: str, aws: LocalAws
) -> None:
    trails = client(aws, "cloudtrail")
    assert refused(trails.get_insight_selectors, **request_) == (code, message)
    assert refused(trails.put_insight_selectors, InsightSelectors=[], **request_) == (code, message)


def test_put_insight_selectors_needs_the_bucket_policy(aws: LocalAws) -> None:
    trail(aws, "lab")
    client(aws, "s3").delete_bucket_policy(Bucket="lab-logs")
    rates = [{"InsightType": "ApiCallRateInsight"}]
    trails = client(aws, "cloudtrail")
    code, _ = refused(trails.put_insight_selectors, TrailName="lab", InsightSelectors=rates)
    assert code == "InsufficientS3BucketPolicyException"
    assert trails.get_trail(Name="lab")["Trail"]["HasInsightSelectors"] is False


# Tags


def test_tags_are_added_changed_listed_and_removed(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    arn = trail(aws, "lab", TagsList=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    trails.add_tags(ResourceId=arn, TagsList=[{"Key": "b", "Value": "3"}, {"Key": "c"}])
    trails.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}, {"Key": "unknown"}])
    assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"] == [
        {
            "ResourceId": arn,
            "TagsList": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": ""}],
        }
    ]


def _add(trails: Any) -> Call:
    return lambda arn: trails.add_tags(ResourceId=arn, TagsList=[{"Key": "a"}])


def _remove(trails: Any) -> Call:
    return lambda arn: trails.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])


def _list(trails: Any) -> Call:
    return lambda arn: trails.list_tags(ResourceIdList=[arn])


@pytest.mark.parametrize("operation", [_add, _remove, _list])
def test_tags_need_an_existing_trails_arn(operation: Any, aws: LocalAws) -> None:
    trail(aws, "lab")
    call = operation(client(aws, "cloudtrail"))
    assert refused(call, arn="lab") == ("CloudTrailARNInvalidException", f"lab {NO_ARN}")
    assert refused(call, arn=f"{ARN}/unknown") == (
        "ResourceNotFoundException",
        f"The resource {ARN}/unknown does not exist.",
    )


def test_tags_that_are_added_at_once_are_all_there(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = trail(aws, "audit", logging=False)
    backend = aws.cloudtrail.operations(ACCOUNT, "us-east-1")
    taggable, together = backend._taggable, threading.Barrier(2)

    def at_the_same_time(arn: str) -> Any:
        found = taggable(arn)
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.1)
        return found

    monkeypatch.setattr(backend, "_taggable", at_the_same_time)
    with ThreadPoolExecutor(2) as pool:
        for key in ("a", "b"):
            request = {"ResourceId": arn, "TagsList": [{"Key": key}]}
            pool.submit(backend.add_tags, request)
    found = backend.list_tags({"ResourceIdList": [arn]})["ResourceTagList"][0]
    assert sorted(tag["Key"] for tag in found["TagsList"]) == ["a", "b"]


def test_refuses_invalid_tags(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    arn = trail(aws, "lab", TagsList=[{"Key": f"key-{number}"} for number in range(50)])
    rule = "Tag keys have 1 to 128 characters and do not start with aws:. Values have at most 256."
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "aws:x"}]) == (
        "InvalidTagParameterException",
        f"Tag 'aws:x' is not allowed. {rule}",
    )
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "x"}, {"Key": "x"}]) == (
        "InvalidTagParameterException",
        "A tag key is given twice.",
    )
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "one-more"}]) == (
        "TagsLimitExceededException",
        "A trail has at most 50 tags, and this would make 51.",
    )


@pytest.mark.parametrize(
    ("operation", "request_"), [("list_tags", {"ResourceIdList": []}), ("list_public_keys", {})]
)
def test_refuses_a_token_where_none_was_given(
    operation: str, request_: dict[str, Any], aws: LocalAws
) -> None:
    call = getattr(client(aws, "cloudtrail"), operation)
    assert refused(call, NextToken="made-up", **request_) == (
        "InvalidTokenException",
        "NextToken was not returned by this operation.",
    )


# Public keys


def test_list_public_keys_answers_the_key_valid_now(aws: LocalAws) -> None:
    [key] = client(aws, "cloudtrail").list_public_keys()["PublicKeyList"]
    assert key["ValidityStartTime"].timestamp() < datetime.now(UTC).timestamp()
    assert key["ValidityEndTime"].timestamp() > datetime.now(UTC).timestamp()
    assert len(key["Fingerprint"]) == 32


def test_list_public_keys_refuses_a_start_after_the_end(aws: LocalAws) -> None:
    call = client(aws, "cloudtrail").list_public_keys
    assert refused(call, StartTime=2, EndTime=1) == (
        "InvalidTimeRangeException",
        "StartTime 1970-01-01T00:00:02Z is after EndTime 1970-01-01T00:00:01Z.",
    )


def test_a_trail_of_all_regions_counts_in_every_region(aws: LocalAws) -> None:
    bucket = log_bucket(aws, "logs")
    abroad = client(aws, "cloudtrail", "eu-west-1")
    for number in range(5):
        abroad.create_trail(Name=f"trail-{number}", S3BucketName=bucket)
    trails = client(aws, "cloudtrail")
    trails.create_trail(Name="one-region", S3BucketName=bucket)
    everywhere = {"IsMultiRegionTrail": True}
    for ask, given in (
        (trails.create_trail, {"Name": "all-regions", "S3BucketName": bucket}),
        (trails.update_trail, {"Name": "one-region"}),
    ):
        with pytest.raises(ClientError) as refused:
            ask(**given, **everywhere)
        error = refused.value.response["Error"]
        assert error["Code"] == "MaximumNumberOfTrailsExceededException"
        assert error["Message"].endswith("already has 5 trails in eu-west-1.")
    assert trails.get_trail(Name="one-region")["Trail"]["IsMultiRegionTrail"] is False
    abroad.update_trail(Name="trail-0", **everywhere)
