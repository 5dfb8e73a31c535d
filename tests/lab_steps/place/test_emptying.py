"""Emptying buckets: what S3 keeps is told with what helps."""

from __future__ import annotations

import re
import shlex

import pytest

from lab_steps.errors import DeployError
from lab_steps.place.emptying import empty_bucket
from lab_steps.targets.target import Target
from local_aws import LocalAws
from tests.local_aws.aws_cli import run_aws


def test_a_locked_object_is_kept_and_the_command_printed_tells_until_when(
    aws: LocalAws, target: Target
) -> None:
    s3, key = aws.client("s3"), "it's kept"
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = {"Mode": "COMPLIANCE", "Days": 30}
    s3.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": until},
        },
    )
    s3.put_object(Bucket="locked", Key=key, Body=b"x")
    with pytest.raises(DeployError, match="S3 kept s3://locked/it's kept") as told:
        empty_bucket(target, "locked")
    assert "No permission helps" in told.value.next_step
    command = re.search("aws (.*)", told.value.next_step)
    assert command
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    shown = run_aws(keys, *shlex.split(command[1]))
    assert (shown.returncode, "COMPLIANCE" in shown.stdout) == (0, True)
