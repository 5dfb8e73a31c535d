from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import LabSettings
from tests.stacks.conftest import Template


def metadata(template: Template) -> list[dict[str, Any]]:
    """What cdk-nag wrote beside the resources."""
    return [
        rule
        for resource in template["Resources"].values()
        for rule in resource.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", [])
    ]


def test_every_acknowledged_rule_cites_the_steps_that_demand_it(template: Template) -> None:
    rules = metadata(template)
    assert {rule["id"].split("[")[0] for rule in rules} == {
        "AwsSolutions-S1",
        "AwsSolutions-IAM5",
    }
    assert all(rule["reason"].startswith("Steps 6 and 12 ") for rule in rules)


def test_synth_fails_on_a_rule_that_nobody_acknowledged(tmp_path: Path) -> None:
    from aws_cdk import Stack
    from aws_cdk.aws_s3 import CfnBucket

    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app

    app = reviewed_app(tmp_path)
    add_lab(app, LabSettings())
    CfnBucket(Stack(app, "careless"), "Open")
    with pytest.raises(RuntimeError, match=r"ValidationFailed: .*S3 Bucket"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    broken = {
        violation["ruleName"]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
    }
    assert {"AwsSolutions-S1", "AwsSolutions-S10"} <= broken


def test_two_synths_are_byte_identical(tmp_path: Path) -> None:
    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app

    for outdir in (tmp_path / "first", tmp_path / "second"):
        app = reviewed_app(outdir)
        add_lab(app, LabSettings())
        app.synth()
    files = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert "student-data-events.template.json" in files
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}


def test_cfn_lint_finds_nothing(tmp_path: Path, management: Template, data: Template) -> None:
    for name, template in (("management", management), ("data", data)):
        (tmp_path / f"{name}.template.json").write_text(json.dumps(template))
    ran = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "*.template.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")
