"""An S3 bucket as a source of log files."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cloudtrail.log_files import MOST_INFLATED_BYTES
from trail_logs.endpoints import client_settings, fetching_settings
from trail_logs.layout import KeyRange, Scope, after_known, folders_in, key_ranges, root_of
from trail_logs.sources.log_source import (
    FLAT_SUFFIXES,
    AccessDeniedError,
    Body,
    Content,
    LogFile,
    LogSourceError,
    NoSuchLocationError,
    UnreachableError,
    by_key,
)

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    import boto3

FETCH_THREADS = 96
"""Concurrent GETs. At 20 ms a request 96 are a seventh faster than 64, 128 no faster."""

_HAS_OBSTORE = find_spec("obstore") is not None
"""Without obstore (16 MB), boto3 fetches with ten times the CPU time, which suits few files."""

_FEW_PAGES = 3
_IN_FLIGHT_BYTES = 48_000_000
_CONNECT_SECONDS, _READ_SECONDS, _RETRY_SECONDS = 5, 60, 30
_ANSWER_SECONDS, _TRIES = 20, 3
"""How long S3 may be silent, and how often to try; whole files may take _READ_SECONDS."""
_MISSING = frozenset({"NoSuchBucket", "404", "NotFound"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "403",
        "Forbidden",
        "AllAccessDisabled",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)

_LAST_MODIFIED = re.compile(rb"<LastModified>[^<]*</LastModified>")


class BucketSource:
    """An S3 bucket, with the credentials and endpoint of a boto3 session.

    boto3 lists: exact keys, exact error codes. obstore fetches, with a tenth of the CPU time. What
    it cannot fetch, boto3 fetches or explains.
    """

    def __init__(
        self,
        session: boto3.Session,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str | None = None,
        user_agent: str = "",
        on_client: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """The requests' user agent contains `user_agent`, so that they can be recognized.
        `on_client` gets each boto3 client that is made, before it is used.
        """
        self._session = session
        self._bucket = bucket
        self._prefix = prefix
        self._endpoint_url = endpoint_url
        self._user_agent = user_agent
        self._on_client = on_client
        self._region: str | None = None  # the bucket's own, from S3's answers

    def beside(self, bucket: str, prefix: str) -> BucketSource:
        """Another bucket with the same credentials and endpoint, listed by the same client."""
        other = BucketSource(
            self._session,
            bucket,
            prefix,
            endpoint_url=self._endpoint_url,
            user_agent=self._user_agent,
            on_client=self._on_client,
        )
        other._client = self._client
        return other

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._bucket

    @property
    def address(self) -> str:
        """Endpoint, bucket and prefix."""
        return f"{self._client.meta.endpoint_url}/{self._bucket}/{self._prefix}"

    def files(self, scope: Scope) -> list[LogFile]:
        """The objects that can have the wanted records."""
        return self.files_besides((), scope)

    def files_besides(self, known: Sequence[LogFile], scope: Scope) -> list[LogFile]:
        """The objects that can have the wanted records.

        `known` ones of older days are not listed again.

        They were found for the same scope a short while ago, and are sorted by key.
        """
        from concurrent.futures import ThreadPoolExecutor

        with _s3_errors(self._bucket), ThreadPoolExecutor(16) as pool:
            if self._prefix.endswith(FLAT_SUFFIXES):
                return self._objects(KeyRange(self._prefix))
            few = None if known else self._few(root_of(self._prefix))
            if few is not None:
                return _in_scope(few, self._prefix, scope)
            ranges = key_ranges(
                self._prefix, scope, lambda folders: list(pool.map(self._folders, folders))
            )
            names = [file.key for file in known]
            unlisted = [after_known(keys, names) for keys in ranges]
            listed = list(pool.map(self._objects, unlisted))
        older = [
            known[row]
            for keys, rest in zip(ranges, unlisted, strict=True)
            for row in keys.rows_of(names)
            if names[row] <= rest.after
        ]
        return sorted([*older, *(file for files in listed for file in files)], key=by_key)

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        """Each object with its bytes, fetched ahead by many threads within a bounded memory."""
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(FETCH_THREADS)
        try:
            with _s3_errors(self._bucket):
                yield from _ahead(pool, self._get, files)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> Any:
        client = self._client_in(None)
        client.meta.events.register("before-parse.s3.ListObjectsV2", _without_times)
        return client

    def _client_in(self, region: str | None) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            s3={"addressing_style": "path"} if self._endpoint_url else {},
            max_pool_connections=FETCH_THREADS,
            user_agent_extra=self._user_agent or None,
            **client_settings(self._endpoint_url),
        )
        client = self._session.client(
            "s3", region_name=region, endpoint_url=self._endpoint_url, config=config
        )
        self._on_client(client)
        return client

    @cached_property
    def _store(self) -> Any:
        from obstore.auth.boto3 import Boto3CredentialProvider
        from obstore.store import S3Store

        there = self._client_in(self._region) if self._region else self._client
        endpoint = str(there.meta.endpoint_url)
        client_options: Any = {
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "timeout": timedelta(seconds=_READ_SECONDS),
            **({"user_agent": self._user_agent} if self._user_agent else {}),
            **fetching_settings(endpoint),
        }
        return S3Store(
            self._bucket,
            endpoint=endpoint,
            region=there.meta.region_name,
            virtual_hosted_style_request=False,
            credential_provider=Boto3CredentialProvider(self._session, ttl=timedelta(minutes=5)),
            client_options=client_options,
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )

    def _folders(self, prefix: str) -> list[str]:
        pages = self._pages(Prefix=prefix, Delimiter="/")
        found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]
        return [name.removeprefix(prefix).rstrip("/") for name in found]

    def _few(self, prefix: str) -> list[LogFile] | None:
        """All objects below the prefix; None if they fill more than a few pages.

        Most log buckets are small: a page or two shows more than walking the folders of every
        account and Region, and in a large bucket it costs little.
        """
        files: list[LogFile] = []
        for number, page in enumerate(self._pages(Prefix=prefix), start=1):
            files += _objects_of(page)
            if number == _FEW_PAGES and page.get("IsTruncated"):
                return None
        return files

    def _objects(self, keys: KeyRange) -> list[LogFile]:
        after = {"StartAfter": keys.after} if keys.after else {}
        files: list[LogFile] = []
        for page in self._pages(Prefix=keys.prefix, **after):
            found = _objects_of(page)
            files += [file for file in found if keys.holds(file.key)]
            if keys.before and found and found[-1].key >= keys.before:
                break
        return files

    def _pages(self, **parameters: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, **parameters
        )
        for page in pages:
            self._region = page["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
            yield page

    def _get(self, file: LogFile) -> Content:
        from botocore.exceptions import ClientError

        # obstore would drop a key's leading slash, and would read any size
        if _HAS_OBSTORE and not file.key.startswith("/") and file.size <= MOST_INFLATED_BYTES:
            from obstore.exceptions import BaseError

            with suppress(BaseError, OSError, ValueError):
                return bytes(self._store.get(file.key).bytes())
        place = f"{self._bucket}/{file.key}"
        with _s3_errors(place):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=file.key)
            except ClientError as error:
                return _explained(place, error.response["Error"])
            body: bytes = answer["Body"].read(MOST_INFLATED_BYTES + 1)
        return body


def _without_times(response_dict: dict[str, Any], **_: Any) -> None:
    """Drop LastModified, which nobody needs: parsing it takes most of a listing's time."""
    response_dict["body"] = _LAST_MODIFIED.sub(b"", response_dict["body"])


