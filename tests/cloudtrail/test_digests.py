"""Digests, proved by the AWS CLI's own validator: `aws cloudtrail validate-logs` on moto's S3."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.digests import (
    DeliveredLogFile,
    Digest,
    DigestChain,
    SigningKey,
    delivered_log_file,
    make_digest,
    new_signing_key,
    public_keys_between,
    start_chain,
)
from cloudtrail.log_files import log_file, log_file_key, parse_log_file_key
from cloudtrail.trails import Trail
from tests.local_aws.aws_cli import run_aws

ACCOUNT = "111122223333"
REGION = "us-east-1"
STARTED = datetime(2026, 3, 1, 9, 53, 36, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIELDS = [
    "awsAccountId",
    "digestStartTime",
    "digestEndTime",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
    "newestEventTime",
    "oldestEventTime",
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
    "logFiles",
]
PREVIOUS_FIELDS = [field for field in FIELDS if field.startswith("previous")]
TRAIL = Trail("student-trail", REGION, ACCOUNT, "lab-bucket", log_file_validation=True)


@pytest.fixture(scope="module")
def signing_key() -> SigningKey:
    return new_signing_key(STARTED - HOUR)


def content_of(digest: Digest) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(gzip.decompress(digest.body))
    return fields


def delivered_at(delivered: datetime, name: str = "a") -> DeliveredLogFile:
    times = [delivered - timedelta(minutes=6), delivered - timedelta(minutes=5)]
    return delivered_log_file("lab-bucket", name, b"{}", delivered, times)


def digest_of(chain: DigestChain, key: SigningKey, **changes: Any) -> Digest:
    return make_digest(replace(TRAIL, **changes), ACCOUNT, REGION, chain, key)


class TestKeys:
    def test_public_key_is_a_2048_bit_key_in_pkcs1(self, signing_key: SigningKey) -> None:
        # A PKCS#1 RSAPublicKey of 2048 bits with exponent 65537 is 270 bytes long.
        assert len(signing_key.public_der) == 270
        assert load_der_public_key(signing_key.public_der) == signing_key.private.public_key()

    def test_fingerprint_is_the_md5_of_the_public_key(self, signing_key: SigningKey) -> None:
        (entry,) = public_keys_between([signing_key], STARTED, STARTED)
        assert entry["Fingerprint"] == hashlib.md5(entry["Value"]).hexdigest()

    def test_a_key_is_valid_for_thirty_days(self, signing_key: SigningKey) -> None:
        (entry,) = public_keys_between([signing_key], STARTED, STARTED)
        assert entry["ValidityEndTime"] - entry["ValidityStartTime"] == timedelta(days=30)

    def test_keys_outside_the_time_range_are_not_listed(self, signing_key: SigningKey) -> None:
        before = signing_key.valid_from - HOUR
        after = signing_key.valid_until + HOUR
        assert public_keys_between([signing_key], before - HOUR, before) == []
        assert public_keys_between([signing_key], after, after + HOUR) == []
        assert len(public_keys_between([signing_key], before, after)) == 1


class TestFields:
    def test_fields_stand_in_the_order_of_the_documentation(self, signing_key: SigningKey) -> None:
        assert list(content_of(digest_of(start_chain(STARTED), signing_key))) == FIELDS

    def test_starting_digest_has_no_previous(self, signing_key: SigningKey) -> None:
        fields = content_of(digest_of(start_chain(STARTED), signing_key))
        assert [fields[name] for name in PREVIOUS_FIELDS] == [None] * 5

    def test_second_digest_names_the_first(self, signing_key: SigningKey) -> None:
        first = digest_of(start_chain(STARTED), signing_key)
        second = content_of(digest_of(first.next_chain, signing_key))
        assert second["previousDigestS3Object"] == first.key
        assert second["previousDigestSignature"] == first.metadata["signature"]
        assert second["previousDigestHashAlgorithm"] == "SHA-256"
        assert second["digestStartTime"] == "2026-03-01T10:53:36Z"

    def test_empty_hour_has_null_event_times(self, signing_key: SigningKey) -> None:
        fields = content_of(digest_of(start_chain(STARTED), signing_key))
        assert (fields["newestEventTime"], fields["oldestEventTime"]) == (None, None)
        assert fields["logFiles"] == []

    def test_log_files_are_listed_newest_first(self, signing_key: SigningKey) -> None:
        chain = start_chain(STARTED)
        for minutes in (10, 40, 25):
            at = STARTED + timedelta(minutes=minutes)
            chain = chain.with_log_file(delivered_at(at, f"file-{minutes}"))
        fields = content_of(digest_of(chain, signing_key))
        listed = [file["s3Object"] for file in fields["logFiles"]]
        assert listed == ["file-40", "file-25", "file-10"]
        assert fields["newestEventTime"] == "2026-03-01T10:28:36Z"
        assert fields["oldestEventTime"] == "2026-03-01T09:57:36Z"

    def test_file_delivered_after_the_hour_waits(self, signing_key: SigningKey) -> None:
        late = delivered_at(STARTED + HOUR + timedelta(seconds=1))
        first = digest_of(start_chain(STARTED).with_log_file(late), signing_key)
        second = digest_of(first.next_chain, signing_key)
        assert content_of(first)["logFiles"] == []
        assert len(content_of(second)["logFiles"]) == 1
        assert second.next_chain.log_files == ()

    def test_file_delivered_as_the_hour_ends_is_in_its_digest(
        self, signing_key: SigningKey
    ) -> None:
        chain = start_chain(STARTED).with_log_file(delivered_at(STARTED + HOUR))
        assert len(content_of(digest_of(chain, signing_key))["logFiles"]) == 1

    def test_log_file_without_records_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has no records"):
            delivered_log_file("lab-bucket", "a", b"{}", STARTED, [])

    @given(st.lists(st.integers(0, 5 * 3600), max_size=20))
    def test_every_delivered_file_is_in_exactly_one_digest(
        self, signing_key: SigningKey, seconds: list[int]
    ) -> None:
        chain = start_chain(STARTED)
        for number, second in enumerate(seconds):
            file = delivered_at(STARTED + timedelta(seconds=second), f"file-{number}")
            chain = chain.with_log_file(file)
        listed = []
        for _ in range(5):
            digest = digest_of(chain, signing_key)
            listed += [file["s3Object"] for file in content_of(digest)["logFiles"]]
            chain = digest.next_chain
        assert sorted(listed) == sorted(f"file-{number}" for number in range(len(seconds)))


class TestKeyLayout:
    def test_name_holds_the_end_with_seconds(self, signing_key: SigningKey) -> None:
        assert digest_of(start_chain(STARTED), signing_key).key == (
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_"
            "CloudTrail-Digest_us-east-1_student-trail_us-east-1_20260301T105336Z.json.gz"
        )

    def test_prefix_organization_and_home_region(self, signing_key: SigningKey) -> None:
        digest = digest_of(
            start_chain(STARTED),
            signing_key,
            prefix="team",
            home_region="eu-west-1",
            is_organization_trail=True,
            organization_id="o-abcdefghij",
        )
        name = parse_log_file_key(digest.key)
        assert name is not None
        assert (name.prefix, name.organization_id) == ("team", "o-abcdefghij")
        assert (name.region, name.home_region) == ("us-east-1", "eu-west-1")

    def test_minute_and_second_stay_those_of_start_logging(self, signing_key: SigningKey) -> None:
        chain = start_chain(STARTED.replace(microsecond=999_999))
        for _ in range(3):
            chain = digest_of(chain, signing_key).next_chain
        assert chain.next_end == STARTED + 4 * HOUR


class TestFinalDigest:
    def final(self, chain: DigestChain, key: SigningKey, end: datetime) -> Digest:
        return make_digest(TRAIL, ACCOUNT, REGION, chain, key, final_end=end)

    def test_it_ends_early_with_what_was_delivered(self, signing_key: SigningKey) -> None:
        stopped = STARTED + timedelta(minutes=7, microseconds=5)
        chain = start_chain(STARTED).with_log_file(delivered_at(stopped))
        fields = content_of(self.final(chain, signing_key, stopped))
        assert fields["digestEndTime"] == "2026-03-01T10:00:37Z"
        assert len(fields["logFiles"]) == 1

    def test_it_never_takes_the_place_of_the_one_before(self, signing_key: SigningKey) -> None:
        hourly = digest_of(start_chain(STARTED), signing_key)
        final = self.final(hourly.next_chain, signing_key, hourly.next_chain.start)
        assert final.key != hourly.key

    @pytest.mark.parametrize("offset", [-timedelta(seconds=1), HOUR + timedelta(seconds=1)])
    def test_an_end_outside_the_hour_is_refused(
        self, signing_key: SigningKey, offset: timedelta
    ) -> None:
        with pytest.raises(ValueError, match="create the hourly digests that are due first"):
            self.final(start_chain(STARTED), signing_key, STARTED + offset)


# --- What the AWS CLI says ---------------------------------------------------------------------


class PublicKeys(ThreadingHTTPServer):
    """Answers every request as ListPublicKeys does."""

    answer = b""


class PublicKeysHandler(BaseHTTPRequestHandler):
    server: PublicKeys

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the test's output is the CLI's."""


