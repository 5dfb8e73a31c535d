from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.checking.trails import log_files
from lab_steps.session import LabSession
from lab_steps.walkthrough.trails import MANAGEMENT
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from trail_logs.cache import TallyCache


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    """One that delivers nothing while a look reads."""
    return patient_aws


def test_a_later_check_reads_only_the_log_files_that_are_new(
    aws: LocalAws, lab: LabSession, by_hand: ByHand, tmp_path: Path
) -> None:
    by_hand.lab()
    aws.deliver_now()
    lab.tallies = TallyCache(tmp_path / "tallies.sqlite")
    first = log_files.logs(lab.look(), MANAGEMENT).reading
    aws.deliver_now()
    second = log_files.logs(lab.look(), MANAGEMENT).reading
    assert first.files > 0
    assert (first.cached, second.cached) == (0, first.files)
    assert second.files > first.files, "the first look's own calls were delivered"


def test_without_a_cache_every_look_reads_all(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    aws.deliver_now()
    assert [log_files.logs(lab.look(), MANAGEMENT).reading.cached for _ in range(2)] == [0, 0]


def test_a_file_that_came_after_the_list_is_for_the_next_look(
    aws: LocalAws, lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.lab()
    look = lab.look()
    assert log_files.objects(look, MANAGEMENT) == []
    aws.deliver_now()
    assert log_files.logs(look, MANAGEMENT).reading.files > 0
    assert not log_files.has_files(look, MANAGEMENT)
    assert log_files.has_files(lab.look(), MANAGEMENT)
