"""All records of a server: bounded, in order, and honest about what is gone."""

from __future__ import annotations

import threading

import pytest

from local_aws.cloudtrail.kept_records import MOST_FOLLOWERS, KeptRecords, TooManyFollowers
from tests.waiting import until


def any_record(_record: bytes) -> bool:
    return True


def kept(*records: bytes, most_bytes: int = 1000) -> KeptRecords:
    found = KeptRecords(most_bytes)
    for record in records:
        found.append(record)
    return found


def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    records = kept(b"a", b"b", b"c", b"d", b"e")
    first = records.page(any_record, 0, 2)
    second = records.page(any_record, first.next, 2)
    third = records.page(any_record, second.next, 2)
    last = records.page(any_record, third.next, 2)
    assert [first.records, second.records, third.records, last.records] == [
        [b"a", b"b"],
        [b"c", b"d"],
        [b"e"],
        [],
    ]
    assert third.next == last.next == 5


def test_only_wanted_records_count_for_the_limit() -> None:
    page = kept(b"a", b"x", b"b", b"x", b"x").page(lambda record: record == b"x", 0, 2)
    assert (page.records, page.next, page.dropped) == ([b"x", b"x"], 4, 0)


def test_the_oldest_give_way_and_are_told() -> None:
    records = kept(b"aaaa", b"bbbb", b"cccc", b"dddd", most_bytes=10)
    page = records.page(any_record, 0, 10)
    assert (page.records, page.next, page.dropped) == ([b"cccc", b"dddd"], 4, 2)
    assert records.page(any_record, 1, 10).dropped == 1
    assert records.page(any_record, 2, 10).dropped == 0
    assert records.all().dropped == 2


def test_what_was_cleared_is_not_dropped_and_positions_go_on() -> None:
    records = kept(b"aaaa", b"bbbb", b"cccc", most_bytes=10)
    records.clear()
    records.append(b"dddd")
    page = records.page(any_record, 0, 10)
    assert (page.records, page.next, page.dropped) == ([b"dddd"], 4, 0)
    assert records.page(any_record, 3, 10).records == [b"dddd"]


def test_a_position_that_nothing_had_yet_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted after from 0 to 2, got 3"):
        kept(b"a", b"b").page(any_record, 3, 10)


def test_a_page_ends_before_it_is_too_long() -> None:
    part = bytes(3 * 1024**2)
    page = kept(*[part] * 5, most_bytes=10**9).page(any_record, 0, 10)
    assert (len(page.records), page.next) == (3, 3)


def test_who_follows_is_told_at_once() -> None:
    records = kept(b"a")
    come = threading.Timer(0.05, lambda: list(map(records.append, (b"no", b"yes"))))
    come.start()
    page = records.follow(lambda record: record == b"yes", 0, 10, 60)
    come.join()
    assert (page.records, page.next) == ([b"yes"], 3)


def test_who_follows_is_not_kept_for_longer_than_asked() -> None:
    page = kept(b"a").follow(lambda _: False, 0, 10, 0.05)
    assert (page.records, page.next) == ([], 1)


def test_who_follows_is_let_go_when_the_server_stops() -> None:
    records = kept()
    stop = threading.Timer(0.05, records.end)
    stop.start()
    assert records.follow(any_record, 0, 10, 60).records == []
    stop.join()


def test_no_more_follow_than_there_are_places() -> None:
    records = kept()
    waiting = [
        threading.Thread(target=records.follow, args=(any_record, 0, 10, 60))
        for _ in range(MOST_FOLLOWERS)
    ]
    for each in waiting:
        each.start()
    try:
        until(lambda: records.followers == MOST_FOLLOWERS)
        with pytest.raises(TooManyFollowers, match="4 requests are already waiting for records"):
            records.follow(any_record, 0, 10, 60)
    finally:
        records.end()
        for each in waiting:
            each.join()
    assert records.follow(any_record, 0, 10, 0.01).records == []
