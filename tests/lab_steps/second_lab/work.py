"""The calls that `run` makes."""

from __future__ import annotations

from lab_steps.lab import Say
from lab_steps.place.state import StateFile
from lab_steps.targets.caller import caller
from lab_steps.targets.target import Target
from tests.lab_steps.second_lab.deployment import bucket_name

KEY = "hello.txt"


def work(target: Target, state: StateFile, say: Say) -> None:
    """Put an object and get it."""
    bucket = bucket_name("objects", caller(target).account)
    s3 = target.client("s3")
    with state.doing("calls on objects"):
        say("s3 PutObject")
        s3.put_object(Bucket=bucket, Key=KEY, Body=b"hello")
        say("s3 GetObject")
        s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()