@pytest.fixture
def s3(moto_url: str) -> Any:
    return boto3.Session("test", "test", region_name=REGION).client("s3", endpoint_url=moto_url)


@pytest.fixture(scope="module")
def cloudtrail_url(signing_key: SigningKey) -> Iterator[str]:
    server = PublicKeys(("127.0.0.1", 0), PublicKeysHandler)
    entries = [
        {
            "Value": base64.b64encode(entry["Value"]).decode(),
            "ValidityStartTime": entry["ValidityStartTime"].timestamp(),
            "ValidityEndTime": entry["ValidityEndTime"].timestamp(),
            "Fingerprint": entry["Fingerprint"],
        }
        for entry in public_keys_between([signing_key], STARTED, STARTED + 4 * HOUR)
    ]
    server.answer = json.dumps({"PublicKeyList": entries}).encode()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


Validate = Callable[[Trail], tuple[int, str]]


@pytest.fixture
def validate(s3: Any, cloudtrail_url: str) -> Validate:
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_S3": s3.meta.endpoint_url,
        "AWS_ENDPOINT_URL_CLOUDTRAIL": cloudtrail_url,
    }

    def run(trail: Trail) -> tuple[int, str]:
        times = ["--start-time", f"{STARTED:%FT%TZ}", "--end-time", f"{STARTED + 4 * HOUR:%FT%TZ}"]
        place = ["--s3-bucket", trail.bucket, "--region", REGION]
        if trail.prefix:
            place += ["--s3-prefix", trail.prefix]
        arguments = ["cloudtrail", "validate-logs", "--trail-arn", trail.arn, "--verbose"]
        done = run_aws(environment, *arguments, *times, *place)
        return done.returncode, done.stdout + done.stderr

    return run


