"""Templates of the kinds that landing zones and the CIS benchmark publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import ACCOUNT, Stacks

PUBLISHED = Path(__file__).with_name("published")
LANDING_ZONE = PUBLISHED / "landing_zone.yaml"


def test_a_landing_zones_template_is_deployed_updated_and_deleted(patient_aws: LocalAws) -> None:
    stacks = Stacks(patient_aws.client("cloudformation"))
    client = stacks.client
    asked = {"StackName": "zone", "Capabilities": ["CAPABILITY_IAM"]}
    stack_id = client.create_stack(TemplateBody=LANDING_ZONE.read_text(), **asked)["StackId"]
    assert stacks.finished("zone")["StackStatus"] == "CREATE_COMPLETE"
    outputs = stacks.outputs("zone")
    (trail,) = patient_aws.client("cloudtrail").describe_trails()["trailList"]
    assert (trail["TrailARN"], trail["SnsTopicARN"]) == (outputs["TrailArn"], outputs["Topic"])
    assert trail["CloudWatchLogsLogGroupArn"] == outputs["GroupArn"]
    assert (trail["S3KeyPrefix"], trail["LogFileValidationEnabled"]) == ("org", True)
    assert trail["KmsKeyId"].startswith(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/")
    (alarm,) = patient_aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["Threshold"], alarm["Period"]) == (1.0, 300)
    given = [
        {"ParameterKey": "Encrypt", "ParameterValue": "false"},
        {"ParameterKey": "Retention", "ParameterValue": "30"},
    ]
    client.update_stack(UsePreviousTemplate=True, Parameters=given, **asked)
    assert stacks.finished("zone")["StackStatus"] == "UPDATE_COMPLETE"
    (trail,) = patient_aws.client("cloudtrail").describe_trails()["trailList"]
    assert "KmsKeyId" not in trail
    (group,) = patient_aws.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 30
    patient_aws.client("cloudtrail").stop_logging(Name=trail["Name"])
    s3 = patient_aws.client("s3")
    for version in s3.list_object_versions(Bucket=f"org-trail-{ACCOUNT}").get("Versions", []):
        s3.delete_object(
            Bucket=f"org-trail-{ACCOUNT}", Key=version["Key"], VersionId=version["VersionId"]
        )
    client.delete_stack(StackName="zone")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def lived(aws: LocalAws, name: str, look: Any, **changed: str) -> None:
    """Create, update and delete a template's stack, and have `look` tell of it at both times."""
    stacks = Stacks(aws.client("cloudformation"))
    asked = {"StackName": "zone", "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    template = (PUBLISHED / name).read_text(encoding="utf-8")
    stack_id = stacks.client.create_stack(TemplateBody=template, **asked)["StackId"]
    assert stacks.finished("zone")["StackStatus"] == "CREATE_COMPLETE", stacks.events("zone")
    look("created")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in changed.items()]
    stacks.client.update_stack(UsePreviousTemplate=True, Parameters=given, **asked)
    assert stacks.finished("zone")["StackStatus"] == "UPDATE_COMPLETE", stacks.events("zone")
    look("updated")
    stacks.client.delete_stack(StackName="zone")
    assert stacks.status(stack_id) == "DELETE_COMPLETE", stacks.events(stack_id)


def test_an_account_baseline(patient_aws: LocalAws) -> None:
    """Config with rules and an authorization, notices by a topic, a function and rules."""
    aws = patient_aws
    parameter = {"Name": "/zone/org-id", "Type": "String", "Value": "o-abc"}
    aws.client("ssm").put_parameter(**parameter)
    config, events = aws.client("config"), aws.client("events")

    def look(when: str) -> None:
        (recorder,) = config.describe_configuration_recorder_status()[
            "ConfigurationRecordersStatus"
        ]
        assert recorder["recording"]
        (channel,) = config.describe_delivery_channels()["DeliveryChannels"]
        assert channel["s3KeyPrefix"] == "o-abc"
        frequency = channel["configSnapshotDeliveryProperties"]["deliveryFrequency"]
        assert frequency == {"created": "TwentyFour_Hours", "updated": "Six_Hours"}[when]
        (authorized,) = config.describe_aggregation_authorizations()["AggregationAuthorizations"]
        assert authorized["AuthorizedAccountId"] == "210987654321"
        names = [each["Name"] for each in events.list_rules()["Rules"]]
        assert ("baseline-ComplianceChange" in names) is (when == "created")

    lived(aws, "account_baseline.yaml", look, ComplianceNotices="false", Frequency="6hours")
    assert config.describe_aggregation_authorizations()["AggregationAuthorizations"] == []
    assert events.list_rules()["Rules"] == []


def test_a_log_archive(patient_aws: LocalAws) -> None:
    """Buckets that refuse other than TLS, one of them with the accesses of the other."""
    aws = patient_aws
    s3, cloudtrail = aws.client("s3"), aws.client("cloudtrail")

    def look(when: str) -> None:
        logging = s3.get_bucket_logging(Bucket=f"logs-{ACCOUNT}")["LoggingEnabled"]
        assert logging["TargetBucket"] == f"logs-access-logs-{ACCOUNT}"
        found = s3.get_bucket_lifecycle_configuration(Bucket=logging["TargetBucket"])["Rules"]
        days = {"created": 365, "updated": 30}[when]
        assert found[0]["NoncurrentVersionExpiration"]["NoncurrentDays"] == days
        assert cloudtrail.get_trail_status(Name="organization")["IsLogging"]

    lived(aws, "log_archive.yaml", look, Days="30")
    assert cloudtrail.describe_trails()["trailList"] == []
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [
        f"logs-access-logs-{ACCOUNT}"
    ]


def test_cis_alarms(patient_aws: LocalAws) -> None:
    """Names from parameters whose patterns Java takes, with a hyphen after a class."""
    aws = patient_aws
    logs, alarms = aws.client("logs"), aws.client("cloudwatch")

    def look(_when: str) -> None:
        assert len(logs.describe_metric_filters()["metricFilters"]) == 4
        found = alarms.describe_alarms()["MetricAlarms"]
        assert found[0]["AlarmName"] == "CIS v1.5 - 4.1 Unauthorized calls 0"
        assert [each["Threshold"] for each in found] == [1.0, 2.0, 3.0, 4.0]

    lived(aws, "cis_alarms.yaml", look, SetEmail="others@example.com")
    assert alarms.describe_alarms()["MetricAlarms"] == []
