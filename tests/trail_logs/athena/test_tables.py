from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.trail_logs.log_samples import ACCOUNT, NOON, OTHER_ACCOUNT
from trail_logs.athena.client import TableElsewhereError
from trail_logs.athena.statement import LogTable
from trail_logs.athena.tables import Wanted, log_table

WANTED = Wanted("trail-bucket", "", (ACCOUNT,), ("us-east-1",), NOON)
PARAMETERS = {
    "projection.account.values": f"{ACCOUNT},{OTHER_ACCOUNT}",
    "projection.region.values": "us-east-1,eu-west-1",
    "projection.timestamp.range": "2026/03/14,NOW",
    "storage.location.template": "s3://trail-bucket/AWSLogs/${account}/${folder}/${region}/"
    "${timestamp}",
}


def definition(*keys: str, **changes: str) -> dict[str, Any]:
    return {
        "DatabaseName": "lab",
        "Name": "trail",
        "PartitionKeys": [{"Name": key} for key in keys],
        "Parameters": PARAMETERS | {key.replace("__", "."): text for key, text in changes.items()},
    }


def test_the_tables_of_the_stack_have_partitions_by_account_and_folder() -> None:
    keys = ("account", "folder", "region", "timestamp")
    expected = LogTable("lab", "trail", by_account=True, by_folder=True)
    assert log_table(definition(*keys), WANTED) == expected


def test_the_documented_table_of_one_account_and_region_will_do() -> None:
    template = f"s3://trail-bucket/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/${{timestamp}}"
    plain = definition("timestamp", storage__location__template=template)
    del plain["Parameters"]["projection.account.values"]
    del plain["Parameters"]["projection.region.values"]
    assert log_table(plain, WANTED) == LogTable("lab", "trail")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"storage__location__template": "s3://other/AWSLogs/${account}/x"},
            "reads s3://other/AWSLogs/.*, but the trail delivers to s3://trail-bucket/AWSLogs",
        ),
        (
            {"storage__location__template": "s3://trail-bucket/AWSLogs/o-abc/${account}/x"},
            "the trail delivers to s3://trail-bucket/AWSLogs",
        ),
        ({"storage__location__template": ""}, "no projected location"),
        ({"projection__account__values": OTHER_ACCOUNT}, f"no account {ACCOUNT}"),
        ({"projection__region__values": "eu-west-1"}, "no region us-east-1"),
        ({"projection__timestamp__range": "2026/03/15,NOW"}, "got them since 2026/03/15"),
    ],
)
def test_a_table_that_would_answer_like_an_empty_bucket_is_refused(
    changes: dict[str, str], message: str
) -> None:
    with pytest.raises(TableElsewhereError, match=message) as raised:
        log_table(definition("timestamp", **changes), WANTED)
    assert raised.value.advice


def test_a_trails_prefix_is_part_of_the_place() -> None:
    wanted = Wanted(
        "trail-bucket", "class/one", (ACCOUNT,), ("us-east-1",), NOON + timedelta(days=1)
    )
    with pytest.raises(TableElsewhereError, match="s3://trail-bucket/class/one/AWSLogs"):
        log_table(definition("timestamp"), wanted)
    template = "s3://trail-bucket/class/one/AWSLogs/${account}/x"
    assert log_table(definition("timestamp", storage__location__template=template), wanted)
