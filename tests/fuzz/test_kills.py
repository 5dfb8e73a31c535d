"""The campaign of killed commands, short: few moments, and templates that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.fuzz.kills import Trial
from tests.lab_steps.conftest import _state_directory, aws, state_directory, templates

__all__ = ["_state_directory", "aws", "state_directory", "templates"]


@pytest.mark.parametrize(
    ("verb", "moment", "resumed"),
    [("run", "after:5", True), ("up", "after:3", False), ("down", "before:2", False)],
)
@pytest.mark.usefixtures("templates")
def test_what_a_killed_command_leaves_is_resumed_or_taken_away(
    verb: str, moment: str, resumed: bool, aws: LocalAws, state_directory: Path
) -> None:
    trial = Trial(aws, state_directory)
    trial.down()
    before = trial.standing(), trial.files()
    assert trial.killed(verb, moment, resumed=resumed) == ""
    assert (trial.standing(), trial.files()) == before
