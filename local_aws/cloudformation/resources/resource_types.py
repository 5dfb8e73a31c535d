"""What a resource type is: the API calls that create, update, delete and read it, as data.

A `ResourceType` holds plans. A plan is a generator over a `Change`: it yields the calls in their
order, gets each call's answer from its `yield`, and yields a `Made` with what `Ref` and
`Fn::GetAtt` give. It sends nothing itself: `perform` does, with the `send` that it gets. If the
Template Reference names the operations behind a property, the plan uses those.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from typing import Any

from moto.cloudformation.utils import random_suffix
from msgspec import Struct, field

from cloudtrail.partitions import partition_of
from local_aws.cloudformation.language.values import tag_list, text
from local_aws.cloudformation.resources.api_shapes import parameters_of
from local_aws.cloudformation.resources.failures import CallFailed, ResourceError

Properties = Mapping[str, Any]
Answer = Mapping[str, Any]
"""An operation's output, by botocore's member names."""


class ApiCall(Struct, frozen=True):
    """An operation with its parameters, by botocore's member names.

    A call with `recorded` false is a read with which CloudFormation decides what to do. It leaves
    no record, because AWS does not document which reads its handlers make.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    recorded: bool = True


def call(service: str, operation: str, parameters: Properties) -> ApiCall:
    """The call, with the parameters that its operation has, converted to their types."""
    return ApiCall(service, operation, parameters_of(service, operation, parameters))


def read(service: str, operation: str, parameters: Properties) -> ApiCall:
    """A call that leaves no record."""
    return ApiCall(service, operation, parameters, recorded=False)


class Made(Struct, frozen=True):
    """What was created: `Ref` gives the physical id, `Fn::GetAtt` the attributes."""

    physical_id: str
    attributes: Properties = field(default_factory=dict)


Steps = Generator[ApiCall | Made, Answer, None]


