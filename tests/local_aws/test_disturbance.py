"""Delivery that duplicates, is late and mixes: at least once still, and nothing lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from tests.local_aws.delivered import TABLES, log_files, put_item, table, trail

ITEMS = 60


@pytest.fixture
def disturbed(aws_with: Callable[..., LocalAws]) -> Callable[[Disturbance], LocalAws]:
    """A local AWS disturbed so, the same way every time, with a data trail."""

    def start(disturbance: Disturbance) -> LocalAws:
        aws = aws_with(delivery_delay=3600, disturbance=replace(disturbance, seed=7))
        table(aws)
        trail(aws, "audit", advanced=TABLES)
        for number in range(ITEMS):
            put_item(aws, str(number))
        return aws

    return start


def files(aws: LocalAws) -> list[list[Record]]:
    return list(log_files(aws, "audit-logs").values())


def ids(files: list[list[Record]]) -> Counter[str]:
    return Counter(record["eventID"] for file in files for record in file)


def keys_of(file: list[Record]) -> list[int]:
    return [int(record["requestParameters"]["key"]["id"]) for record in file]


def test_undisturbed_every_event_comes_once_in_order(aws: LocalAws) -> None:
    table(aws)
    trail(aws, "audit", advanced=TABLES)
    for number in range(ITEMS):
        put_item(aws, str(number))
    aws.deliver_now()
    found = files(aws)
    assert sorted(number for file in found for number in keys_of(file)) == list(range(ITEMS))
    assert all(keys_of(file) == sorted(keys_of(file)) for file in found)


def test_duplicates_come_in_another_file_with_the_same_event_id(
    disturbed: Callable[[Disturbance], LocalAws],
) -> None:
    aws = disturbed(Disturbance(duplicates=0.3))
    aws.deliver_now()
    found = files(aws)
    times = ids(found)
    assert len(times) == ITEMS
    assert set(times.values()) == {1, 2}
    assert 5 <= sum(number == 2 for number in times.values()) <= 30
    assert all(max(ids([file]).values()) == 1 for file in found)


def test_all_are_duplicated_at_one(disturbed: Callable[[Disturbance], LocalAws]) -> None:
    aws = disturbed(Disturbance(duplicates=1))
    aws.deliver_now()
    assert set(ids(files(aws)).values()) == {2}


def test_duplicate_is_the_same_event(disturbed: Callable[[Disturbance], LocalAws]) -> None:
    aws = disturbed(Disturbance(duplicates=1))
    aws.deliver_now()
    seen: dict[str, Record] = {}
    for record in (record for file in files(aws) for record in file):
        assert seen.setdefault(record["eventID"], record) == record


def test_late_events_come_up_to_three_delays_later(
    disturbed: Callable[[Disturbance], LocalAws],
) -> None:
    aws = disturbed(Disturbance(late=0.3))
    aws.advance(timedelta(hours=1, minutes=1))
    on_time = len(ids(files(aws)))
    assert ITEMS / 2 < on_time < ITEMS
    aws.advance(timedelta(hours=3))
    times = ids(files(aws))
    assert len(times) == ITEMS
    assert set(times.values()) == {1}


def test_shuffled_files_are_out_of_order_and_complete(
    disturbed: Callable[[Disturbance], LocalAws],
) -> None:
    aws = disturbed(Disturbance(shuffle=True))
    aws.deliver_now()
    (file,) = files(aws)
    assert keys_of(file) != list(range(ITEMS))
    assert sorted(keys_of(file)) == list(range(ITEMS))


def test_all_together_lose_nothing(disturbed: Callable[[Disturbance], LocalAws]) -> None:
    aws = disturbed(Disturbance(duplicates=0.5, late=0.5, shuffle=True))
    for _ in range(5):
        aws.advance(timedelta(hours=1))
    found = files(aws)
    assert {number for file in found for number in keys_of(file)} == set(range(ITEMS))
    assert all(max(ids([file]).values()) == 1 for file in found)
