"""Stacks and what they contain: the state that CloudFormation's Describe calls show."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.models import Event
from moto.cloudformation.parsing import Export
from moto.sns.exceptions import SNSException

from local_aws.cloudformation.language.parameters import default
from local_aws.cloudformation.language.templates import Template
from local_aws.cloudformation.language.values import value_at

if TYPE_CHECKING:
    from local_aws.cloudformation.resources.calls import OnBehalf

logger = logging.getLogger(__name__)

STACK_TYPE = "AWS::CloudFormation::Stack"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class StackInput:
    """The wanted stack: its template with everything that belongs to it."""

    body: str
    template: Template
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None
    read: Mapping[str, str] = field(default_factory=dict)
    """Values of the SSM parameters that it refers to, by their names."""
    left_out: frozenset[str] = frozenset()
    """Logical ids of resources whose condition does not hold."""

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Definitions by logical id."""
        resources: Mapping[str, Mapping[str, Any]] = self.template.get("Resources", {})
        return resources

    @property
    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """Definitions by logical id, of the resources whose condition holds."""
        return {
            logical_id: definition
            for logical_id, definition in self.resources.items()
            if logical_id not in self.left_out
        }

    @property
    def values(self) -> Mapping[str, str]:
        """The value of every parameter; the default if none was given."""
        slots = self.template.get("Parameters") or {}
        return {name: self.parameters.get(name, default(slot)) for name, slot in slots.items()}

    def same_as(self, other: StackInput) -> bool:
        """Whether an update from `other` would have nothing to do."""
        return (self.template, self.parameters, self.tags, self.read) == (
            other.template,
            other.parameters,
            other.tags,
            other.read,
        )


