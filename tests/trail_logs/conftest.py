"""Log files and buckets that the reader's tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto server of this test session."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
    # Buckets of other partitions are in nobody's list, so that deleting what is listed leaves them.
    with urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")):
        pass
    client = session.client("s3", endpoint_url=moto_url)
    yield client
    client.close()
