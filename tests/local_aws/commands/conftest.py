"""The commands of `local-aws` in the tests' process: a process of its own loads moto for each."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from local_aws.__main__ import main
from tests.conftest import OneAtATime
from tests.local_aws.aws_cli import exit_code

Said = tuple[int, str, str]
Command = Callable[..., Said]


@pytest.fixture
def local_aws(
    aws_with: OneAtATime, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Does a command, with no other local AWS in this process: exit code, output and errors."""
    for handler in logging.getLogger().handlers:
        monkeypatch.setattr(handler, "filters", [*handler.filters])

    def run(*words: str) -> Said:
        aws_with.stop()
        code = exit_code(lambda: main([*words]))
        return code, *capfd.readouterr()

    return run
