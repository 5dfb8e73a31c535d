"""A target on the tests' local AWS, and a lab session with a state of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lab_steps.__main__ import main
from lab_steps.checking.finding import Finding
from lab_steps.checking.patience import LOCAL_PATIENCE, Patience
from lab_steps.place.state import StateFile
from lab_steps.place.synth import Template
from lab_steps.session import LabSession, open_session
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.deployment import deployed
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.standing import MARK, ORGANIZATION

NOW = Patience(timedelta(), 0.05)
"""Everything is due at once: what is missing has failed. Only a sentinel is waited for."""


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """A local AWS with nothing in it but what stands before a lab: an organization's trail."""
    return aws_with(organization=ORGANIZATION, log_group=MARK)


@pytest.fixture
def target(aws: LocalAws) -> Iterator[Target]:
    """The local AWS of the tests, as a running endpoint."""
    target = Target("endpoint", "us-east-1", LOCAL_PATIENCE, endpoint_url=aws.endpoint_url)
    yield target
    target.close()


@pytest.fixture
def lab(target: Target, tmp_path: Path) -> LabSession:
    """A lab session there, nothing made yet."""
    state = StateFile(tmp_path / "state.json")
    return open_session(WALKTHROUGH, target, Progress(), state=state)


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """An endpoint that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def by_hand(aws: LocalAws) -> ByHand:
    """A student at work."""
    return ByHand(aws)


CliRun = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(aws: LocalAws, state_directory: Path, capsys: pytest.CaptureFixture[str]) -> CliRun:
    """`cli("check")`: exit code, stdout and stderr of a verb at the tests' local AWS."""

    def run(*arguments: str, here: bool = True) -> tuple[int, str, str]:
        capsys.readouterr()
        where = ["--endpoint-url", aws.endpoint_url] if here else []
        code = main([*arguments, *where])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


Judge = Callable[..., dict[int, Finding]]


@pytest.fixture
def judge(aws: LocalAws, lab: LabSession) -> Judge:
    """Deliver all there is, then check: `judge()` all steps, `judge(33, 34)` some."""

    def check(*numbers: int, wait: float = 10) -> dict[int, Finding]:
        aws.deliver_now()
        lab.target.patience = NOW
        return lab.check(WALKTHROUGH.choose(numbers), wait=timedelta(seconds=wait))

    return check


@pytest.fixture(scope="session")
def _state_directory(tmp_path_factory: pytest.TempPathFactory, synthesized: Path) -> Path:
    directory = tmp_path_factory.mktemp("lab")
    (directory / "synth").symlink_to(synthesized)
    return directory


@pytest.fixture
def state_directory(_state_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where states are kept: no lab is known, but templates are synthesized once for all tests."""
    for state in _state_directory.glob("*.json"):
        state.unlink()
    monkeypatch.setenv("LAB_STATE_DIR", str(_state_directory))
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return _state_directory


@pytest.fixture
def templates(state_directory: Path) -> tuple[Template, ...]:
    """The lab's own templates."""
    return deployed("us-east-1", None, {}).templates()[0]
