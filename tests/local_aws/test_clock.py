"""Time that is driven: everything that carries a time agrees with it, and it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cloudtrail.log_files import file_stamp, parse_log_file_key
from local_aws import LocalAws
from local_aws.clock import LONGEST_STEP, Clock
from tests.conftest import OneAtATime
from tests.local_aws.delivered import client, history, keys, log_files, table, trail

DAY = timedelta(days=1)
A_LITTLE = timedelta(minutes=4)


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.release()


def near(time: datetime, now: datetime) -> bool:
    return abs(time - now) < A_LITTLE


class TestClock:
    def test_it_is_the_machines_until_it_is_moved(self, clock: Clock) -> None:
        assert near(clock.now(), datetime.now(UTC))

    def test_moving_it_moves_the_process(self, clock: Clock) -> None:
        before = datetime.now(UTC)
        assert near(clock.advance(DAY), before + DAY)
        assert near(datetime.now(UTC), before + DAY)

    def test_it_goes_on(self, clock: Clock) -> None:
        clock.advance(DAY)
        ticked = threading.Event()
        first = clock.now()
        while clock.now() == first:
            ticked.wait(0.001)
        assert clock.now() > first

    def test_steps_add_up(self, clock: Clock) -> None:
        before = clock.now()
        for _ in range(3):
            clock.advance(DAY)
        assert near(clock.now(), before + 3 * DAY)

    @pytest.mark.parametrize("step", [timedelta(0), -DAY, LONGEST_STEP + DAY])
    def test_it_takes_no_other_step_than_forward_within_a_year(
        self, clock: Clock, step: timedelta
    ) -> None:
        before = clock.now()
        with pytest.raises(ValueError, match="time goes forward only"):
            clock.advance(step)
        assert near(clock.now(), before)

    def test_released_it_is_the_machines_again(self, clock: Clock) -> None:
        before = datetime.now(UTC)
        clock.advance(DAY)
        clock.release()
        clock.release()
        assert near(datetime.now(UTC), before)


class TestEverythingAgrees:
    @pytest.fixture
    def now(self, aws: LocalAws) -> datetime:
        """Ten days on, a trail was started, a table made, and both delivered."""
        now = aws.advance(10 * DAY)
        trail(aws, "audit", EnableLogFileValidation=True)
        table(aws)
        aws.deliver_now()
        return now

    def test_event_time(self, aws: LocalAws, now: datetime) -> None:
        (event,) = [each for each in history(aws) if each["eventName"] == "CreateTable"]
        assert near(datetime.fromisoformat(event["eventTime"]), now)

    def test_lookup_events(self, aws: LocalAws, now: datetime) -> None:
        found = client(aws, "cloudtrail").lookup_events(StartTime=now - A_LITTLE)["Events"]
        assert found
        assert all(near(each["EventTime"], now) for each in found)

    def test_file_stamp_and_its_folder(self, aws: LocalAws, now: datetime) -> None:
        for key, records in log_files(aws, "audit-logs").items():
            name = parse_log_file_key(key)
            assert name
            newest = max(datetime.fromisoformat(each["eventTime"]) for each in records)
            assert near(newest, now)
            assert name.stamp == file_stamp(newest)
            assert f"/{name.stamp:%Y/%m/%d}/" in key

    def test_last_modified(self, aws: LocalAws, now: datetime) -> None:
        listed = client(aws, "s3").list_objects_v2(Bucket="audit-logs")["Contents"]
        assert all(near(each["LastModified"], now) for each in listed)

    def test_times_of_other_services(self, aws: LocalAws, now: datetime) -> None:
        described = client(aws, "dynamodb").describe_table(TableName="Users")["Table"]
        assert near(described["CreationDateTime"], now)

    def test_trail_status(self, aws: LocalAws, now: datetime) -> None:
        status = client(aws, "cloudtrail").get_trail_status(Name="audit")
        assert near(status["StartLoggingTime"], now)
        assert near(status["LatestDeliveryTime"], now)

    def test_digest_hours(self, aws: LocalAws, now: datetime) -> None:
        aws.advance(timedelta(hours=1))
        (digest,) = [key for key in keys(aws, "audit-logs") if "/CloudTrail-Digest/" in key]
        name = parse_log_file_key(digest)
        assert name
        assert near(name.stamp, now + timedelta(hours=1))

    def test_event_history_forgets_after_90_days(self, aws: LocalAws) -> None:
        table(aws)
        aws.advance(89 * DAY)
        assert "CreateTable" in {each["eventName"] for each in history(aws)}
        aws.advance(2 * DAY)
        assert "CreateTable" not in {each["eventName"] for each in history(aws)}


def test_time_moved_brings_what_is_due(aws: LocalAws) -> None:
    trail(aws, "audit")
    table(aws)
    aws.advance(timedelta(minutes=30))
    assert keys(aws, "audit-logs") == []
    aws.advance(timedelta(minutes=31))
    assert keys(aws, "audit-logs")


def test_what_cannot_be_delivered_is_given_up_after_30_days(aws: LocalAws) -> None:
    trail(aws, "audit")
    policy = client(aws, "s3").get_bucket_policy(Bucket="audit-logs")["Policy"]
    client(aws, "s3").delete_bucket_policy(Bucket="audit-logs")
    aws.advance(29 * DAY)
    table(aws)
    aws.advance(2 * DAY)
    aws.advance(DAY)
    client(aws, "s3").put_bucket_policy(Bucket="audit-logs", Policy=policy)
    aws.deliver_now()
    names = {each["eventName"] for file in log_files(aws, "audit-logs").values() for each in file}
    assert "CreateTable" in names
    assert "DeleteBucketPolicy" not in names


def test_stopping_releases_time(aws_with: OneAtATime) -> None:
    aws = aws_with()
    before = datetime.now(UTC)
    aws.advance(DAY)
    aws_with.stop()
    assert near(datetime.now(UTC), before)


def test_reset_returns_to_the_machines_time(aws: LocalAws) -> None:
    before = datetime.now(UTC)
    aws.advance(DAY)
    aws.reset()
    assert near(datetime.now(UTC), before)
