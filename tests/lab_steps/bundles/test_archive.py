"""A bundle is not trusted blindly: what is no whole one is refused."""

from __future__ import annotations

import copy
import gzip
import random
import stat
import struct
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_steps.bundles import regrading
from lab_steps.bundles.archive import BundleError, member_name
from lab_steps.errors import ExitCode, UsageError
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.bundles.rewriting import rewrite, rewrite_members
from tests.lab_steps.step_numbers import ALL
from trail_logs.sources.bundle import MANIFEST, RECORDING


def empty(path: Path) -> None:
    path.write_bytes(b"")


def no_zip(path: Path) -> None:
    path.write_bytes(b"hello" * 100)


def foreign_zip(path: Path) -> None:
    rewrite_members(path, lambda name, data: data if name.startswith("logs/") else None)


def other_format(path: Path) -> None:
    rewrite(path, MANIFEST, lambda manifest: manifest.update(version=99))


def broken_json(path: Path) -> None:
    rewrite_members(path, lambda name, data: data[:-5] if name == RECORDING else data)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def one_byte_changed(path: Path) -> None:
    data = path.read_bytes()
    at = data.index(b"\x1f\x8b") + 40
    path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])


def traversal(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("logs/../../../etc/cron.d/x", b"* * * * * root true")


def absolute(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("/etc/passwd", b"root")


def gzip_bomb(path: Path) -> None:
    layer = gzip.compress(bytes(2_000_000))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("logs/b/AWSLogs/x.json.gz", layer * 31)


def behind(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def before(path: Path) -> None:
    path.write_bytes(b"more" + path.read_bytes())


def zip64(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:])


def overlapping(path: Path) -> None:
    """Two entries of the directory for the same bytes."""
    with zipfile.ZipFile(path, "a") as archive:
        copied = copy.copy(archive.getinfo(RECORDING))
        copied.filename = "logs/b/again"
        archive.filelist.append(copied)
        archive._didModify = True  # type: ignore[attr-defined]


def link(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("logs/b/link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")


def in_directory(path: Path, name: str, offset: int, value: bytes) -> None:
    """Change what the central directory says of a member."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46 + offset
    data[at : at + len(value)] = value
    path.write_bytes(data)


def encrypted(path: Path) -> None:
    in_directory(path, RECORDING, 8, b"\x01")


def lying_size(path: Path) -> None:
    in_directory(path, RECORDING, 24, struct.pack("<L", 10))


def twice(path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(MANIFEST, b"{}")


def control_name(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("logs/b/\x1b[2J", b"{}")


def gzip_members(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("logs/b/x.json.gz", gzip.compress(b"") * 100_000)


def foreign_format(path: Path) -> None:
    rewrite(path, MANIFEST, lambda manifest: manifest.update(format="cloud\x1b[2J"))


def naive_time(path: Path) -> None:
    rewrite(path, MANIFEST, lambda manifest: manifest.update(now="2026-01-01T00:00:00"))


def no_patience(path: Path) -> None:
    rewrite(path, MANIFEST, lambda manifest: manifest.update(due_seconds=1e300))


def number_for_answers(path: Path) -> None:
    rewrite(path, RECORDING, lambda recording: recording.update(answers=5))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (empty, "ZIP"),
        (no_zip, "ZIP"),
        (truncated, "ZIP"),
        (foreign_zip, "it has no manifest.json"),
        (behind, "it is not a ZIP file, or something follows its end"),
        (before, "there is something before its start"),
        (zip64, "it is a ZIP64 file"),
        (overlapping, "files in it overlap"),
        (link, "'logs/b/link' is a link"),
        (encrypted, "'recording.json' is encrypted"),
        (twice, "it has two files with the same name"),
        (lying_size, "'recording.json' is damaged: "),
        (control_name, r"'logs/b/\x1b[2J' is not a safe path"),
        (gzip_members, "'logs/b/x.json.gz' unpacks to over"),
        (other_format, "manifest.json: a newer version of this program wrote it (wanted version"),
        (foreign_format, r"'cloud\x1b[2J' is not a bundle format"),
        (naive_time, "manifest.json: wanted a time in UTC"),
        (no_patience, "manifest.json: Expected `float` <= 86400.0 - at `$.due_seconds`"),
        (number_for_answers, "recording.json: Expected `array`, got `int` - at `$.answers`"),
        (broken_json, "recording.json: Input data was truncated"),
        (one_byte_changed, "is damaged: "),
        (traversal, "'logs/../../../etc/cron.d/x' is not a safe path"),
        (absolute, "'/etc/passwd' is not a safe path"),
        (gzip_bomb, "'logs/b/AWSLogs/x.json.gz' unpacks to over 50,000,000 bytes"),
    ],
)
def test_what_is_no_whole_bundle_is_refused(
    damage: Callable[[Path], None], told: str, whole: Path
) -> None:
    damage(whole)
    with pytest.raises(BundleError, match="is not a bundle that can be graded") as refused:
        regrading.regrade(WALKTHROUGH, whole)
    assert told in str(refused.value)
    assert refused.value.exit_code == ExitCode.USAGE


def test_members_are_counted_together_before_they_are_unpacked(whole: Path) -> None:
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"logs/b/{number}", bytes(15_000_000))
    assert whole.stat().st_size < 200_000
    with pytest.raises(BundleError, match="it unpacks to over"):
        regrading.regrade(WALKTHROUGH, whole)


def test_a_bundle_of_many_small_bombs_is_refused_soon(whole: Path) -> None:
    """Under a bound for each file alone, 3.8 MB of these took 75 seconds."""
    bomb = gzip.compress(bytes(10_000_000)) * 5
    with zipfile.ZipFile(whole, "a") as archive:
        for number in range(78):
            archive.writestr(f"logs/b/{number}.json.gz", bomb)
    assert 3_700_000 < whole.stat().st_size < 4_000_000
    begun = time.process_time()
    with pytest.raises(BundleError, match="it unpacks to over"):
        regrading.regrade(WALKTHROUGH, whole)
    assert time.process_time() - begun < 10


def test_a_bundle_may_unpack_to_much_when_it_is_large(whole: Path) -> None:
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/b/noise", random.Random(5).randbytes(400_000))
        archive.writestr("logs/b/zeros", bytes(30_000_000))
    assert regrading.regrade(WALKTHROUGH, whole).counts["PASS"] == ALL


def test_a_bundle_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        regrading.regrade(WALKTHROUGH, tmp_path / "none.zip")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("AWSLogs/1/CloudTrail/a_Z.json.gz", "logs/b/AWSLogs/1/CloudTrail/a_Z.json.gz"),
        ("../x", "other/"),
        ("a//b", "other/"),
        ("/a", "other/"),
        ("a/..", "other/"),
        ("a\\b", "other/"),
    ],
)
def test_a_key_that_is_no_safe_path_is_no_path_in_a_bundle(key: str, name: str) -> None:
    assert member_name("b", key).startswith(name)
