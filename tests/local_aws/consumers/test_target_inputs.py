"""What targets are sent: whole events, parts, constants and templates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.consumers.event_bridge.inputs import target_input

RULE = "arn:aws:events:us-east-1:123456789012:rule/bus/calls"
EVENT = {
    "id": "1",
    "detail": {"name": 'a "b"', "list": [{"n": 1}, {"n": 2}], "object": {"x": "y"}, "number": 7},
    "ingestion-time": "2026-01-01T00:00:00Z",
}


def transformed(template: str, **paths: str) -> str:
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    return target_input(target, EVENT, RULE)


def test_whole_event_without_the_time_that_it_came_in() -> None:
    assert json.loads(target_input({}, EVENT, RULE)) == {"id": "1", "detail": EVENT["detail"]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.detail.number", 7),
        ("$.detail.list[1].n", 2),
        ("$.detail.list[*].n", [1, 2]),
        ("$.detail.list[*].lacking", None),
        ("$.detail.name[0]", None),
        ("$.detail.object", {"x": "y"}),
        ("$.detail['number']", 7),
        ("$.detail.lacking", None),
        ("$", {"id": "1", "detail": EVENT["detail"]}),
    ],
)
def test_part(path: str, found: Any) -> None:
    assert json.loads(target_input({"InputPath": path}, EVENT, RULE)) == found


def test_constant() -> None:
    assert target_input({"Input": '{"a": 1}'}, EVENT, RULE) == '{"a": 1}'


def test_values_become_json_where_they_stand_alone() -> None:
    text = transformed(
        '{"name": <name>, "number": <number>, "object": <object>, "said": "is <number>"}',
        name="$.detail.name",
        number="$.detail.number",
        object="$.detail.object",
    )
    assert json.loads(text) == {
        "name": 'a "b"',
        "number": 7,
        "object": {"x": "y"},
        "said": "is 7",
    }


def test_text_stays_in_its_quotes() -> None:
    text = transformed('"<name> of <id>"', name="$.detail.name", id="$.id")
    assert text == '"a \\"b\\" of 1"'


def test_what_an_event_lacks_is_empty() -> None:
    assert transformed('"<name>."', name="$.detail.lacking") == '"."'


def test_names_that_eventbridge_knows() -> None:
    text = transformed(
        '{"rule": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", '
        '"at": <aws.events.event.ingestion-time>, "all": <aws.events.event.json>}'
    )
    assert json.loads(text) == {
        "rule": RULE,
        "name": "calls",
        "at": "2026-01-01T00:00:00Z",
        "all": {"id": "1", "detail": EVENT["detail"]},
    }
