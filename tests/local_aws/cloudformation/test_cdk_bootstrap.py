"""The CDK CLI, which bootstraps by a stack of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
)


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_the_cdk_cli_bootstraps_and_a_second_time_changes_nothing(
    aws: LocalAws, empty_home: Path
) -> None:
    root = Path(__file__).parents[3]
    cdk = shutil.which("cdk", path=f"{root / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}")
    if cdk is None:
        pytest.skip("the CDK CLI is not installed: run make setup")
    environment = {
        **aws.environment(),
        "PATH": f"{root / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(empty_home),
    }
    command = [cdk, "bootstrap", f"aws://{ACCOUNT}/us-east-1", "--ci"]
    first, second = (
        subprocess.run(
            command, env=environment, cwd=empty_home, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    )
    assert first.returncode == 0, first.stdout + first.stderr
    assert "bootstrapped.\n" in first.stdout + first.stderr
    assert "bootstrapped (no changes)" in second.stdout + second.stderr
    client = aws.client("cloudformation")
    client.delete_stack(StackName="CDKToolkit")
    assert client.describe_stacks()["Stacks"] == []
