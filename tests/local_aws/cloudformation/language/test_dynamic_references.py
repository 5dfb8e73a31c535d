"""References to Parameter Store and Secrets Manager, as a client of CloudFormation sees them."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks, bucket, refused
from tests.local_aws.delivered import client

PARAMETER = "AWS::SSM::Parameter"
LABELLED = "{{resolve:ssm:/plain:prod}}"


def parameter(value: Any, **more: Any) -> dict[str, Any]:
    """A parameter of Parameter Store called /made, with a value."""
    given = {"Name": "/made", "Type": "String", "Value": value, **more}
    return {"P": {"Type": PARAMETER, "Properties": given}}


def made(aws: LocalAws) -> str:
    return str(client(aws, "ssm").get_parameter(Name="/made")["Parameter"]["Value"])


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