class Delivery:
    """Three hours of a trail in a bucket of its own: a log file each, and its digest."""

    def __init__(self, s3: Any, trail: Trail, key: SigningKey) -> None:
        self.trail = trail
        self.s3 = s3
        self.key = key
        self.log_keys: list[str] = []
        self.digests: list[Digest] = []
        s3.create_bucket(Bucket=trail.bucket)
        chain = start_chain(STARTED)
        for hour in range(3):
            chain = self.deliver_digest(self.deliver_log(chain, hour))

    def deliver_log(self, chain: DigestChain, hour: int) -> DigestChain:
        at = STARTED + hour * HOUR + timedelta(minutes=20)
        content = json.dumps({"Records": [{"hour": hour}]}, separators=(",", ":")).encode()
        key = log_file_key(self.trail.prefix, ACCOUNT, REGION, at, "A" * 16)
        body = log_file([json.dumps({"hour": hour}, separators=(",", ":")).encode()])
        self.s3.put_object(Bucket=self.trail.bucket, Key=key, Body=body)
        self.log_keys.append(key)
        file = delivered_log_file(self.trail.bucket, key, content, at, [at])
        return chain.with_log_file(file)

    def deliver_digest(self, chain: DigestChain, end: datetime | None = None) -> DigestChain:
        digest = make_digest(self.trail, ACCOUNT, REGION, chain, self.key, end)
        self.put(digest)
        self.digests.append(digest)
        return digest.next_chain

    def put(self, digest: Digest) -> None:
        self.s3.put_object(
            Bucket=digest.bucket, Key=digest.key, Body=digest.body, Metadata=digest.metadata
        )

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.trail.bucket, Key=key)


