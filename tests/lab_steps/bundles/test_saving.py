"""Bundles are saved whole or not at all, without secrets."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from lab_steps.bundles import saving
from lab_steps.credential_redaction import redacted_log_file
from lab_steps.errors import UsageError
from lab_steps.session import LabSession
from local_aws import LocalAws
from tests.lab_steps.bundles.conftest import Save
from tests.lab_steps.by_hand import ByHand
from tests.local_aws.delivered import client


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


def whole_text(path: Path) -> bytes:
    """Everything in the bundle, unpacked."""
    with zipfile.ZipFile(path) as archive:
        members = [archive.read(name) for name in archive.namelist()]
    return b"\n".join(
        gzip.decompress(each) if each.startswith(b"\x1f\x8b") else each for each in members
    )


def test_a_bundle_is_there_whole_or_not_at_all(
    by_hand: ByHand, lab: LabSession, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"Wanted a \.zip file for the bundle, got"):
        saving.save(tmp_path / "lab.tar", lab)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        saving.save(tmp_path / "file" / "lab.zip", lab)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".zip"] == []
