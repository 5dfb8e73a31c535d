"""The buckets of the reader's tests, for the verb `logs`."""

from __future__ import annotations

from tests.trail_logs.conftest import s3, session

__all__ = ["s3", "session"]
