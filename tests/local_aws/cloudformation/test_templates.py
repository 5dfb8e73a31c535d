"""Templates, parameters and requests that are refused, or read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ROLE,
    Stacks,
    bucket,
    policy,
    refused,
)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {}}}, "must contain a Type member"),
        ({"Resources": {"A-1": bucket()}}, "Resource name A-1 is non alphanumeric"),
        ({"Resources": {"A": bucket()}, "Extra": 1}, "Invalid template property"),
        (
            {"Resources": {"A": policy({"Ref": "Missing"})}},
            "Unresolved resource dependencies [Missing] in the Resources block",
        ),
        (
            {"Resources": {"A": {**bucket(), "DependsOn": "Missing"}}},
            "Unresolved resource dependencies [Missing] in the Resources block",
        ),
        (
            {"Resources": {"A": bucket()}, "Outputs": {"O": {"Value": {"Ref": "Missing"}}}},
            "Unresolved resource dependencies [Missing] in the Outputs block",
        ),
        (
            {"Resources": {"A": bucket(Tags={"Fn::GetAtt": ["Missing", "Arn"]})}},
            "instance of Fn::GetAtt references undefined resource Missing",
        ),
        (
            {"Resources": {"A": {**bucket(), "Condition": "Missing"}}},
            "Unresolved condition dependency Missing",
        ),
        (
            {
                "Resources": {
                    "A": {**bucket(), "DependsOn": "B"},
                    "B": {**bucket(), "DependsOn": "A"},
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        (
            {"Resources": {"A": bucket()}, "AWSTemplateFormatVersion": "2011-01-01"},
            "unsupported value",
        ),
        ({"Resources": {"A": bucket()}, "Outputs": {"O-1": {"Value": "a"}}}, "non alphanumeric"),
        ({"Resources": {"A": bucket()}, "Mappings": {"M": {"a": "b"}}}, "/Mappings/M"),
        ({"Resources": {"A": bucket(Tags={"Fn::If": {"a": "b"}})}}, "every Fn::If object requires"),
        ({"Resources": {"A": {**bucket(), "Condition": []}}}, "condition dependency []"),
        ({"Resources": {"A": bucket()}, "Parameters": {"P": {"Type": [[]]}}}, "parameter type"),
        (
            {
                "Resources": {"A": bucket()},
                "Parameters": {"P": {"Type": "Number", "MinValue": "a"}},
            },
            "MinValue of parameter P must be a number",
        ),
        ({"Resources": {"A": bucket()}, "Description": "x" * 1025}, "greater than 1024"),
        (
            {"Resources": {f"A{each}": bucket() for each in range(501)}},
            "Number of resources, 501, is greater than maximum allowed, 500",
        ),
        ({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": bucket()}}, "Transform"),
    ],
)
def test_an_invalid_template_is_refused(
    stacks: Stacks, template: dict[str, Any], message: str
) -> None:
    create = stacks.client.create_stack
    code, text = refused(lambda: create(StackName="bad", TemplateBody=json.dumps(template)))
    assert code == "ValidationError"
    assert message in text


def test_text_that_is_no_template_is_refused(stacks: Stacks) -> None:
    create = stacks.client.create_stack
    assert refused(lambda: create(StackName="bad", TemplateBody="a: [")) == (
        "ValidationError",
        "Template format error: YAML not well-formed. (line 2, column 1)",
    )


@pytest.mark.parametrize(
    ("properties", "capabilities", "needed"),
    [
        ({}, [], "CAPABILITY_IAM"),
        ({"RoleName": "named"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_iam_needs_its_capability(
    stacks: Stacks, properties: dict[str, str], capabilities: list[str], needed: str
) -> None:
    role = {**ROLE, "Properties": {**ROLE["Properties"], **properties}}
    body = json.dumps({"Resources": {"Role": role}})
    create = stacks.client.create_stack
    assert refused(
        lambda: create(StackName="iam", TemplateBody=body, Capabilities=capabilities)
    ) == ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def test_a_taken_stack_name_is_refused(stacks: Stacks) -> None:
    stacks.create("taken", {"B": bucket()})
    code, message = refused(lambda: stacks.create("taken", {"B": bucket()}))
    assert (code, message) == ("AlreadyExistsException", "Stack [taken] already exists")


def test_an_update_without_changes_is_refused(stacks: Stacks) -> None:
    stacks.create("same", {"B": bucket()})
    assert refused(lambda: stacks.update("same", {"B": bucket()})) == (
        "ValidationError",
        "No updates are to be performed.",
    )


PARAMETERS = {
    "Parameters": {
        "Stage": {"Type": "String", "AllowedValues": ["test", "prod"]},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
    }
}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Parameters: [Stage] must have values"),
        ({"Stage": "x"}, "Parameter 'Stage' must be one of AllowedValues"),
        ({"Stage": "test", "Other": "x"}, "Parameters: [Other] do not exist in the template"),
    ],
)
def test_parameters_are_checked(stacks: Stacks, given: dict[str, str], message: str) -> None:
    values = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    code, text = refused(
        lambda: stacks.create("p", {"B": bucket()}, sections=PARAMETERS, Parameters=values)
    )
    assert (code, text) == ("ValidationError", message)


def test_the_default_of_a_list_parameter_is_a_list(stacks: Stacks) -> None:
    joined = {"Fn::Join": ["+", {"Ref": "Names"}]}
    sections = {**PARAMETERS, "Outputs": {"Joined": {"Value": joined}}}
    values = [{"ParameterKey": "Stage", "ParameterValue": "test"}]
    stacks.create("p", {"B": bucket()}, sections=sections, Parameters=values)
    assert stacks.outputs("p") == {"Joined": "a+b"}


def test_a_changed_parameter_updates_what_refers_to_it(stacks: Stacks, aws: LocalAws) -> None:
    tagged = bucket("staged", Tags=[{"Key": "stage", "Value": {"Ref": "Stage"}}])
    for stage, call in (("test", stacks.create), ("prod", stacks.update)):
        values = [{"ParameterKey": "Stage", "ParameterValue": stage}]
        call("p", {"B": tagged}, sections=PARAMETERS, Parameters=values)
    found = aws.client("s3").get_bucket_tagging(Bucket="staged")["TagSet"]
    assert {"Key": "stage", "Value": "prod"} in found


def test_an_export_in_use_keeps_its_stack(stacks: Stacks) -> None:
    exporting = {"Outputs": {"Name": {"Value": {"Ref": "B"}, "Export": {"Name": "shared"}}}}
    stacks.create("exporter", {"B": bucket("exported")}, sections=exporting)
    imported = bucket(Tags=[{"Key": "of", "Value": {"Fn::ImportValue": "shared"}}])
    stacks.create("importer", {"B": imported})
    assert stacks.client.list_imports(ExportName="shared")["Imports"] == ["importer"]
    code, message = refused(lambda: stacks.client.delete_stack(StackName="exporter"))
    assert (code, message) == (
        "ValidationError",
        "Cannot delete export shared as it is in use by importer",
    )


def test_a_yaml_template_with_short_functions_works(stacks: Stacks) -> None:
    body = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: '*', Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*'}
Outputs:
  Arn: {Value: !GetAtt Bucket.Arn}
"""
    stacks.client.create_stack(StackName="yaml", TemplateBody=body)
    assert stacks.status("yaml") == "CREATE_COMPLETE"
    assert stacks.outputs("yaml")["Arn"].startswith("arn:aws:s3:::yaml-bucket-")


