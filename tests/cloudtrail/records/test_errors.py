"""What the record of a call that failed says and hides."""

from __future__ import annotations

import pytest

from cloudtrail.records.calls import CallError
from cloudtrail.records.record import record_of
from cloudtrail.records.service_models import error_shape, service_model
from tests.cloudtrail.calls import DENIED, THROTTLED, call, full_call, request


@pytest.mark.parametrize("service", ["iam", "dynamodb", "cloudtrail", "logs"])
def test_a_denied_call_shows_nothing_of_its_request(service: str) -> None:
    model = service_model(service)
    assert model is not None
    operation = next(n for n in model.operation_names if n.startswith("Create"))
    record = record_of(full_call(service, operation, error=DENIED))
    assert record["errorCode"] == "AccessDenied"
    assert request(record) is None
    assert not {"resources", "apiVersion"} & set(record)


def test_s3_shows_the_request_of_a_denied_call() -> None:
    denied = call(
        "s3", "GetBucketPolicy", {"Bucket": "b"}, error=CallError("AccessDenied", "", 403)
    )
    assert request(record_of(denied))["bucketName"] == "b"


def test_a_denied_data_event_keeps_the_resource_that_selectors_look_at() -> None:
    record = record_of(call("dynamodb", "GetItem", {"TableName": "Users", "Key": {}}, error=DENIED))
    assert record["resources"][0]["ARN"].endswith(":table/Users")


def test_a_throttled_call_shows_nothing_of_its_request() -> None:
    record = record_of(call("ssm", "GetParameter", {"Name": "/a"}, error=THROTTLED))
    assert (record["errorCode"], request(record)) == ("ThrottlingException", None)
    assert "resources" not in record


def test_a_stack_that_is_refused_has_another_error_and_no_parameters() -> None:
    error = CallError("ValidationError", "No updates are to be performed.", 400)
    record = record_of(call("cloudformation", "UpdateStack", {"StackName": "a"}, error=error))
    assert (record["errorCode"], request(record)) == ("ValidationException", None)
    assert record["errorMessage"] == "No updates are to be performed."


def test_a_call_that_was_not_found_keeps_its_request() -> None:
    error = CallError("NoSuchEntity", "gone", 404, error_shape("iam", "NoSuchEntity"))
    record = record_of(call("iam", "DeleteUser", {"UserName": "bob"}, error=error))
    assert (record["errorCode"], request(record)) == ("NoSuchEntityException", {"userName": "bob"})


@pytest.mark.parametrize(
    ("service", "wire", "shape"),
    [
        ("iam", "NoSuchEntity", "NoSuchEntityException"),
        ("rds", "DBInstanceNotFound", "DBInstanceNotFoundFault"),
        ("dynamodb", "ResourceNotFoundException", "ResourceNotFoundException"),
        ("ec2", "InvalidInstanceID.NotFound", None),
        ("not-a-service", "Anything", None),
    ],
)
def test_the_model_names_the_exception_of_a_wire_code(
    service: str, wire: str, shape: str | None
) -> None:
    assert error_shape(service, wire) == shape


@pytest.mark.parametrize(
    ("code", "status", "recorded"),
    [
        ("InvalidInstanceID.NotFound", 400, "Client.InvalidInstanceID.NotFound"),
        ("UnauthorizedOperation", 403, "Client.UnauthorizedOperation"),
        ("InternalError", 500, "Server.InternalError"),
    ],
)
def test_ec2_says_whose_error_it_was(code: str, status: int, recorded: str) -> None:
    failed = call("ec2", "StartInstances", error=CallError(code, "", status))
    assert record_of(failed)["errorCode"] == recorded


def test_an_error_without_a_message_has_no_errormessage() -> None:
    assert "errorMessage" not in record_of(
        call("ssm", "GetParameter", error=CallError("E", "", 400))
    )


def test_a_session_token_that_fails_keeps_its_request() -> None:
    denied = call("sts", "GetSessionToken", {"DurationSeconds": 900}, error=DENIED)
    assert request(record_of(denied)) == {"durationSeconds": 900}
