"""The app as the CDK CLI runs it; needs Node and the pinned CLI on the PATH, as `make` has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.conftest import Template, templates_in

PROJECT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join(
    [str(PROJECT / "node_modules" / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
)
needs_cli = pytest.mark.skipif(not shutil.which("cdk", path=PATH), reason="run `make setup`")


def cdk(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["cdk", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PATH": PATH, "CI": "true", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_cli
def test_cdk_synth_writes_the_templates_that_the_app_alone_writes_and_no_warning(
    tmp_path: Path, management: Template, data: Template
) -> None:
    # With the CDK's own rules, as a person's synth: other tests go without them.
    ran = cdk("synth", "--quiet", "--output", str(tmp_path), CDK_VALIDATION="true")
    assert ran.returncode == 0, ran.stderr
    assert templates_in(tmp_path) == {
        "student-management-events": management,
        "student-data-events": data,
    }
    said = (ran.stdout + ran.stderr).splitlines()
    assert [line.split(" (")[0].split(" to ")[0] for line in said] == [
        "Successfully synthesized",
        "Supply a stack id",
    ]


@needs_cli
def test_a_wrong_setting_ends_cdk_synth_with_one_line_of_ours(tmp_path: Path) -> None:
    ran = cdk("synth", "--quiet", "--output", str(tmp_path), "-c", "suffix=Foo")
    ours, from_cli = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert ours.startswith("suffix: wanted lower-case letters")
    assert ours.endswith("""got 'Foo'; set it with -c suffix="lab\"""")
    assert from_cli == "python app.py: Subprocess exited with error 1"


@needs_cli
def test_cdk_synth_fails_when_the_review_finds_something(tmp_path: Path) -> None:
    app = tmp_path / "careless.py"
    app.write_text(
        "from aws_cdk import Stack, aws_s3\n"
        "from stacks.review import reviewed_app\n"
        "app = reviewed_app()\n"
        "aws_s3.CfnBucket(Stack(app, 'careless'), 'Open')\n"
        "app.synth()\n"
    )
    run_app = f"env PYTHONPATH={PROJECT} python {app}"
    ran = cdk("synth", "--quiet", "--output", str(tmp_path / "out"), "--app", run_app)
    assert ran.returncode == 1
    assert "AwsSolutions-S10" in ran.stdout + ran.stderr


def test_a_python_without_the_requirements_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "aws_cdk.py").write_text("raise ModuleNotFoundError('no', name='aws_cdk')\n")
    ran = subprocess.run(
        [sys.executable, str(PROJECT / "app.py")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"aws_cdk is missing for {sys.executable}. In a clone, run")
    assert len(ran.stderr.splitlines()) == 1
