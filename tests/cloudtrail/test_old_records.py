"""Records of every age: what they do not say is told by the API that was called."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.old_records import event_category, is_read_only


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"eventCategory": "Data", "managementEvent": True}, "Data"),
        ({"managementEvent": False}, "Data"),
        ({"managementEvent": "false"}, "Data"),
        ({"managementEvent": "true"}, "Management"),
        ({"eventType": "AwsCloudTrailInsight"}, "Insight"),
        ({"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}, "Data"),
        ({"eventSource": "lambda.amazonaws.com", "eventName": "Invoke"}, "Data"),
        ({"eventName": "CreateTable"}, "Management"),
        ({}, "Management"),
    ],
)
def test_the_category_of_a_record_of_any_version(fields: dict[str, Any], category: str) -> None:
    assert event_category(fields) == category


@pytest.mark.parametrize(
    ("fields", "read_only"),
    [
        ({"readOnly": True}, True),
        ({"readOnly": False, "eventName": "GetItem"}, False),
        ({"readOnly": "true"}, True),
        ({"readOnly": "false"}, False),
        ({"eventName": "DescribeTable"}, True),
        ({"eventName": "CreateTable"}, False),
        ({"eventSource": "kms.amazonaws.com", "eventName": "Decrypt"}, True),
        ({"eventSource": "sts.amazonaws.com", "eventName": "GetSessionToken"}, False),
        ({}, False),
    ],
)
def test_a_record_of_any_version_reads_or_writes(fields: dict[str, Any], read_only: bool) -> None:
    assert is_read_only(fields) is read_only
