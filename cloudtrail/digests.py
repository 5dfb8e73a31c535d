"""Log file integrity validation: digest files, their chain, their signature, their keys.

Every hour, in every Region of a trail, CloudTrail writes a digest of the log files that it
delivered in that hour. A digest has the hash and the signature of the one before it, so a changed
or removed file is noticed. Source of every rule, unless said otherwise:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html

A chain is a value: `start_chain` when logging with validation starts, `with_log_file` at each
delivery, `make_digest` at `next_end` (and once more, early, when logging stops). StopLogging,
DeleteTrail and turning validation off end a chain. Logging or validation that starts later starts a
new one.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct
from msgspec.structs import replace

from cloudtrail.compact_json import to_json
from cloudtrail.log_files import digest_key
from cloudtrail.trails import Trail

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

DIGEST_PERIOD = timedelta(hours=1)
KEY_VALIDITY = timedelta(days=30)
"""How long a key pair serves; the samples of API/ListPublicKeys all span 30 days."""

HASH_ALGORITHM = "SHA-256"
SIGNATURE_ALGORITHM = "SHA256withRSA"
KEY_BITS = 2048

_SECOND = timedelta(seconds=1)


class PublicKey(TypedDict):
    """One entry of ListPublicKeys' `PublicKeyList`; `Value` is DER, PKCS#1."""

    Value: bytes
    ValidityStartTime: datetime
    ValidityEndTime: datetime
    Fingerprint: str


class SigningKey(Struct, frozen=True):
    """A Region's key pair. `fingerprint` is the MD5 of `public_der`, in hex."""

    private: RSAPrivateKey
    public_der: bytes
    fingerprint: str
    valid_from: datetime
    valid_until: datetime


class DeliveredLogFile(Struct, frozen=True):
    """A log file as a digest lists it. `hash_value` is of its uncompressed content."""

    bucket: str
    key: str
    hash_value: str
    delivered: datetime
    newest_event_time: datetime
    oldest_event_time: datetime


class PreviousDigest(Struct, frozen=True):
    """A digest's reference to the one before it."""

    bucket: str
    key: str
    hash_value: str
    signature: str


class DigestChain(Struct, frozen=True):
    """The state from which the next digest of a trail in a Region (and account) is made.

    `start` is its digestStartTime; `log_files` were delivered and are in no digest yet.
    """

    start: datetime
    previous: PreviousDigest | None = None
    log_files: tuple[DeliveredLogFile, ...] = ()

    @property
    def next_end(self) -> datetime:
        """When the next digest is due; minute and second stay those of the chain's start."""
        return self.start + DIGEST_PERIOD

    def with_log_file(self, log_file: DeliveredLogFile) -> DigestChain:
        """The chain with one more delivered log file to account for."""
        return replace(self, log_files=(*self.log_files, log_file))


class Digest(Struct, frozen=True):
    """A digest file: where it goes, its gzip body, its S3 metadata, and the chain after it."""

    bucket: str
    key: str
    body: bytes
    metadata: Mapping[str, str]
    next_chain: DigestChain


def new_signing_key(valid_from: datetime) -> SigningKey:
    """A new 2048-bit RSA key pair that signs for `KEY_VALIDITY` from `valid_from`."""
    # This import takes a third as long as the local AWS's start, and few trails need it.
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    public_der = private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    fingerprint = md5(public_der, usedforsecurity=False).hexdigest()
    return SigningKey(private, public_der, fingerprint, valid_from, valid_from + KEY_VALIDITY)


def public_keys_between(
    keys: Iterable[SigningKey], start: datetime, end: datetime
) -> list[PublicKey]:
    """ListPublicKeys' entries for the keys valid at any time from `start` to `end`.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
    """
    return [
        PublicKey(
            Value=key.public_der,
            ValidityStartTime=key.valid_from,
            ValidityEndTime=key.valid_until,
            Fingerprint=key.fingerprint,
        )
        for key in keys
        if key.valid_from <= end and start <= key.valid_until
    ]


def start_chain(started: datetime) -> DigestChain:
    """The chain that starts when StartLogging, or validation, takes effect.

    Its first digest is a *starting digest*: every `previousDigest...` field is null.
    """
    return DigestChain(started.replace(microsecond=0))


def delivered_log_file(
    bucket: str, key: str, content: bytes, delivered: datetime, event_times: Iterable[datetime]
) -> DeliveredLogFile:
    """The digest's view of a log file.

    `content` is the file before compression; `event_times` are those of its records.

    Raises:
        ValueError: the file has no records. CloudTrail delivers no empty log file.
    """
    times = sorted(event_times)
    if not times:
        raise ValueError(f"log file {key} has no records: deliver only files that have some")
    return DeliveredLogFile(
        bucket=bucket,
        key=key,
        hash_value=sha256(content).hexdigest(),
        delivered=delivered,
        newest_event_time=times[-1],
        oldest_event_time=times[0],
    )


