"""No container engine is there: functions are processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_aws.lambda_processes import functions


@pytest.fixture(autouse=True)
def _without_docker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where a Docker daemon answers, moto's own way would be taken; leave none to find."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    functions.docker_answers.cache_clear()
    yield
    functions.docker_answers.cache_clear()
