"""Bundles: graded again to the same result, without secrets, and not trusted blindly."""

from __future__ import annotations

import copy
import gzip
import json
import random
import shutil
import stat
import struct
import time
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from lab_steps.bundles import regrading, saving
from lab_steps.bundles.archive import BundleError, member_name
from lab_steps.checking.finding import Outcome
from lab_steps.checking.patience import Patience
from lab_steps.credential_redaction import redacted_log_file
from lab_steps.errors import ExitCode, UsageError
from lab_steps.results.result import Result
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import DATA, MANAGEMENT, ByHand
from tests.lab_steps.conftest import NOW
from tests.lab_steps.mutants.reference_lab import DATA_BUCKET
from tests.lab_steps.step_numbers import ALL
from tests.local_aws.delivered import client
from trail_logs.sources.bundle import MANIFEST, RECORDING

Save = Callable[[], Path]


@pytest.fixture
def save(aws: LocalAws, lab: LabSession, tmp_path: Path) -> Save:
    """Deliver all there is, then save a bundle of it."""

    def saved() -> Path:
        aws.deliver_now()
        lab.target.patience = NOW
        path = tmp_path / "lab.zip"
        saving.save(path, lab)
        return path

    return saved


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle") / "kept.zip"


@pytest.fixture
def whole(_kept: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the bundle of a lab that passes, which is saved once."""
    if not _kept.exists():
        request.getfixturevalue("by_hand").lab()
        shutil.copy(request.getfixturevalue("save")(), _kept)
    return Path(shutil.copy(_kept, tmp_path / "whole.zip"))


def findings(result: Result) -> bytes:
    """All of a result but when it was made."""
    return msgspec.json.encode((result.place, result.settings, result.steps, result.observed))


def damaged_lab(hand: ByHand) -> None:
    hand.management_trail(insights=("ApiCallRateInsight",))
    hand.data_trail()
    hand.work()
    key = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/01/a b&c.json.gz"
    hand.s3.put_object(Bucket=hand.buckets[DATA], Key=key, Body=b"\x1f\x8bnot gzip")
    hand.s3.put_object(Bucket=hand.buckets[DATA], Key=key.replace("a b", "../x"), Body=b"{}")


def nothing(hand: ByHand) -> None:
    """No lab at all."""


def no_policy(hand: ByHand) -> None:
    hand.management_trail()
    hand.s3.delete_bucket_policy(Bucket=hand.buckets[MANAGEMENT])


@pytest.mark.parametrize("make", [ByHand.lab, damaged_lab, nothing, no_policy])
def test_a_bundle_is_graded_to_the_findings_of_a_check(
    make: Callable[[ByHand], None], by_hand: ByHand, lab: LabSession, save: Save
) -> None:
    make(by_hand)
    path = save()
    checked = lab.check(WALKTHROUGH.choose(None), wait=None)
    graded = regrading.regrade(WALKTHROUGH, path)
    assert {step.number: step.outcome for step in graded.steps} == {
        number: each.outcome for number, each in checked.items()
    }
    assert findings(graded) == findings(regrading.saved_result(path))
    assert regrading.differing(graded, regrading.saved_result(path)) == []


def test_a_bundle_is_graded_when_the_lab_is_gone(
    aws: LocalAws, lab: LabSession, whole: Path
) -> None:
    aws.reset()
    lab.target.close()
    graded = regrading.regrade(WALKTHROUGH, whole)
    assert findings(graded) == findings(regrading.saved_result(whole))
    assert graded.counts["PASS"] == ALL
    assert graded.exit_code == ExitCode.PASSED


def test_what_was_pending_is_pending_whenever_it_is_graded(
    aws: LocalAws, by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.items()
    aws.deliver_now()
    lab.target.patience = Patience(timedelta(hours=1), 0.05)
    saving.save(tmp_path / "early.zip", lab)
    (step,) = regrading.regrade(WALKTHROUGH, tmp_path / "early.zip", WALKTHROUGH.choose([34])).steps
    assert step.outcome is Outcome.PENDING
    assert step.until
    assert step.since
    assert step.until - step.since == timedelta(hours=1)


def test_some_steps_of_a_bundle_are_graded_as_in_the_whole(by_hand: ByHand, save: Save) -> None:
    by_hand.data_trail()
    path = save()
    whole = {step.number: step for step in regrading.regrade(WALKTHROUGH, path).steps}
    (step,) = regrading.regrade(WALKTHROUGH, path, WALKTHROUGH.choose([34])).steps
    assert step == whole[34]


def test_a_call_that_is_not_in_the_bundle_is_an_error(whole: Path) -> None:

    def forget(recording: dict[str, list[dict[str, object]]]) -> None:
        recording["answers"] = [
            each for each in recording["answers"] if each["operation"] != "sts:GetCallerIdentity"
        ]

    rewrite(whole, RECORDING, forget)
    (step,) = regrading.regrade(WALKTHROUGH, whole, WALKTHROUGH.choose([1])).steps
    assert step.outcome is Outcome.ERROR
    assert "NotInBundleError: The bundle has no response to sts:GetCallerIdentity" in step.actual


def test_a_log_file_that_is_not_in_the_bundle_is_an_error(whole: Path) -> None:
    rewrite_members(whole, lambda name, data: None if f"logs/{DATA_BUCKET}" in name else data)
    (step,) = regrading.regrade(WALKTHROUGH, whole, WALKTHROUGH.choose([37])).steps
    assert step.outcome is Outcome.ERROR
    assert "The bundle lacks s3://" in step.actual


def test_no_credential_or_session_token_is_in_a_bundle(
    aws: LocalAws, by_hand: ByHand, save: Save
) -> None:
    by_hand.management_trail()
    role = "arn:aws:iam::123456789012:role/student"
    given = client(aws, "sts").assume_role(RoleArn=role, RoleSessionName="student")["Credentials"]
    by_hand.data_trail()
    by_hand.work()
    held = whole_text(save())
    assert b"AssumeRole" in held
    assert given["SessionToken"].encode() not in held
    assert given["SecretAccessKey"].encode() not in held


def test_a_log_file_without_tokens_is_kept_byte_for_byte() -> None:
    data = gzip.compress(b'{"Records":[{"eventName":"PutItem"}]}', mtime=5)
    assert redacted_log_file(data) is data


def test_tokens_in_any_member_of_a_log_file_are_blotted_out() -> None:
    record = b'{"Records":[{"responseElements":{"credentials":{"sessionToken" : "IQoJ"}}}]}'
    data = gzip.compress(record[:20]) + gzip.compress(record[20:])
    blotted = json.loads(gzip.decompress(redacted_log_file(data)))
    assert blotted["Records"][0]["responseElements"]["credentials"] == {"sessionToken": "REDACTED"}


def rewrite_members(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            changed = change(name, data)
            if changed is not None:
                archive.writestr(name, changed)


def rewrite(path: Path, name: str, change: Callable[..., None]) -> None:
    def changed(member: str, data: bytes) -> bytes:
        if member != name:
            return data
        document = json.loads(data)
        change(document)
        return json.dumps(document).encode()

    rewrite_members(path, changed)


def whole_text(path: Path) -> bytes:
    """Everything in the bundle, unpacked."""
    with zipfile.ZipFile(path) as archive:
        members = [archive.read(name) for name in archive.namelist()]
    return b"\n".join(
        gzip.decompress(each) if each.startswith(b"\x1f\x8b") else each for each in members
    )


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


def test_a_bundle_is_there_whole_or_not_at_all(
    by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"Wanted a \.zip file for the bundle, got"):
        saving.save(tmp_path / "lab.tar", lab)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        saving.save(tmp_path / "file" / "lab.zip", lab)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".zip"] == []
