"""The unmodified CDK CLI takes the lab's stacks through their whole life.

Each call is a process of Node, so that what deploys or compares first also synthesizes.
"""

from __future__ import annotations

from pathlib import Path

import boto3

from tests.acceptance.conftest import ORGANIZATION_TRAIL, Cdk, Server
from tests.cdk_apps.assembly import bootstrap, synthesized
from tests.profiles import IS_LONG

ACCOUNT = "123456789012"


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
    cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1")
    deploy = ("deploy", "--all", "--require-approval", "never")

    cdk(*deploy, "--output", lab)
    assert trails.get_trail_status(Name="student-data-events")["IsLogging"]
    assert len(lab_buckets()) == 2

    assert cdk(*deploy, "--app", lab).count("(no changes)") == 2

    assert '"renamed"' in cdk("diff", "--output", changed, "--context", "selector_name=renamed")
    cdk(*deploy, "--app", changed)
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
    bootstrap(lambda name: session.client(name, endpoint_url=server.endpoint_url))  # type: ignore[call-overload]
    lives = [(first, "CREATE_COMPLETE"), (second, "UPDATE_COMPLETE")]
    for assembly, status in lives if IS_LONG else lives[:1]:  # the lab's life has updates
        cdk("deploy", *APPS, "--concurrency", "4", "--require-approval", "never", "--app", assembly)
        found = statuses()
        assert {name: found[name] for name in names} == dict.fromkeys(names, status)
    cdk("destroy", *APPS, "--force", "--app", assembly)
    assert statuses() == {}