def _objects_of(page: Mapping[str, Any]) -> list[LogFile]:
    """The objects of a page, without the console's empty folder markers."""
    return [
        LogFile(each["Key"], each["Size"], each["ETag"])
        for each in page.get("Contents", ())
        if not each["Key"].endswith("/")
    ]


def _in_scope(files: Sequence[LogFile], prefix: str, scope: Scope) -> list[LogFile]:
    """The files, of all files in the bucket, that `scope` selects."""
    files = sorted(files, key=by_key)
    keys = [file.key for file in files]
    ranges = key_ranges(prefix, scope, lambda folders: [folders_in(keys, each) for each in folders])
    return [files[row] for row in sorted({row for each in ranges for row in each.rows_of(keys)})]


def _ahead(
    pool: ThreadPoolExecutor, get: Any, files: Sequence[LogFile]
) -> Iterator[tuple[LogFile, bytes]]:
    """Each file with its bytes, in order, while the pool fetches the next ones."""
    waiting: deque[tuple[LogFile, Future[bytes]]] = deque()
    in_flight = 0
    for file in files:
        while waiting and (
            in_flight + file.size > _IN_FLIGHT_BYTES or len(waiting) >= 4 * FETCH_THREADS
        ):
            done, body = waiting.popleft()
            in_flight -= done.size
            yield done, body.result()
        waiting.append((file, pool.submit(get, file)))
        in_flight += file.size
    while waiting:
        done, body = waiting.popleft()
        yield done, body.result()


@contextmanager
def _s3_errors(place: str) -> Iterator[None]:
    """Raise S3's errors as ours. `place` is the bucket, or bucket and key."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        ReadTimeoutError,
    )

    try:
        yield
    except ClientError as error:
        raise _explained(place, error.response["Error"]) from error
    except NoCredentialsError as error:
        raise AccessDeniedError(
            f"There are no credentials to read s3://{place}.",
            "Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from error
    except ReadTimeoutError as error:
        raise UnreachableError(
            f"s3://{place} does not answer: gave up after {_TRIES} tries of {_ANSWER_SECONDS} "
            "seconds.",
            "Check the endpoint, then try again.",
        ) from error
    except BotoCoreError as error:
        raise UnreachableError(
            f"s3://{place} does not answer: {error}", "Check the endpoint, then try again."
        ) from error


def _explained(place: str, error: Mapping[str, Any]) -> LogSourceError:
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    what = f"s3://{place}: {code}: {message}"
    if code == "NoSuchKey":
        return NoSuchLocationError(what, "It was deleted after it was listed: try again.")
    if code in _MISSING:
        return NoSuchLocationError(what, "Check the bucket's name and its account.")
    if code in _DENIED:
        return AccessDeniedError(what, "Grant s3:ListBucket and s3:GetObject (and kms:Decrypt).")
    return UnreachableError(what, "Try again.")
