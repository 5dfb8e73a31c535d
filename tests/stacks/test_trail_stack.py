from __future__ import annotations

from pathlib import Path
from typing import Any

from stacks.settings import LabSettings
from tests.stacks.conftest import Synthesize, Template, templates_in


def trail(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"]["Trail"]["Properties"]
    return properties


def test_the_stacks_are_named_for_their_trails(synthesize: Synthesize) -> None:
    named = {stack: trail(template)["TrailName"] for stack, template in synthesize().items()}
    assert named == {
        "student-management-events": "student-management-events",
        "student-data-events": "student-data-events",
    }


def test_the_management_trail_selects_management_events_read_and_write(
    management: Template,
) -> None:
    assert trail(management)["AdvancedEventSelectors"] == [
        {
            "Name": "Management events selector",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        }
    ]
    assert "EventSelectors" not in trail(management)


def test_the_management_trail_has_both_insights(management: Template) -> None:
    assert trail(management)["InsightSelectors"] == [
        {"InsightType": "ApiCallRateInsight"},
        {"InsightType": "ApiErrorRateInsight"},
    ]


def test_the_data_trail_selects_all_dynamodb_table_events_and_nothing_else(data: Template) -> None:
    assert trail(data)["AdvancedEventSelectors"] == [
        {
            "Name": "Log all events of all DynamoDB tables",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
            ],
        }
    ]
    assert "EventSelectors" not in trail(data)
    assert "InsightSelectors" not in trail(data)


def test_a_trail_logs_in_all_regions_without_encryption_and_validation(template: Template) -> None:
    made = trail(template)
    assert made["IsLogging"] is True
    assert made["IsMultiRegionTrail"] is True
    assert made["IncludeGlobalServiceEvents"] is True
    assert made["EnableLogFileValidation"] is False
    assert "KMSKeyId" not in made
    assert "S3KeyPrefix" not in made


def test_the_outputs_say_where_the_trail_delivers(template: Template) -> None:
    values = {name: output["Value"] for name, output in template["Outputs"].items()}
    assert values == {
        "TrailArn": {"Fn::GetAtt": ["Trail", "Arn"]},
        "BucketName": {"Ref": "Bucket"},
        "LogLocation": {"Fn::Sub": "s3://${Bucket}/AWSLogs/${AWS::AccountId}/CloudTrail/"},
    }


def test_a_prefix_is_in_the_trail_its_policy_and_its_location(synthesize: Synthesize) -> None:
    template = synthesize(prefix="class-7/jo")["student-data-events"]
    statements = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert trail(template)["S3KeyPrefix"] == "class-7/jo"
    assert statements[1]["Resource"] == {
        "Fn::Sub": "${Bucket.Arn}/class-7/jo/AWSLogs/${AWS::AccountId}/*"
    }
    assert template["Outputs"]["LogLocation"]["Value"] == {
        "Fn::Sub": "s3://${Bucket}/class-7/jo/AWSLogs/${AWS::AccountId}/CloudTrail/"
    }


def test_everything_taggable_is_tagged(template: Template) -> None:
    untagged = {
        resource["Type"]
        for resource in template["Resources"].values()
        if {"Key": "Project", "Value": "cloudtrail-lab"}
        not in resource["Properties"].get("Tags", [])
    }
    assert untagged == {"AWS::S3::BucketPolicy", "Custom::EmptyBucket"}


def test_logical_ids_carry_no_hashes(template: Template) -> None:
    assert list(template["Resources"]) == [
        "Bucket",
        "BucketPolicy",
        "EmptyBucketRole",
        "EmptyBucketFunction",
        "EmptyBucket",
        "Trail",
    ]


def test_a_template_needs_no_bootstrap_and_no_parameters(template: Template) -> None:
    assert set(template) == {"Description", "Resources", "Outputs"}


def test_an_account_in_the_settings_leaves_the_templates_as_they_are(
    synthesize: Synthesize,
) -> None:
    assert synthesize(account="123456789012", region="eu-west-1") == synthesize()


def test_a_third_trail_is_a_few_lines(tmp_path: Path) -> None:
    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app
    from stacks.trail_stack import TrailProps, TrailStack, selector

    app = reviewed_app(tmp_path)
    add_lab(app, LabSettings())
    objects = selector("objects", {"eventCategory": "Data", "resources.type": "AWS::S3::Object"})
    s3_events = TrailProps("student-s3-events", "s3-events", "Data events of S3", [objects])
    TrailStack(app, s3_events, LabSettings())
    app.synth()

    templates = templates_in(tmp_path)
    third = templates["student-s3-events"]["Resources"]
    assert len(templates) == 3
    assert third["Bucket"]["Properties"]["BucketName"] == {
        "Fn::Sub": "aws-cloudtrail-logs-s3-events-${AWS::AccountId}-lab"
    }
    selectors = third["Trail"]["Properties"]["AdvancedEventSelectors"]
    assert selectors[0]["FieldSelectors"][1]["Equals"] == ["AWS::S3::Object"]


def test_a_stage_a_student_names_the_stacks_for_the_student(tmp_path: Path) -> None:
    from aws_cdk import Stage

    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app

    app = reviewed_app(tmp_path)
    students = {"Alice": "111111111111", "Bob": "222222222222"}
    for student, account in students.items():
        add_lab(Stage(app, student), LabSettings(account=account))
    assembly = app.synth()
    deployed = {
        (stack.stack_name, stack.environment.account) for stack in assembly.stacks_recursively
    }
    assert deployed == {
        (f"{student}-student-{kind}-events", account)
        for student, account in students.items()
        for kind in ("management", "data")
    }
