"""Functions that run in a fork of what is loaded already find what a fresh process would have."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from local_aws import LocalAws
from tests.local_aws.lambda_processes.created import (
    allow,
    answer,
    create,
    failure,
    log,
)


def result(client: Any) -> Any:
    return answer(client)


def test_a_functions_own_module_comes_before_one_that_is_loaded(aws: LocalAws) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "import boto3\ndef handler(*_): return boto3.NAME")
        archive.writestr("boto3.py", "NAME = 'of the function'")
    assert result(create(aws, "", Code={"ZipFile": content.getvalue()})) == "of the function"


def test_variables_that_an_interpreter_reads_when_it_starts_hold(aws: LocalAws) -> None:
    source = "import sys\ndef handler(*_): return [sys.flags.optimize, sys.flags.utf8_mode]"
    variables = {"Variables": {"PYTHONOPTIMIZE": "2", "PYTHONUTF8": "1"}}
    assert result(create(aws, source, Environment=variables)) == [2, 1]


def test_invocations_share_nothing_but_what_is_loaded(aws: LocalAws) -> None:
    source = """
import builtins, os, random, sys, time
def handler(*_):
    seen, builtins.seen = getattr(builtins, "seen", 0), 1
    ours = [name for name in sys.modules if name.startswith(("local_aws", "bootstrap", "warm"))]
    return seen, ours, time.tzname[0], [random.random(), os.getpid()]
"""
    client = create(aws, source, Environment={"Variables": {"TZ": "Asia/Tokyo"}})
    first, second = result(client), result(client)
    assert first[:3] == second[:3] == [0, [], "JST"]
    assert all(one != other for one, other in zip(first[3], second[3], strict=True))


def test_what_runs_at_an_interpreters_end_runs(aws: LocalAws) -> None:
    source = """
import atexit, sys, threading, time
def handler(*_):
    atexit.register(print, "at the end")
    threading.Thread(target=lambda: (time.sleep(0.1), print("in a thread"))).start()
    sys.exit("because")
"""
    client = create(aws, source)
    allow(aws, "logs:*")
    error = failure(client)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("exit status 1")
    printed = log(aws).splitlines()
    assert [line for line in printed if line in ("because", "in a thread", "at the end")] == [
        "because",
        "in a thread",
        "at the end",
    ]
