"""Log files for the verb `logs`: a folder, and the buckets of the reader's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trail_logs.conftest import s3, session
from tests.trail_logs.log_samples import (
    OTHER_ACCOUNT,
    file_of,
    key_of,
    record,
    write,
)

__all__ = ["s3", "session"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Log files of two accounts and Regions, one with a denied call."""
    write(
        tmp_path,
        key_of(),
        file_of(
            record(sourceIPAddress="203.0.113.7"),
            record(requestParameters={"tableName": "Orders"}),
            record("GetItem", eventTime="2026-03-14T11:58:00Z", readOnly=True),
        ),
    )
    denied = record("CreateTable", errorCode="AccessDenied", requestParameters=None)
    other = record("ListTables", recipientAccountId=OTHER_ACCOUNT, awsRegion="eu-west-1")
    write(tmp_path, key_of(), file_of(denied))
    write(tmp_path, key_of(account=OTHER_ACCOUNT, region="eu-west-1"), file_of(other))
    return tmp_path
