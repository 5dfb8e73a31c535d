"""Emptying buckets: what S3 keeps is told with what helps."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from lab_steps.errors import DeployError
from lab_steps.place.emptying import empty_bucket
from lab_steps.targets.target import Target
from local_aws import LocalAws
from tests.lab_steps.mutants.pasting import Shell, _cli_port, shell
from tests.local_aws.aws_cli import run_aws

__all__ = ["_cli_port", "shell"]


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
    assert "No permission helps" in told.value.advice
    command = re.search("aws (.*)", told.value.advice)
    assert command
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    shown = run_aws(keys, *shlex.split(command[1]))
    assert (shown.returncode, "COMPLIANCE" in shown.stdout) == (0, True)


def test_a_policy_that_denies_is_told_and_the_commands_printed_show_it_and_take_it_away(
    aws: LocalAws, target: Target, shell: Shell
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"x")
    deny = {"Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::kept/*"}
    statement = {**deny, "Action": "s3:DeleteObject*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    s3.put_bucket_policy(Bucket="kept", Policy=policy)
    with pytest.raises(DeployError, match="S3 kept s3://kept/k: AccessDenied") as told:
        empty_bucket(target, "kept")
    shows, removes = re.findall(r"^  (aws .*)$", told.value.advice, re.MULTILINE)
    assert json.loads(shell.paste(shows)) == json.loads(policy)
    shell.paste(removes)
    assert empty_bucket(target, "kept") == 1
