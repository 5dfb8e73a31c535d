"""What a function's process finds, leaves and may take."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.local_aws.lambda_processes.created import (
    allow,
    answer,
    create,
    ends_late,
    failure,
    log,
    package,
)
from tests.local_aws.processes import runs
from tests.waiting import until

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")

LEAVE = """
import os, sys, time
def leave(path):
    # Detached as a daemon is: another session, another parent, and the output kept open.
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open(path, "w") as out:
                out.write(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    while not os.path.exists(path) or not open(path).read():
        time.sleep(0.01)
"""


@linux_only
def test_a_detached_child_ends_with_the_invocation(aws: LocalAws, tmp_path: Path) -> None:
    source = f"{LEAVE}def handler(event, context): leave(event['path'])"
    client = create(aws, source)
    assert answer(client, {"path": str(tmp_path / "child")}) is None
    assert not runs(int((tmp_path / "child").read_text()))


@linux_only
def test_a_detached_child_ends_when_the_time_is_up(aws: LocalAws, tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = f"{LEAVE}def handler(event, context):\n leave({str(child)!r})\n time.sleep(600)"
    ends_late(create(aws, source), lambda: child.exists() and bool(child.read_text()))
    assert not runs(int(child.read_text()))


SERVE = """
import json, sys
from local_aws import LocalAws
from tests.local_aws.lambda_processes.created import create
with LocalAws() as aws:
    create(aws, sys.stdin.read(), Timeout=600).invoke(FunctionName="f", InvocationType="Event")
    import threading
    threading.Event().wait()
"""


@linux_only
def test_a_function_and_its_children_end_with_a_killed_server(tmp_path: Path) -> None:
    child, own = tmp_path / "child", tmp_path / "own"
    source = (
        f"{LEAVE}def handler(event, context):\n leave({str(child)!r})\n"
        f" open({str(own)!r}, 'w').write(str(os.getpid()))\n time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as server:
        assert server.stdin
        server.stdin.write(source.encode())
        server.stdin.close()
        until(lambda: own.exists() and own.read_text())
        server.kill()
    until(lambda: not runs(int(own.read_text())))
    until(lambda: not runs(int(child.read_text())))


@linux_only
def test_nothing_of_the_server_is_in_the_process(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
import os, pathlib
def handler(event, context):
    environments = [f"/proc/{each}/environ" for each in ("self", os.getppid())]
    opened = {name: os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
              if os.path.lexists(f"/proc/self/fd/{name}")}
    return {
        "environments": [pathlib.Path(each).read_text() for each in environments],
        "open": opened,
        "cwd": os.getcwd(),
        "task": os.environ["LAMBDA_TASK_ROOT"],
        "home": os.listdir(pathlib.Path.home()),
    }
"""
    monkeypatch.setenv("MY_TOKEN", "a-secret-of-the-server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret-of-the-server")
    seen = answer(create(aws, source))
    assert "secret-of-the-server" not in "".join(seen["environments"])
    assert (seen["cwd"], seen["open"]["0"]) == (seen["task"], "/dev/null")
    assert sorted(seen["open"]) == ["0", "1", "2"]
    assert ".aws" not in seen["home"]


def test_what_a_function_prints_is_kept_within_bounds(aws: LocalAws) -> None:
    source = "def handler(event, context):\n for _ in range(50): print('x' * 1_000_000)"
    client = create(aws, source)
    allow(aws, "logs:*")
    assert answer(client) is None
    kept = log(aws)
    assert len(kept) < 1_100_000
    assert "bytes more were left out" in kept


@linux_only
def test_the_memory_of_a_function_is_bounded(aws: LocalAws) -> None:
    source = "def handler(event, context): return len(bytearray(3 << 30))"
    assert failure(create(aws, source))["errorType"] == "MemoryError"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return 'x' * 7_000_000", "Function.ResponseSizeTooLarge"),
        ("os.mkfifo('../result'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('no JSON'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('{}'); os._exit(0)", "Runtime.ExitError"),
        ("open('../result', 'w').write('[' * 100_000); os._exit(0)", "Runtime.ExitError"),
    ],
)
def test_a_result_is_a_file_of_json_within_bounds(aws: LocalAws, body: str, kind: str) -> None:
    source = f"import os\ndef handler(event, context): {body}"
    assert failure(create(aws, source))["errorType"] == kind


def test_names_in_a_package_never_leave_the_functions_folder(aws: LocalAws, tmp_path: Path) -> None:
    source = """
import os
def handler(event, context):
    found = [os.path.join(folder, name) for folder, _, names in os.walk("..") for name in names]
    return {"files": found, "link": os.path.islink("link")}
"""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", source)
        archive.writestr("../../../../../../escaped", "x")
        archive.writestr(f"{tmp_path}/absolute", "x")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    seen = answer(create(aws, "", Code={"ZipFile": content.getvalue()}))
    task = {name for name in seen["files"] if name.startswith("../task/")}
    others = {"../code.zip", "../request"}
    assert set(seen["files"]) == task | others
    assert not seen["link"]
    assert list(tmp_path.iterdir()) == []


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(27):
            archive.writestr(f"{number}", bytes(10_000_000))
    return content.getvalue()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (bomb, "Unzipped size must be smaller than 262144000 bytes"),
        (lambda: b"no zip", "Could not unzip uploaded file."),
        (lambda: package("x", "a/" * 3000), "Could not unzip uploaded file."),
    ],
    ids=["bomb", "no zip", "long name"],
)
def test_a_package_that_lambda_would_not_take_is_not_run(
    aws: LocalAws, code: Callable[[], bytes], message: str
) -> None:
    error = failure(create(aws, "", Code={"ZipFile": code()}))
    assert error["errorType"] == "InvalidParameterValueException"
    assert error["errorMessage"].startswith(message)
