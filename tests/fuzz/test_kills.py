"""The campaign of killed commands, short: few moments, in templates that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.fuzz.kills import Trial
from tests.lab_steps.conftest import _state_directory, aws, state_directory, templates

__all__ = ["_state_directory", "aws", "state_directory", "templates"]


@pytest.mark.parametrize(
    ("verb", "moment", "resumed"), [("run", 40, True), ("up", 25, False), ("down", 20, False)]
)
@pytest.mark.usefixtures("templates")
def test_what_a_killed_command_leaves_is_resumed_or_taken_away(
    verb: str, moment: int, resumed: bool, aws: LocalAws, state_directory: Path
) -> None:
    trial = Trial(aws, state_directory)
    trial.down()
    before = trial.standing(), trial.files()
    assert trial.killed(verb, moment, resumed=resumed) == ""
    assert (trial.standing(), trial.files()) == before