def make_digest(
    trail: Trail,
    account_id: str,
    region: str,
    chain: DigestChain,
    signing_key: SigningKey,
    final_end: datetime | None = None,
) -> Digest:
    """The next digest of `chain`, signed, with the chain that follows it.

    `account_id` is the account whose events are digested: a member's, for an organization
    trail. The digest ends at `chain.next_end` and lists the log files delivered until then,
    newest first; later ones stay for the next digest. `final_end` makes the last digest of a
    chain, at StopLogging or DeleteTrail, before the hour is full.

    Raises:
        ValueError: `final_end` is before the chain's start or after `chain.next_end`.
    """
    end = chain.next_end if final_end is None else _final_end(chain, final_end)
    key = _key(trail, account_id, region, end)
    fields = {
        "awsAccountId": account_id,
        "digestStartTime": _timestamp(chain.start),
        "digestEndTime": _timestamp(end),
        "digestS3Bucket": trail.bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": signing_key.fingerprint,
        "digestSignatureAlgorithm": SIGNATURE_ALGORITHM,
        **_log_fields([file for file in chain.log_files if file.delivered <= end], chain.previous),
    }
    content = to_json(fields)
    hash_value = sha256(content).hexdigest()
    signature = _sign(signing_key, end, f"{trail.bucket}/{key}", hash_value, chain.previous)
    return Digest(
        bucket=trail.bucket,
        key=key,
        body=gzip.compress(content, mtime=0),
        metadata={"signature": signature, "signature-algorithm": SIGNATURE_ALGORITHM},
        next_chain=DigestChain(
            start=end,
            previous=PreviousDigest(trail.bucket, key, hash_value, signature),
            log_files=tuple(file for file in chain.log_files if file.delivered > end),
        ),
    )


def _key(trail: Trail, account_id: str, region: str, end: datetime) -> str:
    return digest_key(
        trail.prefix,
        account_id,
        region,
        end,
        trail=trail.name,
        home_region=trail.home_region,
        organization_id=trail.organization_id if trail.is_organization_trail else None,
    )


def _final_end(chain: DigestChain, end: datetime) -> datetime:
    if not chain.start <= end <= chain.next_end:
        raise ValueError(
            f"wanted a final digest that ends between {chain.start} and {chain.next_end}, got "
            f"{end}: create the hourly digests that are due first"
        )
    # Up to a whole second, so that no file delivered by now is left out, and past the start, so
    # that the key is not that of the digest before.
    whole = end if end.microsecond == 0 else end.replace(microsecond=0) + _SECOND
    return max(whole, chain.start + _SECOND)


def _sign(
    key: SigningKey, end: datetime, location: str, hash_value: str, previous: PreviousDigest | None
) -> str:
    """Sign four lines: end, location, hash, and the previous signature or, in a first digest,
    "null".

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    previous_signature = previous.signature if previous else "null"
    to_sign = "\n".join((_timestamp(end), location, hash_value, previous_signature))
    return key.private.sign(to_sign.encode(), PKCS1v15(), SHA256()).hex()


def _log_fields(
    log_files: list[DeliveredLogFile], previous: PreviousDigest | None
) -> dict[str, Any]:
    newest_first = sorted(log_files, key=lambda file: (file.newest_event_time, file.key))[::-1]
    oldest = min((file.oldest_event_time for file in log_files), default=None)
    return {
        "newestEventTime": _timestamp(newest_first[0].newest_event_time) if log_files else None,
        "oldestEventTime": _timestamp(oldest) if oldest else None,
        **_previous_fields(previous),
        "logFiles": [_log_file_fields(file) for file in newest_first],
    }


def _previous_fields(previous: PreviousDigest | None) -> dict[str, str | None]:
    return {
        "previousDigestS3Bucket": previous.bucket if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": previous.hash_value if previous else None,
        "previousDigestHashAlgorithm": HASH_ALGORITHM if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
    }


def _log_file_fields(log_file: DeliveredLogFile) -> dict[str, Any]:
    return {
        "s3Bucket": log_file.bucket,
        "s3Object": log_file.key,
        "hashValue": log_file.hash_value,
        "hashAlgorithm": HASH_ALGORITHM,
        "newestEventTime": _timestamp(log_file.newest_event_time),
        "oldestEventTime": _timestamp(log_file.oldest_event_time),
    }


def _timestamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
