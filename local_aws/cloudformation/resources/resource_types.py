"""What a resource type is: the API calls that create, update, delete and read it, as data.

A `ResourceType` holds plans. A plan is a generator over a `Change`: it yields the calls in
their order, gets each call's answer where it was yielded, and says with `Made` what `Ref`
and `Fn::GetAtt` give. It sends nothing itself: `perform` does, by whatever `send` it is
given. Where the Template Reference names the operations behind a property, these are they.
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
from local_aws.cloudformation.resources.api_shapes import parameters_of, tag_list, text
from local_aws.cloudformation.resources.failures import CallFailed, ResourceError

Properties = Mapping[str, Any]
Answer = Mapping[str, Any]
"""An operation's output, by botocore's member names."""


class ApiCall(Struct, frozen=True):
    """An operation with its parameters, by botocore's member names.

    A call with `recorded` false is what CloudFormation reads to decide what to do; it leaves
    no record, because AWS documents nowhere which reads its handlers make.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    recorded: bool = True


def call(service: str, operation: str, parameters: Properties) -> ApiCall:
    """The call, with what of the parameters its operation takes, in the types it takes."""
    return ApiCall(service, operation, parameters_of(service, operation, parameters))


def read(service: str, operation: str, parameters: Properties) -> ApiCall:
    """The call, without a record."""
    return ApiCall(service, operation, parameters, recorded=False)


class Made(Struct, frozen=True):
    """What a resource is known by: `Ref` gives the physical id, `Fn::GetAtt` the attributes."""

    physical_id: str
    attributes: Properties = field(default_factory=dict)


Steps = Generator[ApiCall | Made, Answer, None]


class Change(Struct, frozen=True):
    """A resource that is created, updated or deleted.

    `name` is what it is created under, `physical_id` what `Ref` gives; `before` holds an
    updated resource's earlier properties, and is empty otherwise.
    """

    name: str
    physical_id: str
    properties: Properties
    before: Properties
    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """`aws`, or another one such as China's."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def changed(self, names: Iterable[str], defaults: Properties | None = None) -> dict[str, Any]:
        """The properties of these names that differ from before; where one is gone, its default.

        None if it has no default.
        """
        given = {name: self.properties.get(name) for name in names}
        return {
            name: (defaults or {}).get(name) if value is None else value
            for name, value in given.items()
            if value != self.before.get(name)
        }

    def names(self, *left_out: str) -> list[str]:
        """The properties that are given now or were before, without those left out."""
        return [name for name in {**self.before, **self.properties} if name not in left_out]

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A boolean property, which templates may give as a text; required without a default."""
        given = self.properties[name] if default is None else self.properties.get(name, default)
        return text(given) == "true"

    def items(self, name: str) -> list[Any]:
        """A list property, empty if it is not given."""
        return list(self.properties.get(name) or [])

    def gone(self, name: str) -> list[Any]:
        """What a list property held before and does not now."""
        kept = self.items(name)
        return [item for item in self.before.get(name) or [] if item not in kept]

    def new(self, name: str) -> list[Any]:
        """What a list property holds now and did not before."""
        return [item for item in self.items(name) if item not in (self.before.get(name) or [])]


Plan = Callable[[Change], Steps]


class Naming(Struct, frozen=True):
    """How resources of a type are named: by a property, else by a generated name.

    Limits: the services' own, on names that CloudFormation generates.
    """

    by: str = ""
    longest: int = 255
    lower_case: bool = False

    def given(self, properties: Properties) -> str | None:
        """The name that the template gives a resource, if it does."""
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
    """A resource type by its plans. Where they yield no `Made`, `Ref` gives the resource's name.

    `properties` are those that its plans send; any other is refused. Without `update`, or
    where one changes that AWS's schema or `replaced_by` lists (`A.B` is B inside of A), a new
    resource takes the place of the old one; where one of `fixed` changes, AWS refuses. Tags of
    the stack are the resource's too where it has `Tags`, and with `system_tags` those of
    CloudFormation itself.
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
    """Send a plan's calls one after the other, and hand on what it says was made.

    A plan may catch the CallFailed of a call that it yielded. Where `gone` says so of a call, what
    it does not find counts as done: what it deletes may be gone already.
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
    """The plan of one call: the properties that it takes, and facts of the change by name.

    `ref` and `attributes` say where the answer has the physical id, else the name, and what
    `Fn::GetAtt` gives: paths such as `Role.RoleName`.
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
    """Fail where the look finds something: CloudFormation takes over nothing that exists."""
    try:
        yield look
    except CallFailed:
        return
    raise ResourceError(message, code="AlreadyExists")


def without(properties: Properties, *names: str) -> dict[str, Any]:
    """The properties without those of these names."""
    return {name: value for name, value in properties.items() if name not in names}


def retag(
    service: str,
    identifier: Properties,
    change: Change,
    tag: str = "TagResource",
    untag: str = "UntagResource",
) -> Steps:
    """The calls that put new and changed tags, and remove those that are gone."""
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
    """Properties as the attributes that SNS and SQS take: texts, "" for what is gone."""
    return {name: "" if value is None else text(value) for name, value in properties.items()}
