"""The wheel, in an environment that has nothing else: installed by name, started by command."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

from tests.acceptance.environments import pip

CHECKOUT = Path(__file__).parents[2]
FIRST_MINUTE = """
set -e
local-aws start --background --port 0
eval "$(local-aws env)"
python -c 'import boto3; boto3.client("s3").create_bucket(Bucket="logs")'
curl --silent "$AWS_ENDPOINT_URL/_local-aws/records?event_name=CreateBucket"
echo
local-aws stop
cloudtrail-lab status || echo $?
"""
TEST = """
def test_record(local_aws_environment, assert_calls):
    import boto3
    boto3.client("s3").create_bucket(Bucket="logs")
    assert local_aws_environment.records(user="root").one()["eventName"] == "CreateBucket"
"""
NOT_NEEDED = ("aws_cdk", "awscli", "duckdb", "sqlglot", "jsii")
"""What only the lab or Athena needs."""


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment with the wheel and pytest alone."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, CHECKOUT)
    (wheel,) = folder.glob("cloudtrail_lab-*.whl")
    venv.create(folder / "empty", with_pip=False)
    pip("--python", folder / "empty" / "bin" / "python", "install", wheel, "pytest")
    return folder / "empty" / "bin"


def run(programs: Path, folder: Path, *command: str) -> str:
    """The output of a command that knows nothing of this checkout."""
    variables = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
    }
    ended = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.heavy
class TestWheel:
    def test_start_one_call_and_its_record(self, programs: Path, tmp_path: Path) -> None:
        ready, record, stopped, none, code = run(
            programs, tmp_path, "bash", "-c", FIRST_MINUTE
        ).splitlines()
        assert ready.startswith("ready http://127.0.0.1:")
        assert '"eventName": "CreateBucket"' in record
        assert stopped == f"stopped {ready.removeprefix('ready ')}"
        assert none.startswith("no local AWS is running")
        assert code == "3"

    def test_pytest_finds_the_fixtures(self, programs: Path, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(TEST)
        assert "1 passed" in run(programs, tmp_path, "pytest", "-q", "-p", "no:cacheprovider")

    def test_what_is_not_needed_is_not_installed(self, programs: Path, tmp_path: Path) -> None:
        (packages,) = programs.parent.glob("lib/python*/site-packages")
        assert [name for name in NOT_NEEDED if (packages / name).exists()] == []
        size = sum(each.stat().st_size for each in packages.rglob("*") if each.is_file())
        assert size < 320 * 1024**2