@dataclass(slots=True, eq=False)
class Resource:
    """A resource of a stack: its definition, and its present state.

    `name` is the physical name with which it is created. `properties` have their intrinsic
    functions resolved; `opened` are the same with secrets instead of references to them (None if
    not read yet). `stack_tags` are the stack's tags at that time. `Ref` gives `physical_id`, "" if
    nothing exists yet. `Fn::GetAtt` gives `attributes`, or what `model` says: moto's object, for
    types that moto creates.
    """

    logical_id: str
    type: str
    definition: Mapping[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    stack_tags: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    physical_id: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    model: Any = None
    opened: dict[str, Any] | None = field(default=None, repr=False)
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    updated: datetime = field(default_factory=now)

    def attribute(self, name: str) -> Any:
        """The value that `Fn::GetAtt` gives. Raises KeyError for an unknown attribute."""
        if name in self.attributes or hasattr(self.attributes, "__missing__"):
            return self.attributes[name]
        given = self.properties if self.opened is None else self.opened
        for value in (self._of_model(name), value_at(name, given), self._of_identifier(name)):
            if value is not None:
                return value
        raise KeyError(name)

    def _of_model(self, name: str) -> Any:
        """moto's attribute. Most models have further ones under the Python form of the name."""
        with suppress(UnformattedGetAttTemplateException, NotImplementedError, AttributeError):
            return self.model.get_cfn_attribute(name)
        if name == "Id":  # a path in moto's hosted zones
            return None
        short = name.removeprefix(self.type.rpartition("::")[2])
        member = "arn" if short in {"Arn", "ARN"} else xform_name(name)
        found = getattr(self.model, member, None)
        return found if isinstance(found, str | int | float) else None

    def _of_identifier(self, name: str) -> str | None:
        """The physical id, for attributes such as `Id`, or `QueueName` of a queue."""
        short = self.type.rpartition("::")[2]
        names = {"Id", "Name", f"{short}Id", f"{short}Name"}
        return self.physical_id if name in names else None

    def policy(self, attribute: str) -> str:
        """`DeletionPolicy` or `UpdateReplacePolicy`."""
        return str(self.definition.get(attribute, "Delete"))


@dataclass(frozen=True, slots=True)
class Output:
    """A value that a stack shows, and exports if `export` has a name."""

    key: str
    value: str
    description: str | None
    export: str | None


@dataclass(frozen=True, slots=True)
class StackStep:
    """One step of an update: the resource `before` and `after`, None if there was none."""

    before: Resource | None
    after: Resource | None


@dataclass
class WayBack:
    """What remains to undo of a failed update: its `steps`, the last one first.

    `replaced` are resources that were replaced, `leftovers` those to delete once everything is
    undone.
    """

    previous: StackInput
    steps: list[StackStep]
    replaced: list[Resource]
    leftovers: list[Resource] = field(default_factory=list)


class Stack:
    """A stack: its wanted and its present state, and all its events."""

    def __init__(
        self, stack_id: str, name: str, account_id: str, region_name: str, wanted: StackInput
    ) -> None:
        self.stack_id = stack_id
        self.name = name
        self.account_id = account_id
        self.region_name = region_name
        self.input = wanted
        self.status = "CREATE_IN_PROGRESS"
        self.status_reason: str | None = None
        self.creation_time = now()
        self.updated_time: datetime | None = None
        self.deletion_time: datetime | None = None
        self.resources: dict[str, Resource] = {}
        self.outputs: list[Output] = []
        self.imports: set[str] = set()
        self.events: list[Event] = []
        self.on_failure = "ROLLBACK"
        self.retain_except_on_create = False
        self.enable_termination_protection = False
        self.timeout_in_minutes: int | None = None
        self.policy = ""
        self.change_set_id: str | None = None
        self.parent: Stack | None = None
        self.client_request_token: str | None = None
        self.on_behalf: OnBehalf | None = None
        self.way_back: WayBack | None = None
        self.is_cancelled = False

    @property
    def tags(self) -> Mapping[str, str]:
        """The stack's own tags. moto's tagging API reads this."""
        return self.input.tags

    @property
    def template(self) -> str:
        return self.input.body

    @property
    def root(self) -> Stack:
        """The outermost of nested stacks."""
        return self.parent.root if self.parent else self

    @property
    def exports(self) -> list[Export]:
        """Outputs that other stacks may import."""
        return [
            Export(self.stack_id, output.export, output.value)
            for output in self.outputs
            if output.export
        ]

    def report(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status, and add an event."""
        self.status, self.status_reason = status, reason
        if status == "UPDATE_IN_PROGRESS":
            self.updated_time = now()
        elif status == "DELETE_COMPLETE":
            self.deletion_time = now()
        self._add_event(self.name, self.stack_id, STACK_TYPE, status, reason, None)

    def report_resource(self, resource: Resource, status: str, reason: str | None = None) -> None:
        """Set a resource's status, and add an event."""
        resource.status, resource.reason, resource.updated = status, reason, now()
        self._add_event(
            resource.logical_id,
            resource.physical_id,
            resource.type,
            status,
            reason,
            json.dumps(resource.properties, default=str),
        )

    def _add_event(
        self,
        logical_id: str,
        physical_id: str,
        resource_type: str,
        status: str,
        reason: str | None,
        properties: str | None,
    ) -> None:
        event: Any = Event(
            stack_id=self.stack_id,
            stack_name=self.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=resource_type,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=properties,
        )
        event.timestamp = self._next_event_time()
        event.client_request_token = self.client_request_token
        self.events.append(event)
        self._publish(event)

    def _next_event_time(self) -> datetime:
        """Now in milliseconds, but after the last event: clients sort events by their time."""
        time = now()
        time = time.replace(microsecond=time.microsecond // 1000 * 1000)
        if self.events:
            return max(time, self.events[-1].timestamp + timedelta(milliseconds=1))
        return time

    def _publish(self, event: Event) -> None:
        for topic_arn in self.input.notification_arns:
            try:
                event.sendToSns(self.account_id, self.region_name, [topic_arn])
            except SNSException:
                logger.warning("stack %s could not notify %s", self.name, topic_arn)


def exports_of(stacks: Mapping[str, Stack]) -> dict[str, Export]:
    """What the stacks export, by name."""
    return {export.name: export for stack in list(stacks.values()) for export in stack.exports}


def importers_of(export: str, stacks: Mapping[str, Stack]) -> list[str]:
    """The names of those of the stacks that use an export."""
    return [stack.name for stack in list(stacks.values()) if export in stack.imports]
