"""A lab opened at a place: what it was started with, and what it may not be changed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.errors import CannotLookError, UsageError
from lab_steps.place.state import StateFile
from lab_steps.session import LabSession, open_session
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.second_lab.lab import SECOND_LAB


@pytest.fixture
def state(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "state.json")


def opened(target: Target, state: StateFile, **given: str) -> LabSession:
    return open_session(WALKTHROUGH, target, Progress(), given=given, state=state)


def test_a_lab_is_opened_with_what_it_was_started_with(target: Target, state: StateFile) -> None:
    state.begin({"suffix": "mine"})
    assert opened(target, state).deployment.parameters == {
        "permissions-boundary": "",
        "prefix": "",
        "removal": "destroy",
        "suffix": "mine",
        "organization-trail": "any",
    }


def test_another_parameter_than_it_was_started_with_is_refused(
    target: Target, state: StateFile
) -> None:
    state.begin({"suffix": "mine"})
    with pytest.raises(UsageError, match="was started with --suffix mine, got --suffix yours"):
        opened(target, state, suffix="yours")


def test_a_state_with_parameters_of_no_lab_like_this_is_refused(
    target: Target, state: StateFile
) -> None:
    state.begin({"rm": "-rf"})
    with pytest.raises(CannotLookError, match="prefix and removal and suffix, got rm"):
        opened(target, state)


@pytest.mark.usefixtures("state_directory")
def test_labs_at_one_place_have_notes_of_their_own(target: Target) -> None:
    paths = {open_session(lab, target, Progress()).state.path for lab in (WALKTHROUGH, SECOND_LAB)}
    assert len(paths) == 2
