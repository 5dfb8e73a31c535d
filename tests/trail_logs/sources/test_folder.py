"""Which log files of a folder are listed, and what comes of reading them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cloudtrail.log_files import digest_key
from tests.trail_logs.log_samples import ACCOUNT, NOON, file_of, key_of, record, write
from tests.trail_logs.sources.conftest import keys
from trail_logs.expectations import Expectation
from trail_logs.layout import Scope
from trail_logs.reader import read
from trail_logs.sources import log_source
from trail_logs.sources.folder import FolderSource
from trail_logs.sources.log_source import (
    AccessDeniedError,
    Body,
    LogFile,
    NoSuchLocationError,
    UnreachableError,
    read_body,
)


def test_a_folder_inside_the_layout_is_read(tmp_path: Path) -> None:
    key = key_of()
    write(tmp_path, key, file_of(record()))
    account = tmp_path / "AWSLogs" / ACCOUNT
    assert keys(FolderSource(account)) == [key.removeprefix(f"AWSLogs/{ACCOUNT}/")]


def test_a_copy_that_lies_in_a_folder_named_as_the_layouts_is_read(tmp_path: Path) -> None:
    copy = tmp_path / "AWSLogs" / "copy"
    write(copy, key := key_of(), file_of(record()))
    assert keys(FolderSource(copy)) == [key]


def test_a_flat_folder_is_read_by_the_names_of_its_files(tmp_path: Path) -> None:
    for name in ("a.json.gz", "deep/b.json", "notes.txt"):
        write(tmp_path, name, file_of(record()))
    assert keys(FolderSource(tmp_path)) == ["a.json.gz", "deep/b.json"]


def test_digests_in_a_flat_folder_are_no_log_files(tmp_path: Path) -> None:
    digest = digest_key("a", ACCOUNT, "us-east-1", NOON, trail="t", home_region="us-east-1")
    write(tmp_path, digest, b"a digest")
    write(tmp_path, log := key_of(prefix="a"), file_of(record()))
    assert keys(FolderSource(tmp_path)) == [log]


@pytest.mark.parametrize("root", ["flat", f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1"])
def test_links_that_lead_back_are_not_followed(tmp_path: Path, root: str) -> None:
    write(tmp_path, f"{root}/a/x.json.gz", file_of(record()))
    write(tmp_path, f"{root}/b/y.json.gz", file_of(record()))
    for link, target in (("a/up", ".."), ("a/again", "."), ("b/a", "../a"), ("a/b", "../b")):
        (tmp_path / root / link).symlink_to(target, target_is_directory=True)
    found = keys(FolderSource(tmp_path))
    assert {key.rpartition("/")[2] for key in found} == {"x.json.gz", "y.json.gz"}
    assert f"{root}/b/a/x.json.gz" in found, "a link to a folder beside it is followed"
    assert len(found) == 4


def test_a_named_pipe_among_the_files_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (damage,) = read(FolderSource(tmp_path), [Expectation("put")]).damaged
    assert (damage.key, "empty" in damage.reason) == ("pipe.json", True)


def test_a_file_name_that_cannot_be_a_key_is_named(tmp_path: Path) -> None:
    write(tmp_path, os.fsdecode(b"\xff.json"), file_of(record()))
    ((file, body),) = listed_with_bodies(tmp_path)
    assert file.key == r"\udcff.json"
    assert "udcff.json' is not UTF-8" in str(body)


def listed_with_bodies(folder: Path) -> list[tuple[LogFile, Body]]:
    source = FolderSource(folder)
    return list(source.bodies(source.files(Scope())))


@pytest.mark.parametrize("root", ["flat", f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/14"])
def test_links_that_lead_nowhere_are_listed_and_cannot_be_read(tmp_path: Path, root: str) -> None:
    (tmp_path / root).mkdir(parents=True)
    (tmp_path / root / "broken.json").symlink_to("nowhere")
    (tmp_path / root / "circle.json").symlink_to("circle.json")
    found = {file.key.rpartition("/")[2]: body for file, body in listed_with_bodies(tmp_path)}
    assert isinstance(found["broken.json"], NoSuchLocationError)
    assert isinstance(found["circle.json"], UnreachableError)


def test_a_folder_that_may_not_be_read_is_listed_and_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, whom no mode of a folder stops."""
    write(tmp_path, "a.json.gz", file_of(record()))
    write(tmp_path, "closed/b.json.gz", file_of(record()))
    scandir = os.scandir

    def refusing_scandir(folder: Path) -> Any:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing_scandir)
    found = {file.key: body for file, body in listed_with_bodies(tmp_path)}
    assert set(found) == {"a.json.gz", "closed/"}
    assert isinstance(found["closed/"], AccessDeniedError)


def test_a_file_without_end_is_read_as_far_as_a_log_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_source, "MOST_INFLATED_BYTES", 1000)
    (tmp_path / "zeros.json").symlink_to("/dev/zero")
    ((file, body),) = listed_with_bodies(tmp_path)
    assert 1000 < len(read_body(body, file.size)) < 5000


def test_one_file_is_a_location(tmp_path: Path) -> None:
    write(tmp_path, "a.json.gz", file_of(record()))
    (answer,) = read(FolderSource(tmp_path / "a.json.gz"), [Expectation("put")]).answers
    assert answer.count == 1


def test_a_folder_that_does_not_exist_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NoSuchLocationError, match="neither a folder nor a file"):
        keys(FolderSource(tmp_path / "nowhere"))
