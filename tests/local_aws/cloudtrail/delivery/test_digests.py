"""Digest files: hourly, chained, signed, and what `aws cloudtrail validate-logs` says."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudtrail.log_files import parse_log_file_key
from cloudtrail.partitions import DEFAULT_REGIONS
from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.conftest import OneAtATime
from tests.local_aws.aws_cli import validate_logs
from tests.local_aws.delivered import (
    ACCOUNT,
    ORGANIZATION,
    account,
    allow,
    client,
    keys,
    log_bucket,
    table,
    trail,
)

HOUR = timedelta(hours=1)
BUCKET = "audit-logs"


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    return patient_aws


def validated_trail(aws: LocalAws, **settings: Any) -> str:
    return trail(aws, "audit", EnableLogFileValidation=True, **settings)


def digest_keys(aws: LocalAws, region: str = "us-east-1", bucket: str = BUCKET) -> list[str]:
    """The keys of the Region's digests, oldest first."""
    names = [(key, parse_log_file_key(key)) for key in keys(aws, bucket)]
    return [
        key
        for key, name in sorted(names, key=lambda each: each[0])
        if name and name.folder == "CloudTrail-Digest" and name.region == region
    ]


def digests(aws: LocalAws, region: str = "us-east-1") -> list[dict[str, Any]]:
    return [read(aws, key) for key in digest_keys(aws, region)]


def read(aws: LocalAws, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(body(aws, key)))
    return found