def test_a_stack_policy_is_kept_and_its_refusals_say_what_is_wrong(stacks: Stacks) -> None:
    stacks.create("kept", {"B": bucket()})
    client = stacks.client
    client.set_stack_policy(StackName="kept", StackPolicyBody="{}")
    assert client.get_stack_policy(StackName="kept")["StackPolicyBody"] == "{}"
    code, message = refused(lambda: client.get_stack_policy(StackName="unknown"))
    assert (code, message) == ("ValidationError", "Stack: unknown does not exist")
    code, message = refused(lambda: client.set_stack_policy(StackName="kept", StackPolicyURL="x"))
    assert code == "ValidationError"
    assert message.startswith("StackPolicyURL must be a supported URL")


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"RetentionInDays": 2}, "#/RetentionInDays: 2 is not a valid enum value"),
        ({"RetentionInDays": "7"}, None),
        ({"LogGroupName": "x" * 513}, "#/LogGroupName: expected maxLength: 512, actual: 513"),
        ({"RetentionInDays": "long"}, "#/RetentionInDays: long is not a valid enum value"),
        ({"Tags": []}, None),
        ({"Tags": [True]}, "#/Tags/0: expected type: JSONObject, found: Boolean"),
        (
            {"Tags": [{"Key": [], "Value": "b"}]},
            "Tags/0/Key: expected type: String, found: JSONArray",
        ),
        ({"Tags": True}, "#/Tags: expected type: JSONArray, found: Boolean"),
        ({"Fn::GetAZs": ""}, "#: expected type: JSONObject, found: JSONArray"),
    ],
)
def test_values_are_those_that_the_schema_allows(
    stacks: Stacks, properties: dict[str, Any], problem: str | None
) -> None:
    stacks.create("group", {"G": {"Type": "AWS::Logs::LogGroup", "Properties": properties}})
    if problem is None:
        assert stacks.status("group") == "CREATE_COMPLETE", stacks.events("group")
    else:
        reason = stacks.reason("group", "G", "CREATE_FAILED")
        assert reason.startswith("Properties validation failed for resource G with message:\n")
        assert problem in reason


def test_stacks_that_are_not_there_are_told_of_as_each_operation_does(stacks: Stacks) -> None:
    client = stacks.client
    named = {"StackName": "none"}
    one = {**named, "LogicalResourceId": "A"}
    assert [
        refused(lambda: client.describe_stacks(**named)),
        refused(lambda: client.describe_stack_events(**named)),
        refused(lambda: client.describe_stack_resource(**one)),
    ] == [
        ("ValidationError", "Stack with id none does not exist"),
        ("ValidationError", "Stack [none] does not exist"),
        ("ValidationError", "Stack 'none' does not exist"),
    ]
