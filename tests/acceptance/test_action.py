"""action.yml: its shell steps, run as GitHub's runner runs them, and what they leave behind.

Not run here: `uses` (cache and upload), conditions, and a runner of GitHub's.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.acceptance.installed import CHECKOUT

ACTION = yaml.safe_load((CHECKOUT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


class Runner:
    """What a step finds and leaves: files for variables, outputs and the path, as documented."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self._files = {
            name: folder / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")
        }
        for file in self._files.values():
            file.touch()
        self.temp = folder / "temp"
        self.temp.mkdir()
        self._workspace = folder / "workspace"
        self._workspace.mkdir()
        self._expressions = {
            f"inputs.{name}": inputs.get(name, each["default"])
            for name, each in ACTION["inputs"].items()
        } | {"inputs.lab == 'true' && '[lab]' || ''": ""}

    def step(self, name: str) -> str:
        """Run the step; what it printed. It has to succeed."""
        [step] = [each for each in STEPS if each["name"] == name]
        assert step["shell"] == "bash"
        variables = {key: self._filled(text) for key, text in step.get("env", {}).items()}
        assert not _EXPRESSION.search(step["run"]), "inputs reach a shell as variables alone"
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self._workspace,
            env={**self._environment(), **variables},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def outputs(self) -> dict[str, str]:
        return _settings(self._files["GITHUB_OUTPUT"])

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._expressions[found[1]], text)

    def _environment(self) -> dict[str, str]:
        path = self._files["GITHUB_PATH"].read_text().splitlines()[::-1]
        own = {name: str(file) for name, file in self._files.items()}
        return {
            "PATH": os.pathsep.join([*path, os.environ["PATH"]]),
            "HOME": str(self.temp),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            **own,
            **_settings(self._files["GITHUB_ENV"]),
        }


def _settings(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner where this checkout is installed already."""
    programs = tmp_path / "programs"
    programs.mkdir()
    command = f'PYTHONPATH={CHECKOUT} exec {sys.executable} -m local_aws "$@"'
    (programs / "local-aws").write_text(f"#!/bin/sh\n{command}\n")
    (programs / "local-aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Runner(tmp_path, options="--port 0 --delivery-delay 0", run="aws s3 mb s3://my-logs\n")


def test_a_job_starts_runs_its_commands_and_keeps_their_records(runner: Runner) -> None:
    runner.step("Start the local AWS")
    assert runner.outputs()["endpoint-url"].startswith("http://127.0.0.1:")
    assert runner.step("Run") == "make_bucket: my-logs\n"
    runner.step("Save the records")
    records = runner.temp / "local-aws-records"
    [file] = records.glob("AWSLogs/123456789012/CloudTrail/us-east-1/*/*/*/*.json.gz")
    kept = json.loads(gzip.decompress(file.read_bytes()))["Records"]
    assert [each["eventName"] for each in kept] == ["CreateBucket"]
    assert "Lambda functions" in (records / "server.log").read_text()


def test_a_job_that_calls_nothing_ends_well(runner: Runner) -> None:
    runner.step("Start the local AWS")
    runner.step("Save the records")
    assert [each.name for each in (runner.temp / "local-aws-records").iterdir()] == ["server.log"]


def test_every_input_and_output_is_used() -> None:
    text = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []
    assert [each["value"] for each in ACTION["outputs"].values()] == [
        "${{ steps.start.outputs.endpoint-url }}"
    ]
