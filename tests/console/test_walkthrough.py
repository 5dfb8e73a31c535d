"""A student does all steps in the console, as the guide says, and the check agrees."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_steps.place.state import StateFile
from lab_steps.session import open_session
from lab_steps.targets.control import delay_at, patience_of
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.browser import in_browser
from tests.console.conftest import REPOSITORY, records
from tests.lab_steps.guide.conftest import Guide, guiding
from tests.lab_steps.step_numbers import ALL
from tests.local_aws.delivered import keys
from tests.waiting import LONG

SCRIPT = Path(__file__).with_name("walkthrough.mjs")


@pytest.fixture
def guide(aws: LocalAws, tmp_path: Path) -> Iterator[Guide]:
    url = aws.endpoint_url
    target = Target("endpoint", "us-east-1", patience_of(delay_at(url)), endpoint_url=url)
    with contextlib.closing(target):
        state = StateFile(tmp_path / "state.json")
        with guiding(open_session(WALKTHROUGH, target, Progress(), state=state)) as made:
            yield made


def test_all_steps_by_mouse_and_keyboard_and_five_mistakes(aws: LocalAws, guide: Guide) -> None:
    seen = in_browser(SCRIPT, aws.endpoint_url, guide.url)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert "You do not have permission" in seen["refusal"] or "Exception" in seen["refusal"]
    assert seen["item"] == "Ada Lovelace"
    assert {"CreateTable", "ListTables", "UpdateTable"} <= set(seen["managementEvents"])
    assert {"PutItem", "GetItem"} <= set(seen["dataEvents"])
    assert set(seen["dataEvents"]) <= {"PutItem", "GetItem", "Scan", "Query"}
    assert seen["record"]["sessionCredentialFromConsole"] == "true"
    assert seen["verdict"] == f"All {ALL} steps passed"
    assert len(set(seen["repairs"])) == 5
    assert statistics.median(seen["milliseconds"].values()) < 5_000

    checked = subprocess.run(
        [sys.executable, "-m", "lab_steps", "check", "--format", "json", "--timeout", "30"],
        cwd=REPOSITORY,
        env={**os.environ, **aws.environment()},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    steps = json.loads(checked.stdout)["steps"]
    assert [each for each in steps if each["outcome"] != "PASS"] == []
    assert len(steps) == ALL

    for name in ("CreateTrail", "PutItem", "GetItem", "CreateTable", "UpdateTable"):
        for record in records(aws, name):
            assert record["sessionCredentialFromConsole"] == "true", name
            assert record["userAgent"].startswith("Mozilla/5.0"), name

    for purpose in ("management-events", "data-events"):
        (bucket,) = (
            each["Name"]
            for each in aws.client("s3").list_buckets()["Buckets"]
            if each["Name"].startswith(f"aws-cloudtrail-logs-{purpose}-123456789012-")
        )
        assert any(key.endswith(".json.gz") for key in keys(aws, bucket))
