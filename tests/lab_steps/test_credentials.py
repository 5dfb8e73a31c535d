"""No secret of the credentials is written, printed or reported, also where a verb fails."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_steps.targets.roles import Role
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.classes.conftest import ADA, Class, class_
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.targets.test_renewing import MINUTES, session_keys

__all__ = ["class_"]

VERBS = [
    ["doctor"],
    ["doctor", "--format", "json"],
    ["plan", "--format", "json"],
    ["up"],
    ["run"],
    ["status", "--format", "json"],
    ["check", "--format", "json"],
    ["watch", "--deadline", "0", "--format", "json"],
    ["report", "--format", "html", "--output", "{}/report.html"],
    ["report", "--format", "junit", "--output", "{}/report.xml"],
    ["bundle", "--output", "{}/lab.zip"],
    ["down", "--dry-run", "--format", "json"],
    ["down"],
    ["down", "--by-hand"],
]


def contents(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """All that stands in files, also in those of archives, and in log files unpacked."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and "synth" not in path.parts:
                yield str(path), unpacked(path.read_bytes())
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as archive:
                        names = archive.namelist()
                        yield from ((name, unpacked(archive.read(name))) for name in names)


def unpacked(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def test_no_verb_writes_or_prints_a_secret(
    cli: CliRun,
    by_hand: ByHand,
    aws: LocalAws,
    state_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = session_keys(by_hand)
    for name, value in keys.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    secrets = [keys["aws_secret_access_key"], keys["aws_session_token"]]
    told = "".join("".join(cli(*(each.format(tmp_path) for each in verb))[1:]) for verb in VERBS)
    aws.advance(MINUTES)  # and where the keys have ended
    told += "".join("".join(cli(verb)[1:]) for verb in ("doctor", "check", "down"))
    assert ACCOUNT in told
    assert "ended" in told or "refused" in told
    written = list(contents(state_directory, tmp_path))
    assert {"report.html", "lab.zip"} <= {Path(name).name for name, _ in written}
    for secret in secrets:
        assert secret not in told
        assert [name for name, data in written if secret.encode() in data] == []


def test_no_verb_of_a_class_writes_or_prints_a_secret(
    class_: Class,
    by_hand: ByHand,
    aws: LocalAws,
    state_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the trainer's own, nor those of the student's role."""
    for name, value in session_keys(by_hand).items():
        monkeypatch.setenv(name.upper(), value)
    given = spied(monkeypatch)
    class_.student(ADA)
    class_.written(Ada=ADA)
    tasks = ("plan", "up", "check", "report", "down")
    told = "".join(f"{class_.run(each)}{class_.said()}" for each in tasks)
    told += f"{class_.run('check', '--format', 'json')}{class_.said()}"
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    told += f"{class_.run('down', '--by-hand')}{class_.said()}"
    assert "1 of 1 accounts without a problem" in told
    aws.advance(MINUTES)  # and where the trainer's have ended
    told += f"{class_.run('check')}{class_.said()}"
    assert ADA in told
    assert "ended" in told or "refused" in told
    written = list(contents(state_directory, tmp_path))
    assert {"index.html", "journal.jsonl"} <= {Path(name).name for name, _ in written}
    assert [name for name, data in written if name.endswith(".json.gz") and b"AssumeRole" in data]
    secrets = [os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_SESSION_TOKEN"], *given]
    assert len(secrets) > 10
    for secret in secrets:
        assert secret not in told
        assert [name for name, data in written if secret.encode() in data] == []


def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that students' roles give from now on."""
    given: list[str] = []
    assumed = Role._assumed

    def kept(role: Role) -> dict[str, str]:
        keys = assumed(role)
        given.extend((keys["secret_key"], keys["token"]))
        return keys

    monkeypatch.setattr(Role, "_assumed", kept)
    return given
