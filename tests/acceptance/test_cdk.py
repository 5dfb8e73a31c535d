"""The unmodified CDK CLI takes the lab's stacks through their whole life."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from tests.acceptance.conftest import ORGANIZATION_TRAIL, Server
from tests.cdk_apps.assembly import synthesized

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
ACCOUNT = "123456789012"

Cdk = Callable[..., str]


@pytest.fixture
def cdk(server: Server, tmp_path: Path) -> Cdk:
    """Run `cdk ...` in the clone; returns all it said."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {
        **server.environment,
        "PATH": path,
        "HOME": str(tmp_path),
        "CI": "true",
        "NODE_COMPILE_CACHE": str(tmp_path / "compiled"),  # a fifth of the CLI's start
        "CDK_VALIDATION": "false",
        # What the CDK unpacks for Node, gigabytes of memory, it finds unpacked.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
    }

    def run(*arguments: str) -> str:
        result = subprocess.run(
            [CDK, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    return run


def test_life_of_the_lab(cdk: Cdk, server: Server, tmp_path: Path) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    trails = session.client("cloudtrail", endpoint_url=server.endpoint_url)
    buckets = session.client("s3", endpoint_url=server.endpoint_url)

    def lab_buckets() -> list[str]:
        found = [each["Name"] for each in buckets.list_buckets()["Buckets"]]
        return [name for name in found if name.startswith("aws-cloudtrail-logs-")]

    def selector_name() -> str:
        answer = trails.get_event_selectors(TrailName="student-data-events")
        name: str = answer["AdvancedEventSelectors"][0]["Name"]
        return name

    lab, changed = str(tmp_path / "lab"), str(tmp_path / "changed")
    cdk("synth", "--quiet", "--output", lab)
    cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--app", lab)
    deploy = ("deploy", "--all", "--require-approval", "never", "--app")

    cdk(*deploy, lab)
    assert trails.get_trail_status(Name="student-data-events")["IsLogging"]
    assert len(lab_buckets()) == 2

    assert cdk(*deploy, lab).count("(no changes)") == 2

    cdk("synth", "--quiet", "--output", changed, "--context", "selector_name=renamed")
    assert '"renamed"' in cdk("diff", "--app", changed)
    cdk(*deploy, changed)
    assert selector_name() == "renamed"

    cdk("destroy", "--all", "--force", "--app", changed)
    left = [trail["Name"] for trail in trails.describe_trails()["trailList"]]
    assert left == [ORGANIZATION_TRAIL]
    assert lab_buckets() == []


APPS = ("Plain", "Fanned", "Nested", "Calls")
"""Of the small apps, those with what only the CLI does: assets, nested templates, functions."""


def test_life_of_small_apps(cdk: Cdk, server: Server, tmp_path: Path) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    stacks = session.client("cloudformation", endpoint_url=server.endpoint_url)
    first, second = map(str, synthesized(tmp_path).values())

    def statuses() -> dict[str, str]:
        found = stacks.describe_stacks()["Stacks"]
        return {each["StackName"]: each["StackStatus"] for each in found if "ParentId" not in each}

    names = [f"app-{name.lower()}" for name in APPS]
    cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--app", first)
    for assembly, status in ((first, "CREATE_COMPLETE"), (second, "UPDATE_COMPLETE")):
        cdk("deploy", *APPS, "--concurrency", "4", "--require-approval", "never", "--app", assembly)
        found = statuses()
        assert {name: found[name] for name in names} == dict.fromkeys(names, status)
    cdk("destroy", *APPS, "--force", "--app", second)
    assert list(statuses()) == ["CDKToolkit"]
