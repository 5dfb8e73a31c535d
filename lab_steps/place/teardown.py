"""Removing the lab: its stacks, then its tables. Then what is left is listed.

In a stack the trail is deleted first, then the bucket policy, without which nothing more can be
delivered, however late, then the bucket's objects, and the bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab_steps.call_errors import advice_on
from lab_steps.checking import tables
from lab_steps.checking.view import View
from lab_steps.errors import DeployError, ExitCode
from lab_steps.place import deploy
from lab_steps.place.emptying import empty_bucket
from lab_steps.place.inventory import Inventory, Names, buckets
from lab_steps.place.obstacles import removing, way_out
from lab_steps.place.ownership import Thing, ownership
from lab_steps.place.state import StateFile
from lab_steps.targets.target import Target

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Left:
    """What exists after a teardown: of the lab, and what is not the lab's. `tagged` has the ARNs of
    what else the tagging service lists with the lab's tag; it lists deleted things for some minutes
    more.
    """

    ours: tuple[Thing, ...] = ()
    others: tuple[Thing, ...] = ()
    tagged: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """1 if something of the lab exists, 5 if others have something with its names."""
        if self.ours:
            return ExitCode.FAILED
        return ExitCode.REFUSED if any(each.named for each in self.others) else ExitCode.PASSED


@dataclass(frozen=True, slots=True)
class Teardown:
    """What `down` does; it can be broken off anywhere and run again."""

    target: Target
    state: StateFile
    names: Names
    look: Callable[[], View]
    say: Say

    def run(self) -> Left:
        """Remove everything of the lab, and return what is left.

        What others made is not changed.
        """
        standing = self.will_remove()
        stacks = [each for each in standing if each.kind == "stack"]
        deploy.all_at_once(self.target, self._delete_stack, stacks)
        for table in standing:
            if table.kind == "table":
                self._delete_table(table)
        left = self.left()
        if not left.ours:
            self.state.forget()
        return left

    def left(self) -> Left:
        """What exists now."""
        inventory = Inventory(self.look(), self.names)
        found = inventory.all()
        ours = [each for each in found if ownership(each).ours]
        others = [each for each in found if each not in ours]
        if self.names.keeps_buckets:
            ours = [each for each in ours if each.kind != "bucket"]
        known = {each.arn or f":::{each.name}" for each in found}
        stacks = {each.arn for each in ours if each.kind == "stack"}
        tagged = [e for e in inventory.tagged(stacks) if not e.endswith(tuple(known))]
        return Left(tuple(ours), tuple(others), tuple(tagged))

    def will_remove(self) -> tuple[Thing, ...]:
        """What a run would remove, to be shown before it is confirmed."""
        return self.left().ours

    def _delete_table(self, table: Thing) -> None:
        """Delete the table.

        It was the lab's when it was checked, a moment ago: DeleteTable takes no condition.
        """
        client = self.target.client("dynamodb")
        if self._table_status(table.name) != "DELETING":
            with removing(table.title, self.target.place, table=table.name):
                client.delete_table(TableName=table.name)
        self._until_gone(table.title, lambda: self._table_status(table.name) is None)

    def _table_status(self, name: str) -> str | None:
        description = tables.described(self.look(), name)
        return str(description["TableStatus"]) if description else None

    def _delete_stack(self, stack: Thing) -> None:
        """Delete the stack; a bucket that could not be emptied is emptied here, once.

        By its ARN: a stack that takes its name in the meantime is another one.
        """
        retained: list[str] = []
        for _ in range(2):
            asked = {"StackName": stack.arn, **({"RetainResources": retained} if retained else {})}
            with removing(stack.title, self.target.place, stack=stack.name):
                self.target.client("cloudformation").delete_stack(**asked)
            status = deploy.wait_for_stack(self.target, stack.arn, self.say, self._poll)
            if status is None or status == "DELETE_COMPLETE":
                self.say(f"{stack.title}: gone")
                return
            self.say(f"{stack.title}: {status}, emptying its bucket")
            resources = self._resources(stack.arn)
            self._empty_buckets(resources)
            # Its function, or the function's role, may be gone; what it does has been done here.
            retained = [
                each["LogicalResourceId"]
                for each in resources
                if each["ResourceType"].startswith("Custom::")
                and each["ResourceStatus"] == "DELETE_FAILED"
            ]
        reasons = deploy.failure_reasons(self.target, stack.arn)
        helps = way_out(reasons, self.target.place, stack=stack.name)
        raise DeployError(
            f"The {stack.title} was not deleted: {reasons}",
            helps or f"{advice_on(reasons) or 'Fix the cause.'} Then run `down` again.",
        )

    def _resources(self, stack: str) -> list[dict[str, Any]]:
        client = self.target.client("cloudformation")
        return list(client.describe_stack_resources(StackName=stack)["StackResources"])

    def _empty_buckets(self, resources: list[dict[str, Any]]) -> None:
        """Empty the buckets among a stack's resources that have the lab's tag themselves."""
        names = [
            each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == "AWS::S3::Bucket"
        ]
        for bucket in buckets(self.look(), names):
            whose = ownership(bucket)
            if whose.ours:
                empty_bucket(self.target, bucket.name)
            else:
                self.say(f"{bucket.title}: not emptied, {whose.reason}")

    @property
    def _poll(self) -> float:
        return min(2.0, self.target.patience.poll)

    def _until_gone(self, what: str, is_gone: Callable[[], bool]) -> None:
        deadline = datetime.now(UTC) + deploy.DONE_WITHIN
        while not is_gone():
            if datetime.now(UTC) >= deadline:
                raise DeployError(f"The {what} is still there.", "Run `down` again.")
            self.target.pause(self._poll)
        self.say(f"{what}: gone")
