"""Buckets that the reader's tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest


@pytest.fixture
def session() -> boto3.Session:
    """A session with a key of its own: nothing of the environment is used."""
    return boto3.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )


@pytest.fixture
def s3(moto_url: str, session: boto3.Session) -> Iterator[Any]:
    """An S3 client of an empty moto."""
    client = session.client("s3", endpoint_url=moto_url)
    yield client
    client.close()
