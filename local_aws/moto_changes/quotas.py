"""AWS's quotas that would crash this process if they were exceeded."""

from __future__ import annotations

import functools
from typing import Any

from local_aws.moto_changes.patching import MotoChange

MOST_SHARDS = 20_000
"""Shards that an account may have in a Region: the greatest default (Kinesis Data Streams Developer
Guide, "Quotas and limits"; 1,000 to 20,000 by Region)."""


def _check(backend: Any, more: int) -> None:
    from moto.core.exceptions import JsonRESTError

    held = sum(each.is_open for one in backend.streams.values() for each in one.shards.values())
    if held + more > MOST_SHARDS:
        raise JsonRESTError(
            "LimitExceededException",
            f"This request would exceed the shard limit for the account {backend.account_id} in "
            f"{backend.region_name}. Current shard count for the account: {held}. Limit: "
            f"{MOST_SHARDS}. Number of additional shards that would have resulted from this "
            f"request: {more}. Refer to the AWS Service Limits page "
            "(https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
            "limits and how to request higher limits.",
        )


def _create(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def create_stream(self: Any, stream_name: str, shard_count: int, **named: Any) -> Any:
        _check(self, int(shard_count or 0))
        return ask_moto(self, stream_name, shard_count, **named)

    return create_stream


def _update(ask_moto: Any) -> Any:
    @functools.wraps(ask_moto)
    def update_shard_count(
        self: Any, stream_arn: str, stream_name: str, target_shard_count: int
    ) -> Any:
        shards = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name).shards
        _check(self, int(target_shard_count) - sum(each.is_open for each in shards.values()))
        return ask_moto(self, stream_arn, stream_name, target_shard_count)

    return update_shard_count


_WHY = "moto creates as many shards as requested, even 2,147,483,647, and blocks every other call."
CHANGES = (
    MotoChange("moto.kinesis.models:KinesisBackend", "create_stream", _create, _WHY),
    MotoChange("moto.kinesis.models:KinesisBackend", "update_shard_count", _update, _WHY),
)
