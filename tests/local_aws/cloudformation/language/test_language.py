"""The template language, as a client of CloudFormation sees it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks, bucket, refused
from tests.local_aws.delivered import client


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("AWS::SSM::Parameter::Value<String>", "/plain", "two"),
        ("AWS::SSM::Parameter::Value<String>", "/plain:1", "one"),
        ("AWS::SSM::Parameter::Value<List<String>>", "/list", "a|b"),
        ("CommaDelimitedList", "a, b", "a|b"),
        ("List<Number>", "1,2.50", "1|2.50"),
        ("Number", "2.50", "2.50"),
    ],
)
def test_a_parameter_has_the_value_of_its_type(
    stacks: Stacks, stored: LocalAws, kind: str, value: str, found: str
) -> None:
    is_list = "List" in kind
    shown = {"Fn::Join": ["|", {"Ref": "V"}]} if is_list else {"Ref": "V"}
    sections = {"Parameters": {"V": {"Type": kind}}, "Outputs": {"O": {"Value": shown}}}
    stacks.create("typed", {"B": bucket()}, sections=sections, Parameters=given(V=value))
    assert stacks.outputs("typed") == {"O": found}


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        ({"Type": "Nothing"}, "a", "Template format error: Unrecognized parameter type: Nothing"),
        ({"Type": "Number"}, "a", "Parameter 'V' must be a number"),
        ({"Type": "Number", "MinValue": 2}, "1", "Parameter 'V' must be a number not less than 2"),
        ({"Type": "Number", "MaxValue": "2"}, "3", "Parameter 'V' must be a number not greater"),
        ({"Type": "String", "MinLength": "2"}, "a", "Parameter 'V' must contain at least 2"),
        (
            {"Type": "String", "AllowedPattern": r"\p{Lower}+"},
            "A",
            r"must match pattern \p{Lower}+",
        ),
        ({"Type": "String", "AllowedValues": [True, False]}, "yes", "must be one of AllowedValues"),
        ({"Type": "String", "Defualt": 1}, "a", "Invalid template parameter property 'Defualt'"),
        (
            {"Type": "String", "Default": "{{resolve:ssm:/plain}}"},
            "a",
            "Template error: parameter V should not contain ssm versionless resolver",
        ),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            "/none",
            "Unable to fetch parameters [/none] from parameter store for this account.",
        ),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            "/secure",
            "Parameters [/secure] referenced by template have types not supported by",
        ),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            "/list",
            "Types for SSM parameters [/list] defined in CFN template and SSM are incompatible",
        ),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused(
    stacks: Stacks, stored: LocalAws, slot: dict[str, Any], value: str, message: str
) -> None:
    sections = {"Parameters": {"V": slot}}
    code, found = refused(
        lambda: stacks.create("p", {"B": bucket()}, sections=sections, Parameters=given(V=value))
    )
    assert code == "ValidationError"
    assert message in found


def test_booleans_and_numbers_are_texts_wherever_one_is_wanted(
    stacks: Stacks, aws: LocalAws
) -> None:
    slot = {"Type": "String", "AllowedValues": [True, False], "Default": True}
    queue = {"QueueName": 12345678, "VisibilityTimeout": "77", "FifoQueue": {"Ref": "AWS::NoValue"}}
    sections = {
        "Parameters": {"On": slot},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "true"]}},
    }
    resources = {
        "Q": {"Type": "AWS::SQS::Queue", "Condition": "IsOn", "Properties": queue},
        "R": {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": "rate(1 day)", "Name": 7},
        },
    }
    stacks.create("texts", resources, sections=sections)
    assert stacks.status("texts") == "CREATE_COMPLETE"
    sqs = client(aws, "sqs")
    url = sqs.get_queue_url(QueueName="12345678")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"] == {"VisibilityTimeout": "77"}
    assert client(aws, "events").describe_rule(Name="7")["State"] == "ENABLED"


BUCKET = {"Type": "AWS::S3::Bucket"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            {"Resources": {"B": {**BUCKET, "Properties": {"BucketName": None}}}},
            "[/Resources/B/Properties/BucketName] 'null' values are not allowed in templates",
        ),
        (
            {"Resources": {"B": {"Type": "AWS::No::Such"}, "C": {"Type": "AWS::Nor::This"}}},
            "Template format error: Unrecognized resource types: [AWS::No::Such, AWS::Nor::This]",
        ),
        (
            {"Resources": {"B": {**BUCKET, "Tags": []}}},
            "Invalid template resource property 'Tags'",
        ),
        (
            {"Resources": {"B": BUCKET}, "Outputs": {"O": {"Value": {"Fn::GetAtt": "B.Name"}}}},
            "Template error: resource B does not support attribute type Name in Fn::GetAtt",
        ),
        (
            {"Resources": {"B": BUCKET}, "Outputs": {"O": {"Value": {"Fn::Sub": "${B.Name}"}}}},
            "Template error: resource B does not support attribute type Name in Fn::GetAtt",
        ),
        (
            {"Resources": {"B": bucket(BucketName={"Fn::Upper": "a"})}},
            "Template Error: Encountered unsupported function: Fn::Upper Supported functions are",
        ),
        (
            {"Resources": {"B": bucket(BucketName={"Fn::If": ["No", "a", "b"]})}},
            "Template error: unresolved condition dependency No in Fn::If",
        ),
        (
            {
                "Conditions": {"C": {"Fn::Equals": [{"Ref": "B"}, "a"]}},
                "Resources": {"B": BUCKET},
            },
            "Cannot reference resources in the Conditions block of the template",
        ),
        (
            {"Resources": {"B": bucket(BucketName={"Fn::FindInMap": ["M", "a", "b"]})}},
            "Mapping named 'M' is not present in the 'Mappings' section of template.",
        ),
        (
            {
                "Mappings": {"M": {"a": {"b": "c"}}},
                "Resources": {"B": bucket(BucketName={"Fn::FindInMap": ["M", "a", "z"]})},
            },
            "Template error: Unable to get mapping for M::a::z",
        ),
        (
            {"Resources": {"B": bucket(BucketName={"Ref": "AWS::Regoin"})}},
            "Unresolved resource dependencies [AWS::Regoin] in the Resources block",
        ),
        (
            {"Resources": {"B": {**BUCKET, "DeletionPolicy": "Keep"}}},
            "DeletionPolicy of B must be one of Delete, Retain",
        ),
        (
            {
                "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
                "Resources": {"B": {**BUCKET, "Condition": "No"}, "C": BUCKET},
                "Outputs": {"O": {"Value": {"Ref": "B"}}},
            },
            "Unresolved resource dependencies [B] in the Outputs block of the template",
        ),
        (
            {
                "Rules": {
                    "R": {
                        "Assertions": [{"Assert": {"Fn::Equals": [1, 2]}, "AssertDescription": "X"}]
                    }
                },
                "Resources": {"B": BUCKET},
            },
            "X",
        ),
        (
            {"Resources": {"B": bucket(Tags={"Fn::Transform": {"Name": "Mine"}})}},
            "Transform Mine is not supported by the local AWS: deploy the transformed template",
        ),
        ({"Resources": []}, "Template format error: Resources must be an object"),
        ({"Resources": {"B": BUCKET}, "Outputs": {"O": {}}}, "must contain a Value object"),
    ],
)
def test_what_aws_refuses_at_the_request_is_refused_there(
    stacks: Stacks, template: dict[str, Any], message: str
) -> None:
    body = json.dumps(template)
    named = {"ChangeSetName": "c", "ChangeSetType": "CREATE"}
    for create in (stacks.client.create_stack, partial(stacks.client.create_change_set, **named)):
        code, found = refused(partial(create, StackName="bad", TemplateBody=body))
        assert code == "ValidationError"
        assert message in found
    assert stacks.client.describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Nmae": "a"}, "#: extraneous key [Nmae] is not permitted"),
        (
            {"VersioningConfiguration": {"Satus": "a"}},
            "#/VersioningConfiguration: extraneous key [Satus] is not permitted",
        ),
        (
            {"Tags": [{"Key": "a"}]},
            "#/Tags/0: required key [Value] not found",
        ),
    ],
)
def test_a_property_that_a_type_does_not_have_fails_its_resource(
    stacks: Stacks, properties: dict[str, Any], message: str
) -> None:
    stacks.create("wrong", {"B": bucket(**properties)})
    assert stacks.status("wrong") == "ROLLBACK_COMPLETE"
    reason = stacks.reason("wrong", "B", "CREATE_FAILED")
    assert reason.startswith("Properties validation failed for resource B with message:\n")
    assert message in reason


def test_an_export_that_nobody_has_fails_the_stack_before_anything_is_made(stacks: Stacks) -> None:
    stacks.create("importer", {"B": bucket(BucketName={"Fn::ImportValue": "none"})})
    assert stacks.steps("importer", "CREATE_IN_PROGRESS") == []
    assert stacks.reason("importer", "importer", "ROLLBACK_IN_PROGRESS") == (
        "No export named none found. Rollback requested by user."
    )


def test_a_stack_without_outputs_says_nothing_of_any(stacks: Stacks) -> None:
    stacks.create("silent", {"B": bucket()})
    assert not {"Outputs", "Parameters"} & set(stacks.describe("silent"))


def test_previous_values_are_those_the_stack_has(stacks: Stacks) -> None:
    def sections(value: str) -> dict[str, Any]:
        outputs = {"O": {"Value": {"Ref": "V"}}}
        return {"Parameters": {"V": {"Type": "String", "Default": value}}, "Outputs": outputs}

    stacks.create("kept", {"B": bucket()}, sections=sections("a"))
    previous = [{"ParameterKey": "V", "UsePreviousValue": True}]
    stacks.update(
        "kept", {"B": bucket(), "C": bucket()}, sections=sections("b"), Parameters=previous
    )
    assert stacks.outputs("kept") == {"O": "a"}
    stacks.client.update_stack(StackName="kept", UsePreviousTemplate=True, Parameters=given(V="c"))
    assert stacks.outputs("kept") == {"O": "c"}
    both = {"UsePreviousTemplate": True, "TemplateBody": "{}", "Parameters": previous}
    code, message = refused(lambda: stacks.client.update_stack(StackName="kept", **both))
    assert code == "ValidationError"
    assert message == "You cannot specify both usePreviousTemplate and Template Body/Template URL."
    other = [{"ParameterKey": "W", "UsePreviousValue": True}]
    code, message = refused(
        lambda: stacks.client.update_stack(
            StackName="kept", UsePreviousTemplate=True, Parameters=other
        )
    )
    assert code == "ValidationError"
    assert message.startswith("Invalid input for parameter key W. Cannot specify usePreviousValue")


def test_a_stack_under_review_has_nothing_to_summarize_and_its_change_set_a_name(
    stacks: Stacks,
) -> None:
    body = json.dumps({"Resources": {"B": bucket()}})
    asked = {"StackName": "review", "ChangeSetType": "CREATE", "TemplateBody": body}
    create = stacks.client.create_change_set
    code, message = refused(lambda: create(ChangeSetName="1st", **asked))
    assert code == "ValidationError"
    assert "Value '1st' at 'changeSetName' failed to satisfy constraint" in message
    create(ChangeSetName="first", **asked)
    summary = stacks.client.get_template_summary
    code, message = refused(lambda: summary(StackName="review"))
    assert code == "ValidationError"
    assert message == "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."


def test_a_summary_tells_metadata_and_what_could_be_imported(stacks: Stacks) -> None:
    template = {
        "Metadata": {"owner": "audit"},
        "Resources": {
            "Q": {"Type": "AWS::SQS::Queue"},
            "T": {"Type": "AWS::CloudTrail::Trail"},
            "R": {"Type": "AWS::SQS::Queue"},
            "C": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "x"}},
        },
    }
    found = stacks.client.get_template_summary(TemplateBody=json.dumps(template))
    assert json.loads(found["Metadata"]) == {"owner": "audit"}
    assert found["ResourceTypes"] == ["AWS::SQS::Queue", "AWS::CloudTrail::Trail", "Custom::Thing"]
    assert found["ResourceIdentifierSummaries"] == [
        {
            "ResourceType": "AWS::SQS::Queue",
            "LogicalResourceIds": ["Q", "R"],
            "ResourceIdentifiers": ["QueueUrl"],
        },
        {
            "ResourceType": "AWS::CloudTrail::Trail",
            "LogicalResourceIds": ["T"],
            "ResourceIdentifiers": ["TrailName"],
        },
    ]
