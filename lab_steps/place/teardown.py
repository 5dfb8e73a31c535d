"""Taking the lab away: the table when it is ours, the stacks, and a look that nothing is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab_steps.checking.view import error_code
from lab_steps.errors import DeployError
from lab_steps.place import deploy
from lab_steps.place.state import StateFile
from lab_steps.place.target import Target
from stacks.settings import ATHENA_STACK, PROJECT_TAG, TABLE_NAME, LabSettings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Teardown:
    """What `down` does; it can be broken off anywhere and run again."""

    target: Target
    state: StateFile
    settings: LabSettings
    account: str
    say: Say

    def run(self) -> list[str]:
        """Remove everything of the lab; what is left, which is nothing unless others hold it."""
        self._delete_table()
        for stack in self._stacks():
            self._delete_stack(stack)
        left = list(self.leftovers())
        if not left:
            self.state.forget()
        return left

    def leftovers(self) -> Iterator[str]:
        """What still stands of the lab, in words."""
        for stack in self._stacks():
            if deploy.describe_stack(self.target, stack):
                yield f"stack {stack}"
        for bucket in self._buckets():
            if self.settings.removes_logs and self._bucket_exists(bucket):
                yield f"bucket {bucket}"
        if self._table_is_ours() and self._table():
            yield f"table {TABLE_NAME}"

    def will_remove(self) -> list[str]:
        """What a run would remove: asked before it is confirmed."""
        return list(self.leftovers())

    def _stacks(self) -> tuple[str, ...]:
        return ATHENA_STACK, self.settings.data_trail, self.settings.management_trail

    def _buckets(self) -> tuple[str, ...]:
        purposes = (self.settings.management_purpose, self.settings.data_purpose)
        return tuple(self.settings.bucket_name(each, self.account) for each in purposes)

    def _delete_table(self) -> None:
        description = self._table()
        if description is None:
            return
        if not self._table_is_ours():
            self.say(f"table {TABLE_NAME}: not made by the lab, left as it is")
            return
        client = self.target.client("dynamodb")
        if description["TableStatus"] != "DELETING":
            client.delete_table(TableName=TABLE_NAME)
        self._until_gone(f"table {TABLE_NAME}", lambda: self._table() is None)

    def _table_is_ours(self) -> bool:
        """It carries the tag that the workload creates it with, in the same call."""
        description = self._table()
        if description is None:
            return False
        client = self.target.client("dynamodb")
        tags = client.list_tags_of_resource(ResourceArn=description["TableArn"])["Tags"]
        return dict(zip(("Key", "Value"), PROJECT_TAG, strict=True)) in tags

    def _table(self) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            answer = self.target.client("dynamodb").describe_table(TableName=TABLE_NAME)
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return dict(answer["Table"])

    def _delete_stack(self, name: str) -> None:
        """Delete the stack; a bucket that was filled again in between is emptied, once."""
        for _ in range(2):
            if deploy.describe_stack(self.target, name) is None:
                return
            self.target.client("cloudformation").delete_stack(StackName=name)
            status = deploy.wait_for_stack(self.target, name, self.say, self._poll)
            if status is None or status == "DELETE_COMPLETE":
                self.say(f"stack {name}: gone")
                return
            self.say(f"stack {name}: {status}, emptying its bucket")
            self._empty_buckets(name)
        raise DeployError(
            f"The stack {name} was not deleted: {deploy.failure_reasons(self.target, name)}",
            "Mend the reason, then run `down` again.",
        )

    def _empty_buckets(self, stack: str) -> None:
        resources = self.target.client("cloudformation").describe_stack_resources(StackName=stack)
        for resource in resources["StackResources"]:
            if resource["ResourceType"] == "AWS::S3::Bucket":
                empty_bucket(self.target, resource["PhysicalResourceId"])

    def _bucket_exists(self, name: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self.target.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            return error_code(error) not in {"404", "NoSuchBucket"}
        return True

    @property
    def _poll(self) -> float:
        return min(2.0, self.target.patience.poll)

    def _until_gone(self, what: str, is_gone: Callable[[], bool]) -> None:
        deadline = datetime.now(UTC) + deploy.DONE_WITHIN
        while not is_gone():
            if datetime.now(UTC) >= deadline:
                raise DeployError(f"The {what} is still there.", "Run `down` again.")
            time.sleep(self._poll)
        self.say(f"{what}: gone")


def empty_bucket(target: Target, name: str) -> None:
    """Delete every version of every object; a bucket that is gone is empty."""
    from botocore.exceptions import ClientError

    client = target.client("s3")
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if keys:
                client.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
