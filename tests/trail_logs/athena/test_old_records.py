"""Selectors, the reader and Athena's statement say the same of records that leave out fields."""

from __future__ import annotations

import botocore.session
import duckdb
import msgspec
import pytest
from sqlglot import exp

from cloudtrail.old_records import event_category, is_read_only
from cloudtrail.records import services
from cloudtrail.records.service_models import service_model
from tests.trail_logs.log_samples import record as sample
from trail_logs.athena import condition
from trail_logs.records import category_of, read_only, record_of

Event = tuple[str, str]
OLD = {"eventVersion": "1.05", "readOnly": None, "managementEvent": None, "eventCategory": None}


@pytest.fixture(scope="module")
def events() -> dict[Event, bool]:
    """Source and name of the events of all operations, each with whether it reads."""
    found: dict[Event, bool] = {}
    for service in botocore.session.get_session().get_available_services():
        model = service_model(service)
        assert model is not None
        source = services.event_source(service)
        for operation in model.operation_names:
            name = services.event_name(service, operation, model.operation_model(operation))
            found[source, name] = services.is_read_only(service, operation)
    return found


def by_selectors(event: Event) -> tuple[str, bool]:
    record = {"eventSource": event[0], "eventName": event[1]}
    return event_category(record), is_read_only(record)


def by_reader(event: Event) -> tuple[str, bool]:
    old = sample() | OLD | {"eventSource": event[0], "eventName": event[1]}
    record = record_of(msgspec.json.encode(old))
    return category_of(record), read_only(record)


def by_statement(events: list[Event]) -> list[tuple[str, bool]]:
    database = duckdb.connect()
    database.execute(
        "CREATE TABLE old (number INT, eventsource VARCHAR, eventname VARCHAR,"
        " eventtype VARCHAR, eventcategory VARCHAR, readonly VARCHAR)"
    )
    numbered = [[number, *event, "AwsApiCall"] for number, event in enumerate(events)]
    values = ", ".join(str(tuple(row)) for row in numbered)
    database.execute(f"INSERT INTO old (number, eventsource, eventname, eventtype) VALUES {values}")
    asked = exp.select(condition._category(), condition._read_only()).from_("old")
    rows = database.execute(asked.order_by("number").sql("duckdb")).fetchall()
    return [(category, reads == "true") for category, reads in rows]


def test_all_who_look_at_old_records_agree_on_every_operation(events: dict[Event, bool]) -> None:
    assert len(events) > 10_000
    asked = list(events)
    told = [by_selectors(event) for event in asked]
    assert {event: reads for event, (_, reads) in zip(asked, told, strict=True)} == events
    assert [by_reader(event) for event in asked] == told
    assert by_statement(asked) == told
    assert {category for category, _ in told} == {"Management", "Data"}