@pytest.fixture
def delivery(s3: Any, signing_key: SigningKey, request: pytest.FixtureRequest) -> Delivery:
    bucket = request.node.name.replace("_", "-")[:63].rstrip("-")
    return Delivery(s3, replace(TRAIL, bucket=bucket), signing_key)


class TestValidateLogs:
    def test_an_untouched_trail_is_valid(self, delivery: Delivery, validate: Validate) -> None:
        status, said = validate(delivery.trail)
        assert status == 0, said
        assert "3/3 digest files valid" in said
        assert "3/3 log files valid" in said
        assert "INVALID" not in said

    def test_a_prefix_is_followed(
        self, s3: Any, signing_key: SigningKey, validate: Validate
    ) -> None:
        trail = replace(TRAIL, bucket="prefixed", prefix="team/a")
        status, said = validate(Delivery(s3, trail, signing_key).trail)
        assert status == 0, said
        assert "3/3 digest files valid" in said

    def test_a_changed_log_file(self, delivery: Delivery, validate: Validate) -> None:
        delivery.s3.put_object(
            Bucket=delivery.trail.bucket, Key=delivery.log_keys[1], Body=log_file([b'{"hour":9}'])
        )
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{delivery.log_keys[1]}\tINVALID: hash value doesn't match" in said
        assert "2/3 log files valid, 1/3 log files INVALID" in said

    def test_a_missing_log_file(self, delivery: Delivery, validate: Validate) -> None:
        delivery.delete(delivery.log_keys[0])
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{delivery.log_keys[0]}\tINVALID: not found" in said

    def test_one_changed_byte_of_a_digest(self, delivery: Delivery, validate: Validate) -> None:
        digest = delivery.digests[1]
        content = gzip.decompress(digest.body)
        forged = content.replace(b'"hashAlgorithm":"SHA-256"', b'"hashAlgorithm":"SHA-257"')
        delivery.put(replace(digest, body=gzip.compress(forged)))
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{digest.key}\tINVALID: signature verification failed" in said

    def test_a_changed_signature(self, delivery: Delivery, validate: Validate) -> None:
        digest = delivery.digests[2]
        metadata = {**digest.metadata, "signature": delivery.digests[1].metadata["signature"]}
        delivery.put(replace(digest, metadata=metadata))
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{digest.key}\tINVALID: signature verification failed" in said

    def test_a_missing_digest(self, delivery: Delivery, validate: Validate) -> None:
        delivery.delete(delivery.digests[1].key)
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{delivery.digests[1].key}\tINVALID: not found" in said
        assert "2/3 digest files valid, 1/3 digest files INVALID" in said

    def test_a_digest_signed_by_another_key(self, delivery: Delivery, validate: Validate) -> None:
        chain = delivery.digests[1].next_chain
        forged = make_digest(delivery.trail, ACCOUNT, REGION, chain, new_signing_key(STARTED))
        delivery.put(forged)
        status, said = validate(delivery.trail)
        assert status == 1
        assert f"{forged.key}\tINVALID: public key not found" in said

    def test_stopping_and_starting_again_leaves_a_gap_but_no_error(
        self, delivery: Delivery, validate: Validate
    ) -> None:
        for digest in delivery.digests[1:]:
            delivery.delete(digest.key)
        stopped = STARTED + HOUR + timedelta(minutes=25)
        delivery.deliver_digest(
            delivery.deliver_log(delivery.digests[0].next_chain, hour=1), end=stopped
        )
        restarted = start_chain(stopped + timedelta(minutes=30))
        delivery.deliver_digest(restarted)
        status, said = validate(delivery.trail)
        assert status == 0, said
        assert "3/3 digest files valid" in said
        assert "2/2 log files valid" in said
        assert "No log files were delivered by CloudTrail between 2026-03-01T11:18:36Z" in said
