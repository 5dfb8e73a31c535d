"""Ansible's modules for trails and buckets."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from tests.acceptance.conftest import Server
from tests.acceptance.environments import CACHE, pip, programs
from tests.waiting import LONG

ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
RELEASE = "ansible==12.3.0"
COLLECTION = "ansible_collections/amazon/aws/"


@pytest.fixture(scope="session")
def collections() -> Path:
    """The folder of amazon.aws, which PyPI has only among all the other collections."""
    folder = CACHE / RELEASE.replace("==", "-")
    if not (folder / COLLECTION).is_dir():
        pip("download", "--no-deps", "--dest", folder, RELEASE)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            wanted = [name for name in opened.namelist() if name.startswith(COLLECTION)]
            opened.extractall(folder, wanted)
        wheel.unlink()
    return folder


def played(
    server: Server, collections: Path, folder: Path, *tasks: dict[str, Any]
) -> list[dict[str, Any]]:
    """What each task of a playbook returned."""
    named = [task | {"register": f"result_{number}"} for number, task in enumerate(tasks)]
    results = ", ".join(task["register"] for task in named)
    kept = {"content": f"{{{{ [{results}] | to_json }}}}", "dest": str(folder / "results")}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [*named, {"ansible.builtin.copy": kept}],
    }
    book = folder / "playbook.yml"
    book.write_text(json.dumps([play]), encoding="utf-8")
    run = subprocess.run(
        [programs("ansible") / "ansible-playbook", book],
        env={
            **os.environ,
            **server.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_HOME": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    returned: list[dict[str, Any]] = json.loads((folder / "results").read_text(encoding="utf-8"))
    return returned


def test_it_makes_a_trail_changes_it_and_removes_it(
    server: Server, collections: Path, tmp_path: Path
) -> None:
    policy = delivery_policy("ansible-logs", "some/prefix", ACCOUNT, ARN)
    trail = "amazon.aws.cloudtrail"
    wanted = {
        "name": "audit",
        "s3_bucket_name": "ansible-logs",
        "s3_key_prefix": "some/prefix",
        "is_multi_region_trail": True,
        "enable_log_file_validation": True,
        "tags": {"team": "audit"},
    }
    other = wanted | {"enable_logging": False, "is_multi_region_trail": False, "tags": {"a": "b"}}
    bucket, made, again, info, changed, removed, gone = played(
        *(server, collections, tmp_path),
        {"amazon.aws.s3_bucket": {"name": "ansible-logs", "policy": policy}},
        {trail: wanted},
        {trail: wanted},
        {"amazon.aws.cloudtrail_info": {}},
        {trail: other},
        {trail: {"name": "audit", "state": "absent"}},
        {trail: {"name": "audit", "state": "absent"}},
    )
    said = [each["changed"] for each in (bucket, made, again, info, changed, removed, gone)]
    assert said == [True, True, False, False, True, True, False]
    assert made["trail"] == again["trail"]
    assert made["trail"]["trail_arn"] == ARN
    assert made["trail"]["is_logging"]
    assert made["trail"]["is_multi_region_trail"]
    assert made["trail"]["log_file_validation_enabled"]
    (listed,) = (each for each in info["trail_list"] if each["name"] == "audit")
    assert listed["tags"] == {"team": "audit"}
    assert listed["s3_key_prefix"] == "some/prefix"
    assert not changed["trail"]["is_logging"]
    assert not changed["trail"]["is_multi_region_trail"]
    assert changed["trail"]["tags"] == {"a": "b"}
    assert not gone["exists"]
