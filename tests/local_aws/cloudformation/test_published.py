"""Templates of the kinds that landing zones and the CIS benchmark publish."""

from __future__ import annotations

from pathlib import Path

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import ACCOUNT, Stacks

LANDING_ZONE = Path(__file__).with_name("published") / "landing_zone.yaml"


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
