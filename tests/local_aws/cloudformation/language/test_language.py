"""The template language, as a client of CloudFormation sees it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks, bucket, refused

PARAMETER = "AWS::SSM::Parameter"
LABELLED = "{{resolve:ssm:/plain:prod}}"


def parameter(value: Any, **more: Any) -> dict[str, Any]:
    """A parameter of Parameter Store called /made, with a value."""
    given = {"Name": "/made", "Type": "String", "Value": value, **more}
    return {"P": {"Type": PARAMETER, "Properties": given}}


def made(aws: LocalAws) -> str:
    return str(aws.client("ssm").get_parameter(Name="/made")["Parameter"]["Value"])


@pytest.fixture
def stored(aws: LocalAws) -> LocalAws:
    """Parameter Store and Secrets Manager with something in them."""
    ssm, secrets = aws.client("ssm"), aws.client("secretsmanager")
    for value in ("one", "two"):
        ssm.put_parameter(Name="/plain", Type="String", Value=value, Overwrite=True)
    ssm.put_parameter(Name="/list", Type="StringList", Value="a, b")
    ssm.put_parameter(Name="/secure", Type="SecureString", Value="hidden")
    secrets.create_secret(Name="json", SecretString=json.dumps({"user": "u1", "n": 1}))
    secrets.put_secret_value(SecretId="json", SecretString=json.dumps({"user": "u2"}))
    secrets.create_secret(Name="text", SecretString="whole")
    return aws


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("{{resolve:ssm:/plain}}", "two"),
        ("a-{{resolve:ssm:/plain:1}}-{{resolve:ssm:/list}}", "a-one-a, b"),
        ({"Fn::Sub": "{{resolve:ssm:/${AWS::Region}}}"}, "here"),
        ("{{resolve:secretsmanager:text}}", "whole"),
        ("{{resolve:secretsmanager:text:SecretString}}", "whole"),
        ("{{resolve:secretsmanager:json:SecretString:user}}", "u2"),
        ("{{resolve:secretsmanager:json:SecretString:user:AWSPREVIOUS}}", "u1"),
        ("{{resolve:secretsmanager:json:SecretString:user::}}", "u2"),
    ],
)
def test_a_dynamic_reference_gives_what_it_refers_to(
    stacks: Stacks, stored: LocalAws, value: Any, found: str
) -> None:
    stored.client("ssm").put_parameter(Name="/us-east-1", Type="String", Value="here")
    stacks.create("dynamic", parameter(value))
    assert stacks.status("dynamic") == "CREATE_COMPLETE"
    assert made(stored) == found


def test_a_secret_of_an_arn_is_found_and_its_value_shown_nowhere(
    stacks: Stacks, stored: LocalAws
) -> None:
    arn = stored.client("secretsmanager").describe_secret(SecretId="text")["ARN"]
    reference = f"{{{{resolve:secretsmanager:{arn}:SecretString}}}}"
    output = {"Outputs": {"O": {"Value": reference}}}
    stacks.create("secret", parameter(reference), sections=output)
    assert made(stored) == "whole"
    assert "whole" not in str(stacks.events("secret"))
    assert stacks.outputs("secret") == {"O": reference}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{{resolve:ssm:/none}}", "Parameters: [ssm:/none] cannot be found."),
        ("{{resolve:ssm:/plain:9}}", "Parameters: [ssm:/plain:9] cannot be found."),
        (
            LABELLED,
            f"Incorrect format is used in the following SSM reference: [{LABELLED}]",
        ),
        (
            "{{resolve:ssm:/secure}}",
            "Non-secure ssm prefix was used for secure parameter /secure",
        ),
        (
            "{{resolve:ssm-secure:/secure:1}}",
            "SSM Secure reference is not supported in: [AWS::SSM::Parameter/Properties/Value]",
        ),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused_at_once(
    stacks: Stacks, stored: LocalAws, value: str, message: str
) -> None:
    refusal = refused(lambda: stacks.create("dynamic", parameter(value)))
    assert refusal == ("ValidationError", message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "{{resolve:secretsmanager:json:SecretString:none}}",
            "Could not find a value associated with JSONKey in SecretString",
        ),
        (
            "{{resolve:secretsmanager:text:SecretString:user}}",
            "Could not parse SecretString JSON",
        ),
        (
            "{{resolve:secretsmanager:none}}",
            "Secrets Manager can't find the specified secret.",
        ),
    ],
)
def test_a_secret_that_is_not_there_fails_its_resource(
    stacks: Stacks, stored: LocalAws, value: str, message: str
) -> None:
    stacks.create("secret", parameter(value))
    assert stacks.status("secret") == "ROLLBACK_COMPLETE"
    assert stacks.reason("secret", "P", "CREATE_FAILED") == message


def test_ssm_is_read_at_every_update_and_a_secret_only_when_its_resource_changes(
    stacks: Stacks, stored: LocalAws
) -> None:
    ssm, secrets = stored.client("ssm"), stored.client("secretsmanager")
    stacks.create("read", parameter("{{resolve:ssm:/plain}}"))
    ssm.put_parameter(Name="/plain", Type="String", Value="three", Overwrite=True)
    stacks.update("read", parameter("{{resolve:ssm:/plain}}"))
    assert made(stored) == "three"
    secret = "{{resolve:secretsmanager:text}}"
    stacks.update("read", parameter(secret))
    secrets.put_secret_value(SecretId="text", SecretString="new")
    stacks.update("read", {**parameter(secret), "B": bucket()})
    assert made(stored) == "whole"
    stacks.update("read", {**parameter(secret, Description="d"), "B": bucket()})
    assert made(stored) == "new"


def test_a_password_may_be_a_secure_parameter(stacks: Stacks, stored: LocalAws) -> None:
    login = {"Password": "{{resolve:ssm-secure:/secure}}", "PasswordResetRequired": "true"}
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "LoginProfile": login}}
    stacks.create("user", {"U": user})
    assert stacks.status("user") == "CREATE_COMPLETE"
    assert "hidden" not in str(stacks.events("user"))


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
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="12345678")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"] == {"VisibilityTimeout": "77"}
    assert aws.client("events").describe_rule(Name="7")["State"] == "ENABLED"


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


def test_a_secret_can_be_a_name(stacks: Stacks, stored: LocalAws) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    name = "{{resolve:secretsmanager:json:SecretString:user}}"
    stacks.create("named", {"T": {**topic, "Properties": {"TopicName": name}}})
    assert stacks.status("named") == "CREATE_COMPLETE"
    sns = stored.client("sns")
    (made,) = sns.list_topics()["Topics"]
    assert made["TopicArn"].endswith(":u2")
    shown = {"TopicName": name, "DisplayName": "shown"}
    stacks.update("named", {"T": {**topic, "Properties": shown}})
    assert stacks.status("named") == "UPDATE_COMPLETE"
    assert sns.list_topics()["Topics"] == [made]


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