def body(aws: LocalAws, key: str) -> bytes:
    found: bytes = client(aws, "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return found


def time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def stop(aws: LocalAws) -> None:
    client(aws, "cloudtrail").stop_logging(Name="audit")


def start(aws: LocalAws) -> None:
    client(aws, "cloudtrail").start_logging(Name="audit")


class TestHours:
    def test_every_default_region_has_one_every_hour_empty_or_not(self, aws: LocalAws) -> None:
        validated_trail(aws, IsMultiRegionTrail=True)
        aws.advance(3 * HOUR)
        found = {region: digests(aws, region) for region in DEFAULT_REGIONS}
        assert {region: len(each) for region, each in found.items()} == dict.fromkeys(
            DEFAULT_REGIONS, 3
        )
        for digest in found["eu-west-3"]:
            assert digest["logFiles"] == []
            assert digest["newestEventTime"] is None
            assert digest["oldestEventTime"] is None

    def test_single_region_trail_has_those_of_its_region(self, aws: LocalAws) -> None:
        validated_trail(aws)
        aws.advance(HOUR)
        assert len(digests(aws)) == 1
        assert digests(aws, "eu-west-1") == []

    def test_minute_and_second_are_those_of_start_logging(self, aws: LocalAws) -> None:
        arn = validated_trail(aws)
        started = client(aws, "cloudtrail").get_trail_status(Name=arn)["StartLoggingTime"]
        aws.advance(2 * HOUR)
        first, second = digests(aws)
        assert time(first["digestStartTime"]) == started.replace(microsecond=0)
        assert time(first["digestEndTime"]) == started.replace(microsecond=0) + HOUR
        assert second["digestStartTime"] == first["digestEndTime"]

    def test_log_files_of_the_hour_are_listed(self, aws: LocalAws) -> None:
        validated_trail(aws)
        table(aws)
        aws.deliver_now()
        delivered = [key for key in keys(aws, BUCKET) if "/CloudTrail/" in key]
        aws.advance(HOUR)
        assert set(delivered) <= {each["s3Object"] for each in digests(aws)[0]["logFiles"]}

    def test_first_file_after_the_start_is_in_a_digest(self, aws: LocalAws) -> None:
        log_bucket(aws, BUCKET)
        for attempt in range(5):
            name = f"audit-{attempt}"
            trail(aws, name, BUCKET, EnableLogFileValidation=True)
            table(aws, f"Table{attempt}")
            aws.deliver_now()
            client(aws, "cloudtrail").delete_trail(Name=name)
            aws.deliver_now()
        listed = {each["s3Object"] for digest in digests(aws) for each in digest["logFiles"]}
        assert listed == {key for key in keys(aws, BUCKET) if "/CloudTrail/" in key}

    def test_delivery_of_digests_shows_in_the_status(self, aws: LocalAws) -> None:
        validated_trail(aws)
        now = aws.advance(HOUR)
        status = client(aws, "cloudtrail").get_trail_status(Name="audit")
        assert abs(status["LatestDigestDeliveryTime"] - now) < timedelta(minutes=4)

    def test_digest_that_cannot_be_delivered_shows_and_comes_later(self, aws: LocalAws) -> None:
        arn = validated_trail(aws)
        began = datetime.now(UTC)
        client(aws, "s3").delete_bucket_policy(Bucket=BUCKET)
        aws.advance(HOUR)
        status = client(aws, "cloudtrail").get_trail_status(Name="audit")
        assert status["LatestDigestDeliveryError"] == "AccessDenied"
        allow(aws, BUCKET)
        aws.advance(HOUR)
        status = client(aws, "cloudtrail").get_trail_status(Name="audit")
        assert "LatestDigestDeliveryError" not in status
        assert "2/2 digest files valid" in validate_logs(aws, arn, began, began + 2 * HOUR)


class TestChains:
    def test_each_digest_holds_hash_and_signature_of_the_one_before(self, aws: LocalAws) -> None:
        validated_trail(aws)
        aws.advance(2 * HOUR)
        first, second = digests(aws)
        head = client(aws, "s3").head_object(Bucket=BUCKET, Key=digest_keys(aws)[0])
        assert first["previousDigestS3Object"] is None
        assert second["previousDigestS3Object"] == digest_keys(aws)[0]
        assert second["previousDigestSignature"] == head["Metadata"]["signature"]
        assert head["Metadata"]["signature-algorithm"] == "SHA256withRSA"

    def test_stop_logging_ends_the_chain_with_a_final_digest(self, aws: LocalAws) -> None:
        validated_trail(aws)
        aws.advance(HOUR)
        stop(aws)
        aws.advance(5 * HOUR)
        hourly, final = digests(aws)
        assert final["previousDigestS3Object"] == hourly["digestS3Object"]
        assert time(final["digestEndTime"]) < time(hourly["digestEndTime"]) + HOUR

    def test_delete_trail_ends_the_chain_with_a_final_digest(self, aws: LocalAws) -> None:
        validated_trail(aws)
        table(aws)
        client(aws, "cloudtrail").delete_trail(Name="audit")
        aws.deliver_now()
        (final,) = digests(aws)
        assert final["logFiles"]

    def test_validation_switched_off_ends_the_chain(self, aws: LocalAws) -> None:
        validated_trail(aws)
        client(aws, "cloudtrail").update_trail(Name="audit", EnableLogFileValidation=False)
        aws.advance(5 * HOUR)
        assert len(digests(aws)) == 1

    def test_validation_switched_on_later_starts_a_chain_then(self, aws: LocalAws) -> None:
        trail(aws, "audit")
        now = aws.advance(10 * HOUR)
        client(aws, "cloudtrail").update_trail(Name="audit", EnableLogFileValidation=True)
        aws.advance(HOUR)
        aws.advance(timedelta(minutes=1))
        (digest,) = digests(aws)
        assert abs(time(digest["digestStartTime"]) - now) < timedelta(minutes=4)

    @pytest.mark.parametrize("pause", [timedelta(0), HOUR], ids=["at once", "after an hour"])
    def test_restart_begins_a_new_chain(self, aws: LocalAws, pause: timedelta) -> None:
        validated_trail(aws)
        aws.advance(HOUR)
        stop(aws)
        if pause:
            aws.advance(pause)
        start(aws)
        aws.advance(HOUR)
        aws.advance(timedelta(minutes=1))
        found = digests(aws)
        assert [each["previousDigestS3Object"] is None for each in found] == [True, False, True]

    def test_trail_without_validation_has_none(self, aws: LocalAws) -> None:
        trail(aws, "audit")
        aws.advance(2 * HOUR)
        assert digests(aws) == []


class TestPublicKeys:
    @staticmethod
    def fingerprints(aws: LocalAws, region: str = "us-east-1", **range_: datetime) -> list[str]:
        found = client(aws, "cloudtrail", region).list_public_keys(**range_)
        return [each["Fingerprint"] for each in found["PublicKeyList"]]

    def test_key_that_signed_is_listed(self, aws: LocalAws) -> None:
        validated_trail(aws)
        aws.advance(HOUR)
        (digest,) = digests(aws)
        assert digest["digestPublicKeyFingerprint"] in self.fingerprints(aws)

    def test_every_region_has_its_own(self, aws: LocalAws) -> None:
        assert self.fingerprints(aws) != self.fingerprints(aws, "eu-west-1")

    def test_time_range_without_a_key_lists_none(self, aws: LocalAws) -> None:
        long_ago = datetime(2014, 1, 1, tzinfo=UTC)
        assert self.fingerprints(aws, StartTime=long_ago, EndTime=long_ago + HOUR) == []

    def test_keys_are_renewed_and_old_ones_still_listed_for_their_time(self, aws: LocalAws) -> None:
        before = datetime.now(UTC)
        (first,) = self.fingerprints(aws)
        aws.advance(timedelta(days=40))
        (second,) = self.fingerprints(aws)
        assert second != first
        assert first in self.fingerprints(aws, StartTime=before, EndTime=before)


class TestValidateLogs:
    def test_untouched_trail_is_valid(self, aws: LocalAws) -> None:
        began = datetime.now(UTC)
        arn = validated_trail(aws, S3KeyPrefix="some/prefix", IsMultiRegionTrail=True)
        table(aws)
        aws.deliver_now()
        aws.advance(HOUR)
        table(aws, "Others")
        stop(aws)
        aws.deliver_now()
        said = validate_logs(aws, arn, began, datetime.now(UTC) + HOUR)
        files = len([key for key in keys(aws, BUCKET) if "/CloudTrail/us-east-1/" in key])
        assert "2/2 digest files valid" in said
        assert f"{files}/{files} log files valid" in said
        assert files >= 2

    def test_digests_around_a_change_of_keys_are_valid(self, aws: LocalAws) -> None:
        arn = validated_trail(aws)
        now = aws.advance(timedelta(days=30))
        old, new = (read(aws, digest_keys(aws)[position]) for position in (-36, -1))
        assert old["digestPublicKeyFingerprint"] != new["digestPublicKeyFingerprint"]
        said = validate_logs(aws, arn, now - 36 * HOUR, now + HOUR)
        assert re.search(r"(3[67])/\1 digest files valid", said)

    def test_member_of_an_organization_is_valid(self, aws_with: OneAtATime) -> None:
        aws = aws_with(delivery_delay=3600, organization=ORGANIZATION)
        management = account(aws, ORGANIZATION.management_account)
        bucket = "organization-logs"
        client(aws, "s3", **management).create_bucket(Bucket=bucket)
        organization = client(aws, "organizations").describe_organization()["Organization"]["Id"]
        arn = f"arn:aws:cloudtrail:us-east-1:{ORGANIZATION.management_account}:trail/everyone"
        policy = delivery_policy(bucket, "", ORGANIZATION.management_account, arn, organization)
        client(aws, "s3", **management).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        trails = client(aws, "cloudtrail", **management)
        trails.create_trail(
            Name="everyone",
            S3BucketName=bucket,
            IsOrganizationTrail=True,
            EnableLogFileValidation=True,
        )
        trails.start_logging(Name="everyone")
        began = datetime.now(UTC)
        table(aws)
        aws.deliver_now()
        aws.advance(HOUR)
        # The first session has ended with its hour.
        later = account(aws, ORGANIZATION.management_account)
        said = validate_logs(
            aws, arn, began, datetime.now(UTC), "--account-id", ACCOUNT, as_account=later
        )
        assert "1/1 digest files valid" in said
        assert "1/1 log files valid" in said


class TestTampering:
    """A trail with two hours of logs, in which one thing is changed."""

    @pytest.fixture
    def trail_arn(self, aws: LocalAws) -> str:
        arn = validated_trail(aws)
        table(aws)
        aws.deliver_now()
        aws.advance(HOUR)
        table(aws, "Others")
        aws.deliver_now()
        aws.advance(2 * HOUR)
        return arn

    @staticmethod
    def judged(aws: LocalAws, trail_arn: str) -> str:
        now = datetime.now(UTC)
        return validate_logs(aws, trail_arn, now - 4 * HOUR, now)

    @staticmethod
    def change_one_byte(aws: LocalAws, key: str) -> None:
        """Change the content, and keep gzip and the metadata whole."""
        s3 = client(aws, "s3")
        whole = s3.get_object(Bucket=BUCKET, Key=key)
        content = bytearray(gzip.decompress(whole["Body"].read()))
        position = content.index(b"us-east-1")
        content[position] ^= 0x20
        s3.put_object(
            Bucket=BUCKET,
            Key=key,
            Body=gzip.compress(bytes(content)),
            Metadata=whole["Metadata"],
        )

    def test_log_file_with_one_byte_changed_is_invalid(self, aws: LocalAws, trail_arn: str) -> None:
        changed = next(key for key in keys(aws, BUCKET) if "/CloudTrail/" in key)
        self.change_one_byte(aws, changed)
        said = self.judged(aws, trail_arn)
        assert f"Log file\ts3://{BUCKET}/{changed}\tINVALID: hash value doesn't match" in said

    def test_log_file_that_was_deleted_is_invalid(self, aws: LocalAws, trail_arn: str) -> None:
        gone = next(key for key in keys(aws, BUCKET) if "/CloudTrail/" in key)
        client(aws, "s3").delete_object(Bucket=BUCKET, Key=gone)
        said = self.judged(aws, trail_arn)
        assert f"Log file\ts3://{BUCKET}/{gone}\tINVALID: not found" in said

    def test_digest_with_one_byte_changed_is_invalid(self, aws: LocalAws, trail_arn: str) -> None:
        changed = digest_keys(aws)[1]
        self.change_one_byte(aws, changed)
        said = self.judged(aws, trail_arn)
        assert f"Digest file\ts3://{BUCKET}/{changed}\tINVALID" in said

    def test_digest_with_another_signature_is_invalid(self, aws: LocalAws, trail_arn: str) -> None:
        changed, other = digest_keys(aws)[1:3]
        s3 = client(aws, "s3")
        foreign = s3.head_object(Bucket=BUCKET, Key=other)["Metadata"]
        s3.put_object(Bucket=BUCKET, Key=changed, Body=body(aws, changed), Metadata=foreign)
        said = self.judged(aws, trail_arn)
        assert f"Digest file\ts3://{BUCKET}/{changed}\tINVALID: signature" in said

    def test_digest_that_was_deleted_is_invalid(self, aws: LocalAws, trail_arn: str) -> None:
        gone = digest_keys(aws)[1]
        client(aws, "s3").delete_object(Bucket=BUCKET, Key=gone)
        said = self.judged(aws, trail_arn)
        assert f"Digest file\ts3://{BUCKET}/{gone}\tINVALID: not found" in said

    def test_chain_cut_by_a_restart_is_valid_with_a_gap_and_says_so(self, aws: LocalAws) -> None:
        began = datetime.now(UTC)
        arn = validated_trail(aws)
        stop(aws)
        aws.advance(3 * HOUR)
        start(aws)
        aws.advance(HOUR)
        aws.advance(timedelta(minutes=1))
        said = validate_logs(aws, arn, began, datetime.now(UTC))
        assert "No log files were delivered by CloudTrail between" in said
