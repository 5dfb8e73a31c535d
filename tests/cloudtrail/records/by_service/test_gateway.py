"""Records of services behind a gateway, which are made of the HTTP exchange."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.records.calls import CallError, Record
from cloudtrail.records.record import record_of
from cloudtrail.records.services import GATEWAY_SERVICES
from tests.cloudtrail.calls import call

REFUSED = CallError("AccessDeniedException", "User: U is not authorized", 403)


def record(service: str, operation: str, parameters: dict[str, Any], **fields: Any) -> Record:
    return record_of(call(service, operation, parameters, **fields))


@pytest.mark.parametrize("service", sorted(GATEWAY_SERVICES))
def test_there_is_no_connection_in_the_record(service: str) -> None:
    assert "tlsDetails" not in record(service, "ListSomething", {})


def test_a_refused_write_answers_with_the_message_and_keeps_its_parameters() -> None:
    made = record("guardduty", "DeleteMembers", {"DetectorId": "d"}, error=REFUSED)
    assert made["errorCode"] == "AccessDenied"
    assert "errorMessage" not in made
    assert made["requestParameters"] == {"detectorId": "d"}
    assert made["responseElements"] == {"message": "User: U is not authorized"}


def test_a_refused_read_answers_with_nothing() -> None:
    made = record("eks", "DescribeCluster", {"name": "c"}, error=REFUSED)
    assert made["requestParameters"] == {"name": "c"}
    assert made["responseElements"] is None
    assert "errorMessage" not in made


def test_numbers_of_the_query_are_text() -> None:
    made = record("servicecatalog-appregistry", "ListApplications", {"maxResults": 5})
    assert made["requestParameters"] == {"maxResults": "5"}


def test_a_rest_api_shows_its_body_apart_from_its_path() -> None:
    parameters = {"restApiId": "a", "stageName": "s", "deploymentId": "d"}
    assert record("apigateway", "CreateStage", parameters)["requestParameters"] == {
        "restApiId": "a",
        "createStageInput": {"stageName": "s", "deploymentId": "d"},
        "template": False,
    }
