"""The tables of exceptions name only what the APIs have."""

from __future__ import annotations

import botocore.session
import pytest

from cloudtrail.records import data_events, operations, redaction, services
from cloudtrail.records.by_service import ec2
from cloudtrail.records.service_models import operation_model, service_model

SERVICES = set(botocore.session.Session().get_available_services())


def unknown(named: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of (service, operation) that botocore has no model of."""
    return {pair for pair in named if operation_model(*pair) is None}


@pytest.mark.parametrize(
    "named",
    [
        set(services.EVENT_SOURCES),
        set(services.API_VERSIONS),
        set(services.READS),
        set(services.WRITES),
        set(operations.UNWRAPPED),
        set(operations.KEEP_PARAMETERS_WHEN_DENIED),
        set(redaction.PLACEHOLDERS),
        set(redaction.DROPPING),
    ],
)
def test_every_service_in_a_table_exists(named: set[str]) -> None:
    assert named <= SERVICES


@pytest.mark.parametrize(
    "named",
    [
        {(service, name) for service, names in services.READS.items() for name in names},
        {(service, name) for service, names in services.WRITES.items() for name in names},
        {("lambda", name) for name in services.LAMBDA_V2},
        {("s3", name) for name in services.S3_EVENT_NAMES},
        {("s3control", name) for name in services.S3_CONTROL_EVENT_NAMES},
        set(data_events.RESOURCE_TYPES) - {data_events.POST_OBJECT},
        set(data_events.UNRECORDED),
        set(operations.ARN_ONLY),
        set(operations.DEFAULTS),
    ],
)
def test_every_operation_in_a_table_exists(named: set[tuple[str, str]]) -> None:
    assert unknown(named) == set()


def test_every_hidden_member_exists() -> None:
    for service, member in redaction.DROPPED_MEMBERS | redaction.HIDDEN_MEMBERS:
        model = service_model(service)
        assert model is not None
        shapes = (model.shape_for(name) for name in model.shape_names)
        assert any(member in getattr(shape, "members", {}) for shape in shapes), member


def test_every_set_of_ec2_is_a_list_of_some_request() -> None:
    model = service_model("ec2")
    assert model is not None
    lists = {
        member
        for name in model.shape_names
        for member, shape in getattr(model.shape_for(name), "members", {}).items()
        if shape.type_name == "list"
    }
    assert set(ec2.REQUEST_SETS) <= lists


def test_reads_in_the_table_are_not_known_by_their_verbs() -> None:
    named = {(service, name) for service, names in services.READS.items() for name in names}
    assert not {name for _, name in named if name.startswith(services.READ_VERBS)}
