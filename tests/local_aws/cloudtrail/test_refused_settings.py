"""Settings, selectors and names of trails that CloudTrail refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudtrail.refusals import (
    refused,
)
from tests.local_aws.delivered import (
    ACCOUNT,
    TABLES,
    account,
    client,
    log_bucket,
    trail,
)
from tests.local_aws.subscribers import log_group, trust

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
