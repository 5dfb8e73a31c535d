"""What is over AWS's quotas is refused before moto makes it."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws


def test_streams_have_no_more_shards_than_an_account_may(aws: LocalAws) -> None:
    once = Config(retries={"total_max_attempts": 1})
    session = boto3.Session("test", "test", region_name="us-east-1")
    kinesis = session.client("kinesis", endpoint_url=aws.endpoint_url, config=once)
    with pytest.raises(ClientError) as error:
        kinesis.create_stream(StreamName="many", ShardCount=2**31 - 1)
    assert error.value.response["Error"]["Code"] == "LimitExceededException"
    kinesis.create_stream(StreamName="few", ShardCount=2)
    with pytest.raises(ClientError, match="Current shard count for the account: 2"):
        kinesis.update_shard_count(
            StreamName="few", TargetShardCount=20_001, ScalingType="UNIFORM_SCALING"
        )
