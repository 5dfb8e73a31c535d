"""A student does all 38 steps in the console, and the check agrees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from local_aws import LocalAws
from tests.browser import in_browser
from tests.console.conftest import REPOSITORY, STUDENT, records

SCRIPT = Path(__file__).with_name("walkthrough.mjs")


def test_the_38_steps_by_mouse_and_keyboard(aws: LocalAws) -> None:
    seen = in_browser(SCRIPT, aws.endpoint_url, STUDENT.name, STUDENT.password, seconds=240)
    assert (seen["problems"], seen["elsewhere"]) == ([], [])
    assert "You do not have permission" in seen["refusal"] or "Exception" in seen["refusal"]
    assert seen["item"] == "Ada Lovelace"
    assert {"CreateTable", "ListTables", "UpdateTable"} <= set(seen["managementEvents"])
    assert set(seen["dataEvents"]) <= {"PutItem", "GetItem", "Scan", "Query"}
    assert seen["record"]["sessionCredentialFromConsole"] == "true"

    checked = subprocess.run(
        [sys.executable, "-m", "lab_steps", "check", "--format", "json", "--timeout", "30"],
        cwd=REPOSITORY,
        env={**os.environ, **aws.environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    steps = json.loads(checked.stdout)["steps"]
    assert [each for each in steps if each["outcome"] != "PASS"] == []
    assert len(steps) == 38

    for name in ("CreateTrail", "PutItem", "GetItem", "CreateTable", "UpdateTable"):
        for record in records(aws, name):
            assert record["sessionCredentialFromConsole"] == "true", name
            assert record["userAgent"].startswith("Mozilla/5.0"), name
