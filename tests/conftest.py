"""One local AWS per test process, empty for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_aws import LocalAws

DELIVERY_DELAY = 0.2


@pytest.fixture(scope="session")
def _local_aws_process() -> Iterator[LocalAws]:
    with LocalAws(delivery_delay=DELIVERY_DELAY) as aws:
        yield aws


@pytest.fixture
def aws(_local_aws_process: LocalAws) -> LocalAws:
    """A local AWS with nothing in it but the organization and its trail."""
    _local_aws_process.reset()
    return _local_aws_process
