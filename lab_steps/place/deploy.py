"""Deploying the stacks with CloudFormation's change sets, all at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from lab_steps.call_errors import advice, advice_on
from lab_steps.checking.view import error_code
from lab_steps.errors import DeployError
from lab_steps.place.inventory import stack_thing
from lab_steps.place.lifetime import lab_tags
from lab_steps.place.ownership import refuse_foreign
from lab_steps.place.state import StateFile
from lab_steps.place.synth import Template
from lab_steps.targets.target import Target

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
DONE_WITHIN = timedelta(minutes=20)
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
NEVER_CREATED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
"""States of a stack that can only be deleted."""

Say = Callable[[str], None]
Item = TypeVar("Item")


def deploy(target: Target, state: StateFile, templates: Iterable[Template], say: Say) -> None:
    """Create or update the stacks, all at once; DeployError with CloudFormation's reasons.

    They, and what is in them, get the lab's tag, and the expiry time from the state.
    """
    tags = lab_tags(state.load().expires)
    deployments = [StackDeployment(target, template, say, tags) for template in templates]

    def one(deployment: StackDeployment) -> None:
        with state.doing(f"stack {deployment.template.stack}"):
            deployment.run()

    all_at_once(target, one, deployments)


def all_at_once(target: Target, do: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Call `do` with each item, each in a thread.

    If the calling thread is interrupted, the others stop waiting.
    """
    with ThreadPoolExecutor(max(1, len(items))) as pool:
        try:
            doing = [pool.submit(do, each) for each in items]
            # A signal that comes just before an endless wait does not end it.
            while wait(doing, timeout=1).not_done:
                pass
        except (KeyboardInterrupt, SystemExit):
            target.interrupted.set()
            raise
        for each in doing:
            each.result()