class Change(Struct, frozen=True):
    """A resource that is created, updated or deleted.

    `name` is the name with which it is created, `physical_id` what `Ref` gives. `before` has the
    earlier properties of an updated resource, and is empty otherwise.
    """

    name: str
    physical_id: str
    properties: Properties
    before: Properties
    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition: `aws`, or another one such as China's."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def changed(self, names: Iterable[str], defaults: Properties | None = None) -> dict[str, Any]:
        """The properties with these names that differ from before.

        A property that was removed has its default, or None if it has no default.
        """
        given = {name: self.properties.get(name) for name in names}
        return {
            name: (defaults or {}).get(name) if value is None else value
            for name, value in given.items()
            if value != self.before.get(name)
        }

    def names(self, *left_out: str) -> list[str]:
        """The names of the properties that are given now or were before, except those left out."""
        return [name for name in {**self.before, **self.properties} if name not in left_out]

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A boolean property, which templates may give as text.

        Without a default it is required.
        """
        given = self.properties[name] if default is None else self.properties.get(name, default)
        return text(given) == "true"

    def items(self, name: str) -> list[Any]:
        """A list property, empty if it is not given."""
        return list(self.properties.get(name) or [])

    def gone(self, name: str) -> list[Any]:
        """The items that a list property had before and no longer has."""
        kept = self.items(name)
        return [item for item in self.before.get(name) or [] if item not in kept]

    def new(self, name: str) -> list[Any]:
        """The items that a list property has now and did not have before."""
        return [item for item in self.items(name) if item not in (self.before.get(name) or [])]


Plan = Callable[[Change], Steps]


class Naming(Struct, frozen=True):
    """How resources of a type are named: by the property `by`, else with a generated name.

    The limits are the services' own, for names that CloudFormation generates.
    """

    by: str = ""
    longest: int = 255
    lower_case: bool = False

    def given(self, properties: Properties) -> str | None:
        """The name that the template gives a resource, else None."""
        name = properties.get(self.by)
        return name if isinstance(name, str) and name else None

    def name(self, stack_name: str, logical_id: str, properties: Properties) -> str:
        """The name that the template gives, else `<stack>-<logical id>-<random>`."""
        return self.given(properties) or self._generated(stack_name, logical_id)

    def _generated(self, stack_name: str, logical_id: str) -> str:
        suffix = random_suffix()
        room = self.longest - len(suffix) - 2
        logical = logical_id[: max(room // 2, room - len(stack_name))]
        name = f"{stack_name[: room - len(logical)].rstrip('-')}-{logical.rstrip('-')}-{suffix}"
        return name.lower() if self.lower_case else name


class ResourceType(Struct, frozen=True):
    """A resource type by its plans.

    `create` yields a `Made` if `Ref` is not the resource's name, or `Fn::GetAtt` gives more than
    properties and that name. It does so as soon as an answer has the id, before any call that may
    fail, so that what was made half-way can be deleted; a second one, with attributes that are
    known later, takes the place of the first. Without any, the resource exists with its name once
    the first recorded call succeeded. If `update` yields another id, the old resource is deleted.

    `properties` are those that its plans send; any other is refused. A new resource replaces the
    old one if there is no `update`, or if a property changes that AWS's schema or `replaced_by`
    lists (`A.B` is B inside of A). A change of one of `fixed` is refused, as in AWS. If the type
    has `Tags`, its resources get the stack's tags, and with `system_tags` also CloudFormation's
    own.
    """

    name: str
    properties: tuple[str, ...]
    create: Plan
    delete: Plan
    update: Plan | None = None
    naming: Naming = Naming()
    replaced_by: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    system_tags: bool = False

    @property
    def takes_tags(self) -> bool:
        """Whether its resources have tags."""
        return "Tags" in self.properties


def perform(
    steps: Steps,
    send: Callable[[ApiCall], Answer],
    made: Callable[[Made], None],
    *,
    gone: Callable[[ApiCall], bool] = lambda _: False,
) -> None:
    """Send a plan's calls one after the other; `made` gets what was created.

    A plan may catch the CallFailed of a call that it yielded. If `gone` is true for a call, its
    "not found" counts as success: what it deletes may no longer exist.
    """
    with suppress(StopIteration):
        step = next(steps)
        while True:
            if isinstance(step, Made):
                made(step)
                step = steps.send({})
                continue
            try:
                answer = send(step)
            except CallFailed as error:
                forgiven = error.is_not_found and gone(step)
                step = steps.send({}) if forgiven else steps.throw(error)
            else:
                step = steps.send(answer)


def one(
    service: str,
    operation: str,
    ref: str = "",
    attributes: Mapping[str, str] | None = None,
    **named: str,
) -> Plan:
    """The plan of one call: its parameters are the properties, and by name attributes of the
    change.

    `ref` and `attributes` are paths in the answer, such as `Role.RoleName`: of the physical id (by
    default the name), and of what `Fn::GetAtt` gives.
    """

    def plan(change: Change) -> Steps:
        facts = {member: getattr(change, fact) for member, fact in named.items()}
        answer = yield call(service, operation, {**change.properties, **facts})
        if ref or attributes:
            found = {name: _at(path, answer) for name, path in (attributes or {}).items()}
            yield Made(_at(ref, answer) if ref else change.name, found)

    return plan


def _at(path: str, answer: Answer) -> Any:
    return functools.reduce(operator.getitem, path.split("."), answer)


def refuse_existing(look: ApiCall, message: str) -> Steps:
    """Fail if the read finds something: CloudFormation does not take over what exists."""
    try:
        yield look
    except CallFailed:
        return
    raise ResourceError(message, code="AlreadyExists")


def without(properties: Properties, *names: str) -> dict[str, Any]:
    """The properties except those with these names."""
    return {name: value for name, value in properties.items() if name not in names}


def retag(
    service: str,
    identifier: Properties,
    change: Change,
    tag: str = "TagResource",
    untag: str = "UntagResource",
) -> Steps:
    """The calls that set new and changed tags, and remove tags that are gone."""
    new, gone = tag_changes(change)
    if new:
        yield call(service, tag, {**identifier, "Tags": new})
    if gone:
        yield call(service, untag, {**identifier, "TagKeys": gone})


def tag_changes(change: Change) -> tuple[list[dict[str, Any]], list[str]]:
    """New and changed tags, and the keys of those that are gone."""
    now, before = tags_of(change.properties), tags_of(change.before)
    new = {key: value for key, value in now.items() if value != before.get(key)}
    return tag_list(new), [key for key in before if key not in now]


def tags_of(properties: Properties) -> dict[str, Any]:
    """Values of the tags by their keys, whether the type lists or maps them."""
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def as_texts(properties: Properties) -> dict[str, str]:
    """Properties as attributes of SNS and SQS: text, "" for what is gone."""
    return {name: "" if value is None else text(value) for name, value in properties.items()}
