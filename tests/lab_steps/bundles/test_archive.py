"""Bundles: graded again to the same result, without secrets, and not trusted blindly."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from lab_steps.bundles import archive as bundle
from lab_steps.bundles.archive import BundleError
from lab_steps.bundles.replay import without_secrets
from lab_steps.checking.finding import Outcome
from lab_steps.checking.patience import Patience
from lab_steps.errors import ExitCode, UsageError
from lab_steps.results.result import Result
from lab_steps.verbs.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.by_hand import DATA, MANAGEMENT, ByHand
from tests.lab_steps.conftest import NOW
from tests.local_aws.delivered import client

Save = Callable[[], Path]


@pytest.fixture
def save(aws: LocalAws, lab: LabSession, tmp_path: Path) -> Save:
    """Deliver all there is, then save a bundle of it."""

    def saved() -> Path:
        aws.deliver_now()
        lab.target.patience = NOW
        path = tmp_path / "lab.zip"
        bundle.save(path, lab)
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
    graded = bundle.regrade(WALKTHROUGH, path)
    assert {step.number: step.outcome for step in graded.steps} == {
        number: each.outcome for number, each in checked.items()
    }
    assert findings(graded) == findings(bundle.saved_result(path))
    assert bundle.differing(graded, bundle.saved_result(path)) == []


def test_a_bundle_is_graded_when_the_lab_is_gone(
    aws: LocalAws, by_hand: ByHand, lab: LabSession, save: Save
) -> None:
    by_hand.lab()
    path = save()
    before = bundle.regrade(WALKTHROUGH, path)
    aws.reset()
    lab.target.close()
    assert findings(bundle.regrade(WALKTHROUGH, path)) == findings(before)
    assert before.counts["PASS"] == 38
    assert before.exit_code == ExitCode.PASSED


def test_what_was_pending_is_pending_whenever_it_is_graded(
    aws: LocalAws, by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.items()
    aws.deliver_now()
    lab.target.patience = Patience(timedelta(hours=1), 0.05)
    bundle.save(tmp_path / "early.zip", lab)
    (step,) = bundle.regrade(WALKTHROUGH, tmp_path / "early.zip", WALKTHROUGH.choose([34])).steps
    assert step.outcome is Outcome.PENDING
    assert step.until
    assert step.since
    assert step.until - step.since == timedelta(hours=1)


def test_some_steps_of_a_bundle_are_graded_as_in_the_whole(by_hand: ByHand, save: Save) -> None:
    by_hand.data_trail()
    path = save()
    whole = {step.number: step for step in bundle.regrade(WALKTHROUGH, path).steps}
    (step,) = bundle.regrade(WALKTHROUGH, path, WALKTHROUGH.choose([34])).steps
    assert step == whole[34]


def test_a_call_that_is_not_in_the_bundle_is_an_error(whole: Path) -> None:

    def forget(recording: dict[str, list[dict[str, object]]]) -> None:
        recording["answers"] = [
            each for each in recording["answers"] if each["operation"] != "sts:GetCallerIdentity"
        ]

    rewrite(whole, bundle.RECORDING, forget)
    (step,) = bundle.regrade(WALKTHROUGH, whole, WALKTHROUGH.choose([1])).steps
    assert step.outcome is Outcome.ERROR
    assert "NotInBundleError: The bundle has no answer to sts:GetCallerIdentity" in step.actual


def test_a_log_file_that_is_not_in_the_bundle_is_an_error(by_hand: ByHand, save: Save) -> None:
    by_hand.lab()
    path = save()
    rewrite_members(
        path, lambda name, data: None if f"logs/{by_hand.buckets[DATA]}" in name else data
    )
    (step,) = bundle.regrade(WALKTHROUGH, path, WALKTHROUGH.choose([37])).steps
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
    assert without_secrets(data) is data


def test_tokens_in_any_member_of_a_log_file_are_blotted_out() -> None:
    record = b'{"Records":[{"responseElements":{"credentials":{"sessionToken" : "IQoJ"}}}]}'
    data = gzip.compress(record[:20]) + gzip.compress(record[20:])
    blotted = json.loads(gzip.decompress(without_secrets(data)))
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
    rewrite(path, bundle.MANIFEST, lambda manifest: manifest.update(version=99))


def broken_json(path: Path) -> None:
    rewrite_members(path, lambda name, data: data[:-5] if name == bundle.RECORDING else data)


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
    layer = gzip.compress(bytes(10_000_000))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("logs/b/AWSLogs/x.json.gz", layer * 31)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (empty, "zip"),
        (no_zip, "zip"),
        (truncated, "zip"),
        (foreign_zip, "it has no manifest.json"),
        (other_format, "version 99, cloudtrail-lab-bundle version 1 was wanted"),
        (broken_json, "recording.json: Input data was truncated"),
        (one_byte_changed, "is damaged: "),
        (traversal, "'logs/../../../etc/cron.d/x' is no safe path"),
        (absolute, "'/etc/passwd' is no safe path"),
        (gzip_bomb, "'logs/b/AWSLogs/x.json.gz' unpacks to over"),
    ],
)
def test_what_is_no_whole_bundle_is_refused(
    damage: Callable[[Path], None], told: str, whole: Path
) -> None:
    damage(whole)
    with pytest.raises(BundleError, match="is no bundle that can be graded") as refused:
        bundle.regrade(WALKTHROUGH, whole)
    assert told in str(refused.value)
    assert refused.value.exit_code == ExitCode.USAGE


def test_a_bundle_that_unpacks_to_too_much_is_refused_unread(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "MAX_BYTES", 5_000_000)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/b/zeros", bytes(5_000_001))
    assert whole.stat().st_size < 1_000_000
    with pytest.raises(BundleError, match=r"it holds over .* 5,000,000 bytes"):
        bundle.regrade(WALKTHROUGH, whole)


def test_a_bundle_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        bundle.regrade(WALKTHROUGH, tmp_path / "none.zip")


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
    assert bundle.member_name("b", key).startswith(name)


def test_a_bundle_is_there_whole_or_not_at_all(
    by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"A bundle is a \.zip file"):
        bundle.save(tmp_path / "lab.tar", lab)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        bundle.save(tmp_path / "file" / "lab.zip", lab)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".zip"] == []