@dataclass(frozen=True, slots=True)
class StackDeployment:
    """One stack brought to its template."""

    target: Target
    template: Template
    say: Say
    tags: Mapping[str, str] = field(default_factory=lambda: lab_tags(None))

    def run(self) -> None:
        """Create the stack, update it, or find that there is nothing to change."""
        standing = self._standing()
        kind = self._change_set_kind(standing)
        change_set = self._create_change_set(kind, standing)
        if not self._has_changes(change_set):
            self._client.delete_change_set(ChangeSetName=change_set)
            self.say(f"stack {self._name}: no changes")
            return
        self._client.execute_change_set(ChangeSetName=change_set)
        self._wait(f"{kind}_COMPLETE")
        self.say(f"stack {self._name}: {'created' if kind == 'CREATE' else 'updated'}")

    @property
    def _name(self) -> str:
        return self.template.stack

    @property
    def _client(self) -> Any:
        return self.target.client("cloudformation")

    @property
    def _poll(self) -> float:
        return min(2.0, self.target.patience.poll)

    def _standing(self) -> dict[str, Any] | None:
        """The stack that has the name. Raises RefusedError if it is not the lab's."""
        description = describe_stack(self.target, self._name)
        if description is not None:
            refuse_foreign([stack_thing(self.target, description)], self.target.place)
        return description

    def _change_set_kind(self, description: dict[str, Any] | None) -> str:
        """CREATE or UPDATE; a stack that can only be deleted is refused with its reason."""
        if description is None or description["StackStatus"] == "REVIEW_IN_PROGRESS":
            return "CREATE"
        status = description["StackStatus"]
        if status in NEVER_CREATED:
            raise DeployError(
                f"The stack {self._name} is {status}: {self._reasons()}",
                "It can only be deleted: run `down`, then repeat the command.",
            )
        if status.endswith("_IN_PROGRESS"):
            self._wait("_COMPLETE")
        return "UPDATE"

    def _create_change_set(self, kind: str, standing: dict[str, Any] | None = None) -> str:
        """Create a change set.

        The ARN ensures that the stack that was checked is the one that is changed.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self._client.create_change_set(
                StackName=standing["StackId"] if standing else self._name,
                ChangeSetName=f"lab-{uuid.uuid4().hex[:12]}",
                ChangeSetType=kind,
                TemplateBody=self.template.body,
                Capabilities=CAPABILITIES,
                Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
            )
        except ClientError as error:
            raise DeployError(
                f"CloudFormation refused the template of {self._name}: "
                f"{error.response['Error'].get('Message', error)}",
                advice(error) or "See the template with: python app.py, or cdk synth.",
            ) from error
        return str(answer["Id"])

    def _has_changes(self, change_set: str) -> bool:
        deadline = datetime.now(UTC) + DONE_WITHIN
        while True:
            answer = self._client.describe_change_set(ChangeSetName=change_set)
            status, reason = answer["Status"], answer.get("StatusReason") or ""
            if status == "FAILED" and any(text in reason for text in NO_CHANGES):
                return False
            if status == "FAILED" or datetime.now(UTC) >= deadline:
                raise DeployError(
                    f"The change set for {self._name} is {status}: {reason}",
                    "See it in the CloudFormation console, under Change sets.",
                )
            if status == "CREATE_COMPLETE":
                return True  # of tags or outputs alone it lists no changes
            self.target.pause(self._poll)

    def _wait(self, wanted: str) -> None:
        status = wait_for_stack(self.target, self._name, self.say, poll=self._poll)
        if not (status or "").endswith(wanted) or "ROLLBACK" in (status or ""):
            reasons = self._reasons()
            again = "with another --suffix." if _is_taken(reasons) else "when that is fixed."
            todo = (
                advice_on(reasons),
                f"Remove the lab with `down`, then repeat the command {again}",
            )
            raise DeployError(
                f"Stack {self._name}: wanted {wanted}, got {status}: {reasons}",
                " ".join(filter(None, todo)),
            )

    def _reasons(self) -> str:
        return failure_reasons(self.target, self._name)


def _is_taken(reasons: str) -> bool:
    """Whether a name is in use: bucket names are unique in the world."""
    return "already exists" in reasons or "AlreadyExists" in reasons


def describe_stack(target: Target, name: str) -> dict[str, Any] | None:
    """What DescribeStacks says of the stack; None when there is none."""
    return stack_if_any(partial(target.client("cloudformation").describe_stacks, StackName=name))


def stack_if_any(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The stack in the answer of `ask`, a call of DescribeStacks; None if there is none."""
    from botocore.exceptions import ClientError

    try:
        stacks = ask()["Stacks"]
    except ClientError as error:
        if error_code(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return dict(stacks[0]) if stacks else None


def wait_for_stack(target: Target, name: str, say: Say, poll: float) -> str | None:
    """The stack's status when CloudFormation is done with it; None when it is gone."""
    deadline = datetime.now(UTC) + DONE_WITHIN
    told = None
    while True:
        description = describe_stack(target, name)
        status = description["StackStatus"] if description else None
        if status is None or not status.endswith("_IN_PROGRESS"):
            return status
        if datetime.now(UTC) >= deadline:
            raise DeployError(
                f"The stack {name} is still {status} after {DONE_WITHIN.seconds // 60} minutes.",
                "See its events in the CloudFormation console, then repeat the command.",
            )
        if status != told:
            say(f"stack {name}: {status}")
            told = status
        target.pause(poll)


def failure_reasons(target: Target, name: str) -> str:
    """The first failures among the stack's events, which say why; the later ones are
    consequences."""
    from botocore.exceptions import ClientError

    try:
        events = target.client("cloudformation").describe_stack_events(StackName=name)
    except ClientError as error:
        return f"its events cannot be read: {error}"
    failures = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events["StackEvents"])
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    own = [each for each in failures if "cancelled" not in each]
    return "; ".join((own or failures)[:3]) or "CloudFormation gives no reason"
