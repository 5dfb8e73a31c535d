"""The source that a person names: a bucket's address, a folder, a file or a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trail_logs.sources.bucket import BucketSource
from trail_logs.sources.bundle import BundleSource
from trail_logs.sources.folder import FolderSource
from trail_logs.sources.log_source import LogSource, NoSuchLocationError

if TYPE_CHECKING:
    import boto3


def open_location(
    location: str, session: boto3.Session | None = None, *, endpoint_url: str | None = None
) -> LogSource:
    """The source at `s3://bucket[/prefix]`, or in a local folder, file or bundle (`.zip`).

    Without a session, S3 is reached with the default one of the environment. Raises
    LogSourceError.
    """
    if not location.startswith("s3://"):
        if location.endswith(".zip") and Path(location).is_file():
            return BundleSource(Path(location))
        return FolderSource(location)
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    if not bucket:
        raise NoSuchLocationError(f"{location!r} names no bucket.", "Write s3://bucket[/prefix].")
    if session is None:
        import boto3

        session = boto3.Session()
    return BucketSource(session, bucket, prefix, endpoint_url=endpoint_url)
