"""The services with one or two rules of their own."""

from __future__ import annotations

import pytest

from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import ACCOUNT, SECRET, TIME, call, request


def test_assuming_a_role_is_a_read_that_answers() -> None:
    output = {
        "Credentials": {
            "AccessKeyId": "ASIA1",
            "SecretAccessKey": SECRET,
            "SessionToken": "token",
            "Expiration": TIME,
        }
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/admin"
    record = record_of(call("sts", "AssumeRole", {"RoleArn": role}, output=output))
    assert record["responseElements"]["credentials"] == {
        "accessKeyId": "ASIA1",
        "sessionToken": "token",
        "expiration": "May 3, 2026, 2:05:09 PM",
    }
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role}]


def test_rds_records_the_instance_without_its_wrapper() -> None:
    output = {"DBInstance": {"DBInstanceIdentifier": "db"}}
    record = record_of(call("rds", "CreateDBInstance", {"MasterUserPassword": "x"}, output=output))
    assert record["responseElements"] == {"dBInstanceIdentifier": "db"}
    assert request(record) == {"masterUserPassword": "****"}


def test_cloudformation_hides_templates_and_parameter_values() -> None:
    parameters = {
        "StackName": "s",
        "TemplateBody": SECRET,
        "Parameters": [{"ParameterKey": "Password", "ParameterValue": SECRET}],
    }
    assert request(record_of(call("cloudformation", "CreateStack", parameters))) == {
        "stackName": "s",
        "parameters": [{"parameterKey": "Password"}],
    }


def test_lambda_hides_code_and_environment() -> None:
    parameters = {
        "FunctionName": "f",
        "Code": {"ZipFile": b"x", "S3Bucket": "b"},
        "Environment": {"Variables": {"TOKEN": SECRET}},
    }
    assert request(record_of(call("lambda", "CreateFunction", parameters))) == {
        "functionName": "f",
        "code": {"s3Bucket": "b"},
        "environment": {},
    }


def test_a_parameters_value_is_hidden_and_the_parameter_named() -> None:
    record = record_of(call("ssm", "PutParameter", {"Name": "/db/password", "Value": SECRET}))
    assert request(record)["value"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert record["resources"] == [
        {"accountId": ACCOUNT, "ARN": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/db/password"}
    ]


def test_a_new_secret_is_recorded_by_its_arn_alone() -> None:
    output = {"ARN": "arn:aws:secretsmanager:...", "Name": "n", "VersionId": "v"}
    created = call("secretsmanager", "CreateSecret", {"SecretString": SECRET}, output=output)
    record = record_of(created)
    assert (request(record), record["responseElements"]) == (None, {"arn": output["ARN"]})


def test_redshift_answers_a_restore_as_any_other_write() -> None:
    output = {"TableRestoreStatus": {"Status": "PENDING"}}
    restored = call("redshift", "RestoreTableFromClusterSnapshot", output=output)
    assert record_of(restored)["responseElements"] == {"status": "PENDING"}


def test_eks_uses_the_names_on_the_wire() -> None:
    assert request(record_of(call("eks", "DeleteCluster", {"name": "c"}))) == {"name": "c"}
    nodegroup = call("eks", "CreateNodegroup", {"clusterName": "c", "nodegroupName": "n"})
    assert request(record_of(nodegroup)) == {"name": "c", "nodegroupName": "n"}


def test_some_newer_services_keep_capital_letters() -> None:
    assert request(record_of(call("ce", "GetTags", {"SearchString": "x"}))) == {"SearchString": "x"}


@pytest.mark.parametrize(
    ("parameters", "version"),
    [
        ({"FunctionName": "f"}, "function:f:$LATEST"),
        ({"FunctionName": "f", "Qualifier": "live"}, "function:f:live"),
    ],
)
def test_an_invocation_says_which_version_ran(parameters: dict[str, str], version: str) -> None:
    data = record_of(call("lambda", "Invoke", parameters))["additionalEventData"]
    assert data == {"functionVersion": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:{version}"}


def test_messages_are_hidden() -> None:
    record = record_of(call("sqs", "SendMessage", {"QueueUrl": "q", "MessageBody": SECRET}))
    assert request(record)["messageBody"] == "HIDDEN_DUE_TO_SECURITY_REASONS"


def test_opensearch_serverless_says_nothing_of_the_connection_but_the_host() -> None:
    record = record_of(call("opensearchserverless", "ListCollections"))
    assert record["tlsDetails"] == {"clientProvidedHostHeader": "aoss.eu-west-1.amazonaws.com"}
