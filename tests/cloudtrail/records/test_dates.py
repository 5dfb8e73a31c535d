"""Dates inside requestParameters and responseElements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudtrail.records.dates import date_format, iso, medium, medium_without_comma, milliseconds

TIME = datetime(2020, 12, 28, 7, 35, 21, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("service", "written"),
    [
        ("dynamodb", "Dec 28, 2020, 7:35:21 AM"),
        ("sts", "Dec 28, 2020, 7:35:21 AM"),
        ("iam", "Dec 28, 2020 7:35:21 AM"),
        ("rds", "Dec 28, 2020 7:35:21 AM"),
        ("lambda", "2020-12-28T07:35:21.123+0000"),
        ("ec2", 1609140921123),
    ],
)
def test_each_service_writes_its_own_form(service: str, written: str | int) -> None:
    assert date_format(service)(TIME) == written


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_the_medium_form_is_java_s(time: datetime) -> None:
    written = medium(time)
    read = datetime.strptime(written, "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
    assert read == time.replace(microsecond=0, tzinfo=UTC)
    assert " 0" not in written
    day, year, clock = written.split(", ")
    assert medium_without_comma(time) == f"{day}, {year} {clock}"


@pytest.mark.parametrize("write", [medium, medium_without_comma, iso, milliseconds])
def test_text_is_written_already(write: Any) -> None:
    assert write("2023-07-10T12:06:57.000+0000") == "2023-07-10T12:06:57.000+0000"


@pytest.mark.parametrize("write", [medium, medium_without_comma, iso, milliseconds])
def test_epoch_seconds_and_other_time_zones_are_the_same_moment(write: Any) -> None:
    elsewhere = TIME.astimezone(timezone(timedelta(hours=-8)))
    assert write(TIME.timestamp()) == write(elsewhere) == write(TIME)
