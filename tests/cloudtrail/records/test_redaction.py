"""What AWS hides: secrets by the model's mark, by name, and by service."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.compact_json import to_json
from cloudtrail.records.record import record_of
from cloudtrail.records.service_models import operation_model, service_model
from tests.cloudtrail.calls import SECRET, call, example

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def request(service: str, operation: str, parameters: dict[str, Any]) -> Any:
    """Return the requestParameters of a call."""
    return record_of(call(service, operation, parameters))["requestParameters"]


@pytest.mark.parametrize(
    "service",
    [
        "acm", "amplify", "apigateway", "appsync", "cognito-idp", "comprehend", "docdb", "ecs",
        "elasticache", "glue", "iot", "mq", "mwaa", "redshift", "sagemaker", "ses", "transfer",
        "workspaces",
    ],
)  # fmt: skip
def test_no_sensitive_value_of_any_operation_is_recorded(service: str) -> None:
    model = service_model(service)
    assert model is not None
    for operation in model.operation_names:
        shapes = operation_model(service, operation)
        assert shapes is not None
        made = call(
            service,
            operation,
            example(shapes.input_shape) or {},
            output=example(shapes.output_shape),
        )
        assert SECRET.encode() not in to_json(record_of(made)), operation


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "shown"),
    [
        ("iam", "ChangePassword", {"OldPassword": SECRET, "NewPassword": SECRET}, None),
        ("iam", "EnableMFADevice", {"UserName": "u", "AuthenticationCode1": "123456"},
         {"userName": "u"}),
        ("rds", "ModifyDBInstance", {"MasterUserPassword": SECRET},
         {"masterUserPassword": "****"}),
        ("secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": SECRET},
         {"secretId": "s"}),
        ("kms", "GenerateMac", {"KeyId": "k", "Message": b"x"}, {"keyId": "k"}),
        ("sns", "Publish", {"TopicArn": "t", "Message": SECRET},
         {"topicArn": "t", "message": HIDDEN}),
        ("sns", "ConfirmSubscription", {"TopicArn": "t", "Token": SECRET},
         {"topicArn": "t", "token": HIDDEN}),
        ("sns", "CreatePlatformEndpoint", {"PlatformApplicationArn": "p", "Token": SECRET},
         {"platformApplicationArn": "p", "token": HIDDEN}),
        ("sns", "ListTopics", {"NextToken": "page 2"}, {"nextToken": "page 2"}),
        ("sns", "CreatePlatformApplication", {"Name": "n", "Attributes": {
            "PlatformCredential": SECRET}},
         {"name": "n", "attributes": {"PlatformCredential": HIDDEN}}),
        ("cognito-sync", "RegisterDevice", {"IdentityId": "i", "Token": SECRET},
         {"identityId": "i", "token": HIDDEN}),
        ("stepfunctions", "StartExecution", {"stateMachineArn": "m", "input": SECRET},
         {"stateMachineArn": "m", "input": HIDDEN}),
        ("ssm", "SendCommand", {"Parameters": {"commands": [SECRET]}},
         {"interactive": False, "parameters": HIDDEN}),
        ("cognito-idp", "SignUp", {"Username": "bob", "Password": SECRET},
         {"username": HIDDEN, "password": HIDDEN}),
        ("ec2", "ModifyInstanceAttribute", {"InstanceId": "i", "UserData": {"Value": b"x"}},
         {"instanceId": "i", "userData": "<sensitiveDataRemoved>"}),
        ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"x"}, {"streamName": "s"}),
    ],
)  # fmt: skip
def test_values_are_dropped_or_replaced_as_the_service_does(
    service: str, operation: str, parameters: dict[str, Any], shown: dict[str, Any] | None
) -> None:
    assert request(service, operation, parameters) == shown


def test_environments_of_containers_are_hidden() -> None:
    container = {"name": "web", "environment": [{"name": "TOKEN", "value": SECRET}]}
    shown = request("ecs", "RegisterTaskDefinition", {"containerDefinitions": [container]})
    assert shown == {"containerDefinitions": [{"name": "web", "environment": HIDDEN}]}


def test_a_maps_secret_keys_are_hidden() -> None:
    properties = {"USERNAME": "admin", "PASSWORD": SECRET}
    shown = request(
        "glue",
        "CreateConnection",
        {"ConnectionInput": {"ConnectionProperties": properties}},
    )
    assert shown["connectionInput"]["connectionProperties"] == {
        "USERNAME": "admin",
        "PASSWORD": HIDDEN,
    }


def test_what_only_sounds_secret_stays() -> None:
    parameters = {"SecretId": "s", "ClientRequestToken": "t", "Description": "d"}
    assert set(request("secretsmanager", "UpdateSecret", parameters)) == {
        "secretId",
        "clientRequestToken",
        "description",
    }


def test_whom_a_web_identity_token_names_stays_but_not_the_token() -> None:
    output = {"SubjectFromWebIdentityToken": "bob", "Audience": "app"}
    parameters = {"RoleSessionName": "bob", "WebIdentityToken": SECRET}
    record = record_of(call("sts", "AssumeRoleWithWebIdentity", parameters, output=output))
    assert record["requestParameters"] == {"roleSessionName": "bob"}
    assert record["responseElements"] == {
        "subjectFromWebIdentityToken": "bob",
        "audience": "app",
    }
