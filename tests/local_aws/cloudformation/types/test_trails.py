"""Trails, as stacks make, change and replace them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    Stacks,
    bucket,
    refused,
)
from tests.local_aws.delivered import client
from tests.local_aws.subscribers import log_group, topic


def trail(**properties: Any) -> dict[str, Any]:
    """A trail with its bucket and the policy that lets CloudTrail write to it."""
    name = properties.get("TrailName", "stack-trail")
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"
    document = delivery_policy("trail-logs", properties.get("S3KeyPrefix", ""), ACCOUNT, arn)
    del document["Statement"][0]["Condition"]
    for statement in document["Statement"][1:]:
        del statement["Condition"]["StringEquals"]["aws:SourceArn"]
    given = {"TrailName": name, "S3BucketName": "trail-logs", "IsLogging": True, **properties}
    return {
        "Logs": bucket("trail-logs"),
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Logs"}, "PolicyDocument": document},
        },
        "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": given, "DependsOn": "Policy"},
    }


ONLY_TABLES = [
    {
        "Name": "tables",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ],
    }
]


def test_a_trail_has_the_settings_that_its_template_gives(stacks: Stacks, aws: LocalAws) -> None:
    outputs = {
        "Arn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}},
        "Ref": {"Value": {"Ref": "Trail"}},
    }
    resources = trail(
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        InsightSelectors=[{"InsightType": "ApiCallRateInsight"}],
        Tags=[{"Key": "lab", "Value": "yes"}],
    )
    stacks.create("trail", resources, sections={"Outputs": outputs})
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
    assert stacks.outputs("trail") == {"Arn": arn, "Ref": "stack-trail"}
    cloudtrail = client(aws, "cloudtrail")
    assert cloudtrail.get_trail(Name="stack-trail")["Trail"]["IsMultiRegionTrail"] is True
    assert cloudtrail.get_trail_status(Name="stack-trail")["IsLogging"] is True
    insights = cloudtrail.get_insight_selectors(TrailName="stack-trail")["InsightSelectors"]
    assert [item["InsightType"] for item in insights] == ["ApiCallRateInsight"]
    tags = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    assert {"Key": "lab", "Value": "yes"} in tags


def test_an_update_brings_a_trail_to_its_new_settings(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]))
    stacks.update("trail", trail(AdvancedEventSelectors=ONLY_TABLES, IsLogging=False))
    assert stacks.status("trail") == "UPDATE_COMPLETE"
    cloudtrail = client(aws, "cloudtrail")
    selectors = cloudtrail.get_event_selectors(TrailName="stack-trail")
    assert selectors["AdvancedEventSelectors"] == ONLY_TABLES
    assert cloudtrail.get_trail_status(Name="stack-trail")["IsLogging"] is False
    code, _ = refused(lambda: cloudtrail.get_insight_selectors(TrailName="stack-trail"))
    assert code == "InsightNotEnabledException"


@pytest.mark.parametrize(
    "empty",
    [
        {"EventSelectors": []},
        {"EventSelectors": [], "AdvancedEventSelectors": ONLY_TABLES},
        {"InsightSelectors": [], "Tags": []},
    ],
)
def test_empty_lists_of_a_trail_are_none(stacks: Stacks, empty: Any, aws: LocalAws) -> None:
    stacks.create("trail", trail(**empty))
    assert stacks.status("trail") == "CREATE_COMPLETE"
    found = client(aws, "cloudtrail").get_event_selectors(TrailName="stack-trail")
    advanced = empty.get("AdvancedEventSelectors")
    assert found.get("AdvancedEventSelectors") == advanced
    assert ("EventSelectors" in found) == (advanced is None)


def open_key(aws: LocalAws) -> str:
    """The ARN of a key that anybody may use."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = client(aws, "kms").create_key(Policy=document)["KeyMetadata"]["Arn"]
    return arn


def test_what_a_trails_template_no_longer_says_is_what_aws_makes_of_it(
    stacks: Stacks, aws: LocalAws
) -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/stack-trail"
    key, pair, (news, _) = open_key(aws), log_group(aws), topic(aws, "news", arn)
    whole = {
        "S3KeyPrefix": "prefix",
        "KMSKeyId": key,
        "SnsTopicName": news,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
        "EventSelectors": [{"ReadWriteType": "WriteOnly"}],
        **pair,
    }
    stacks.create("trail", trail(**whole))
    assert stacks.status("trail") == "CREATE_COMPLETE"
    stacks.update("trail", trail())
    assert stacks.status("trail") == "UPDATE_COMPLETE"
    cloudtrail = client(aws, "cloudtrail")
    assert cloudtrail.get_trail(Name="stack-trail")["Trail"] == {
        "Name": "stack-trail",
        "S3BucketName": "trail-logs",
        "IncludeGlobalServiceEvents": False,
        "IsMultiRegionTrail": False,
        "HomeRegion": "us-east-1",
        "TrailARN": arn,
        "LogFileValidationEnabled": False,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
        **pair,
    }


def test_a_trail_waits_for_no_policy_of_its_log_role(stacks: Stacks, aws: LocalAws) -> None:
    pair = log_group(aws)
    client(aws, "iam").delete_role_policy(RoleName="trail-logs-role", PolicyName="logs")
    resources = trail(**pair)
    arn = pair["CloudWatchLogsLogGroupArn"]
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": arn}
    given = {
        "PolicyName": "late",
        "Roles": ["trail-logs-role"],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    late = {"Type": "AWS::IAM::Policy", "DependsOn": "Trail", "Properties": given}
    stacks.create("trail", {**resources, "Late": late})
    reason = stacks.reason("trail", "Trail", "CREATE_FAILED")
    assert "Access denied. Check the permissions for your role." in reason
    early = {**late, "DependsOn": []}
    stacks.create(
        "early",
        {
            **resources,
            "Late": early,
            "Trail": {**resources["Trail"], "DependsOn": ["Policy", "Late"]},
        },
    )
    assert stacks.status("early") == "CREATE_COMPLETE"


def test_a_renamed_trail_is_replaced(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(TrailName="before"))
    stacks.update("trail", trail(TrailName="after"))
    listed = client(aws, "cloudtrail").list_trails()["Trails"]
    own = [item["Name"] for item in listed if f":{ACCOUNT}:" in item["TrailARN"]]
    assert own == ["after"]


def test_a_trail_without_bucket_policy_fails_as_aws_says_it(stacks: Stacks) -> None:
    resources = trail()
    del resources["Policy"], resources["Trail"]["DependsOn"]
    resources["Trail"]["DependsOn"] = "Logs"
    stacks.create("trail", resources)
    reason = stacks.reason("trail", "Trail", "CREATE_FAILED")
    assert reason.startswith(
        'Resource handler returned message: "Invalid request provided: Incorrect S3 bucket '
        "policy is detected for bucket: trail-logs (Service: CloudTrail, Status Code: 400, "
        "Request ID: "
    )
    assert reason.endswith("HandlerErrorCode: InvalidRequest)")


def test_a_trail_whose_selectors_are_refused_leaves_nothing(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("trail", trail(EventSelectors=[{"ReadWriteType": "Sometimes"}]))
    assert stacks.status("trail") == "ROLLBACK_COMPLETE"
    listed = client(aws, "cloudtrail").list_trails()["Trails"]
    assert not [item for item in listed if f":{ACCOUNT}:" in item["TrailARN"]]
