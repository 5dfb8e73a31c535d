"""A bucket in moto, and the keys of a source's files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.trail_logs.log_samples import file_of, record
from trail_logs.layout import Scope
from trail_logs.sources.bucket import BucketSource
from trail_logs.sources.folder import FolderSource

DAY = timedelta(days=1)
ORGANIZATION = "o-exampleorgid"


class Bucket:
    """A bucket in moto and what is put into it."""

    def __init__(self, s3: Any, session: boto3.Session, url: str, name: str = "trail-logs") -> None:
        self._s3, self._session, self._url, self.name = s3, session, url, name
        s3.create_bucket(Bucket=name)

    def put(self, *keys: str, data: bytes = b"") -> None:
        for key in keys:
            self._s3.put_object(Bucket=self.name, Key=key, Body=data or file_of(record()))

    def source(self, prefix: str = "") -> BucketSource:
        return BucketSource(self._session, self.name, prefix, endpoint_url=self._url)


@pytest.fixture
def bucket(s3: Any, session: boto3.Session, moto_url: str) -> Bucket:
    return Bucket(s3, session, moto_url)


def keys(source: BucketSource | FolderSource, scope: Scope | None = None) -> list[str]:
    return [file.key for file in source.files(scope or Scope())]
