"""A bundle of a lab that passes, and how one is saved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_steps.bundles import saving
from lab_steps.session import LabSession
from local_aws import LocalAws
from tests.lab_steps.conftest import NOW

Save = Callable[[], Path]


@pytest.fixture
def save(aws: LocalAws, lab: LabSession, tmp_path: Path) -> Save:
    """Deliver all there is, then save a bundle of it."""

    def saved() -> Path:
        aws.deliver_now()
        lab.target.patience = NOW
        path = tmp_path / "lab.zip"
        saving.save(path, lab)
        return path

    return saved


@pytest.fixture(scope="session")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle") / "kept.zip"


@pytest.fixture
def whole(_kept: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the bundle of a lab that passes, which is saved once."""
    if not _kept.exists():
        request.getfixturevalue("by_hand").lab()
        shutil.copy(request.getfixturevalue("save")(), _kept)
    return Path(shutil.copy(_kept, tmp_path / "whole.zip"))
