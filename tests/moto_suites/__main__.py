"""Run moto's own tests against our server: `python -m tests.moto_suites [SUITE ...]`.

They come from the source distribution of the installed release and run in moto's server mode.
What fails here runs again on moto's own server. A test that passes there must stand in
`differences.toml`, with what AWS does and where that can be read; a line there that no failing
test needs is an error as well, so that the table stays true. The exit code is 1 for either.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import importlib.metadata
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

SUITES = (
    *("core", "cloudtrail", "organizations", "s3", "dynamodb", "cloudformation", "iam", "sts"),
    *("kms", "awslambda", "sns", "sqs", "events", "logs", "athena", "glue", "ssm"),
    *("secretsmanager", "stepfunctions"),
)
RELEASE = f"moto=={importlib.metadata.version('moto')}"
SOURCE = Path(__file__).resolve().parents[2] / ".cache" / RELEASE.replace("==", "-")
TABLE = Path(__file__).with_name("differences.toml")
PRECONDITIONS = Path(__file__).with_name("preconditions.py")
NEEDED = "not network and not requires_docker"
"""What moto's own server cannot pass on a machine without either is not run."""

Outcomes = dict[str, str]
"""By test: `passed`, `skipped`, or the first line of why it failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.moto_suites", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="default: all")
    parser.add_argument("-k", dest="only", help="as pytest's: the tests of this expression")
    asked = parser.parse_args(arguments)
    source = _source()
    wrong = [_differs(source, suite, asked.only) for suite in asked.suites or SUITES]
    return int(any(wrong))


def _source() -> Path:
    """The folder that has moto's `tests`, downloaded first where it is missing."""
    if not (SOURCE / "tests").is_dir():
        SOURCE.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*pip, "--no-binary", "moto", "--dest", folder, RELEASE], check=True)
            (archive,) = Path(folder).glob("*.tar.gz")
            _unpack_tests(archive)
    return SOURCE


def _unpack_tests(archive: Path) -> None:
    # moto itself stays out: the installed one is what is tested.
    with tarfile.open(archive) as opened:
        for member in opened.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name.startswith("tests/"):
                opened.extract(member, SOURCE, filter="data")


def _differs(source: Path, suite: str, only: str | None) -> bool:
    """Run a suite, print what it found, and tell whether anything is not as the table says."""
    with _ours() as endpoint:
        here = _run(source, [f"test_{suite}"], endpoint, only or "")
    failed = [test for test, outcome in here.items() if outcome not in {"passed", "skipped"}]
    there: Outcomes = {}
    if failed:
        with _motos() as endpoint:
            there = _run(source, failed, endpoint)
    differing = [test for test in failed if there.get(test) == "passed"]
    lines = lines_of(suite)
    unknown = [test for test in differing if not matching(test, lines)]
    idle = [] if only else [line for line in lines if not fnmatch.filter(differing, line)]
    for test in unknown:
        print(f"FAILS HERE ALONE {test}: {here[test]}")
    for line in idle:
        print(f"IN THE TABLE FOR NOTHING {line}")
    passed = sum(outcome == "passed" for outcome in here.values())
    print(
        f"{suite}: {passed} of {len(here)} pass, {len(failed) - len(differing)} fail on moto's "
        f"server as well, {len(differing) - len(unknown)} differ as AWS does, "
        f"{len(unknown)} unexplained",
        flush=True,
    )
    return bool(unknown or idle or not here)


def lines_of(suite: str) -> list[str]:
    """The patterns of test names that the table has for a suite."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))["difference"]
    return [line for each in table for line in each["tests"] if line.startswith(f"test_{suite}/")]


def matching(test: str, lines: list[str]) -> list[str]:
    return [line for line in lines if fnmatch.fnmatchcase(test, line)]


@contextlib.contextmanager
def _ours() -> Iterator[str]:
    command = [sys.executable, "-m", "local_aws", "--port", "0"]
    with _process(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready", word
        yield url


@contextlib.contextmanager
def _motos() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _process(command, stdout=subprocess.DEVNULL) as process:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, "moto's server did not start"
            time.sleep(0.1)


@contextlib.contextmanager
def _process(command: list[str], stdout: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _run(source: Path, chosen: Sequence[str], endpoint: str, only: str = "") -> Outcomes:
    """Run tests of moto's in its server mode: those of files or of whole names."""
    with tempfile.TemporaryDirectory() as folder:
        report, wanted = Path(folder, "report.xml"), Path(folder, "chosen")
        wanted.write_text("\n".join(f"tests/{each}" for each in chosen), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pytest", f"@{wanted}", "-c", os.devnull, "--rootdir", "."),
            *("--junitxml", str(report), "-o", "junit_family=xunit1", "--timeout", "60"),
            *("-p", "no:cacheprovider", "-p", PRECONDITIONS.stem, "-m", NEEDED, "-k", only, "-q"),
        ]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "TEST_SERVER_MODE": "true",
            "TEST_SERVER_MODE_ENDPOINT": endpoint,
            "PYTHONPATH": str(PRECONDITIONS.parent),
        }
        subprocess.run(command, cwd=source, env=environment, stdout=subprocess.DEVNULL, check=False)
        return dict(outcome(case) for case in ET.parse(report).iter("testcase"))


def outcome(case: ET.Element) -> tuple[str, str]:
    """A test's name and outcome, of its element in pytest's report."""
    file = case.attrib["file"]
    inner = case.attrib["classname"].removeprefix(file.removesuffix(".py").replace("/", "."))
    test = "::".join([file.removeprefix("tests/"), *inner.split(".")[1:], case.attrib["name"]])
    for kind in ("failure", "error"):
        if (found := case.find(kind)) is not None:
            return test, found.attrib["message"].partition("\n")[0] or kind
    return test, "skipped" if case.find("skipped") is not None else "passed"


if __name__ == "__main__":
    sys.exit(main())
