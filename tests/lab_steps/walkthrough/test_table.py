"""Items as checks compare them."""

from __future__ import annotations

from typing import Any

import pytest

from lab_steps.walkthrough.table import digest, key_of

ITEM: dict[str, Any] = {
    "id": {"N": "7"},
    "Name": {"S": "Grace"},
    "tags": {"SS": ["a", "b"]},
    "more": {"L": [{"M": {"SS": {"BS": [b"1", b"2"]}}}, {"NULL": True}]},
}
OTHER: dict[str, Any] = {"id": {"N": "8"}}


def test_the_order_of_items_attributes_and_sets_is_no_change() -> None:
    again = dict(reversed(ITEM.items())) | {
        "tags": {"SS": ["b", "a"]},
        "more": {"L": [{"M": {"SS": {"BS": [b"2", b"1"]}}}, {"NULL": True}]},
    }
    assert digest([ITEM, OTHER]) == digest([OTHER, again])


@pytest.mark.parametrize(
    "change",
    [{"Name": {"S": "Ada"}}, {"id": {"S": "7"}}, {"more": {"L": [{"NULL": True}]}}],
    ids=["value", "type", "list"],
)
def test_another_value_is_a_change(change: dict[str, Any]) -> None:
    assert digest([ITEM | change]) != digest([ITEM])


def test_fewer_items_are_a_change() -> None:
    assert len({digest([]), digest([ITEM]), digest([ITEM, OTHER])}) == 3


def test_the_key_is_its_value_without_a_type() -> None:
    assert key_of(ITEM) == "7"
    assert key_of({"name": {"S": "no id"}}) is None
