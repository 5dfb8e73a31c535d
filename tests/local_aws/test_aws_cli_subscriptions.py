"""`aws cloudtrail create-subscription` and `update-subscription`, which read AWS's templates."""

from __future__ import annotations

import pytest

from local_aws import LocalAws
from tests.local_aws.aws_cli import run_aws
from tests.local_aws.delivered import client, keys


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_subscription_is_a_trail_that_delivers(aws: LocalAws, region: str) -> None:
    def run(*arguments: str) -> str:
        done = run_aws(aws.environment(region), "cloudtrail", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    made = run(
        *("create-subscription", "--name", "lab", "--s3-new-bucket", "new-logs"),
        *("--s3-prefix", "here", "--sns-new-topic", "news"),
    )
    assert "Logs will be delivered to new-logs:here" in made
    trails = client(aws, "cloudtrail", region)
    assert trails.get_trail_status(Name="lab")["IsLogging"] is True
    aws.deliver_now()
    delivered = keys(aws, "new-logs")
    assert delivered
    assert all(key.startswith("here/AWSLogs/") for key in delivered)
    run("update-subscription", "--name", "lab", "--s3-new-bucket", "newer-logs")
    (trail,) = trails.describe_trails()["trailList"]
    assert (trail["S3BucketName"], trail["S3KeyPrefix"]) == ("newer-logs", "here")
    assert trail["SnsTopicARN"].endswith(":news")
