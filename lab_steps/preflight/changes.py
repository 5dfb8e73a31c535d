"""What a deployment would do in an account: create, change, replace, remove, or leave.

It only reads. A change set, which CloudFormation would create for this purpose, is a change itself:
for a stack that does not exist yet, it creates one in review.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lab_steps.checking import tables
from lab_steps.place.inventory import table_thing
from lab_steps.place.ownership import ownership
from lab_steps.place.synth import Template
from lab_steps.preflight.leftovers import stack_named
from lab_steps.preflight.subject import Subject

_NAMES = ("BucketName", "TrailName", "BudgetName", "Name", "FunctionName", "RoleName")
"""Properties that name a resource of the lab's; what has none is named by CloudFormation."""

_NAMED_BY_CLOUDFORMATION = ""
_TYPES = {
    "bucket": "AWS::S3::Bucket",
    "stack": "AWS::CloudFormation::Stack",
    "table": "AWS::DynamoDB::Table",
    "trail": "AWS::CloudTrail::Trail",
}
"""CloudFormation's words for the kinds of things."""

_VARIABLE = re.compile(r"\$\{([\w:.]+)\}")


class PlannedChange(StrEnum):
    """What happens to a thing. REFUSED: it exists, and is not the lab's."""

    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    REMOVE = "remove"
    KEEP = "keep"
    REFUSED = "refused"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: `name` is what its template or the workload calls it, `physical` its name in the
    account, which is empty if CloudFormation generates it and the thing does not exist yet."""

    made_by: str
    type: str
    name: str
    physical: str = _NAMED_BY_CLOUDFORMATION
    change: PlannedChange = PlannedChange.CREATE


def of_templates(
    templates: Iterable[Template], account: str, region: str, partition: str = "aws"
) -> Iterator[Planned]:
    """Everything that templates declare, for an empty account."""
    pseudo = _pseudo(account, region, partition)
    for template in templates:
        for name, resource in template.resources.items():
            yield _planned(
                template.stack, name, resource, PlannedChange.CREATE, _physical(resource, pseudo)
            )


def of_stack(subject: Subject, template: Template, *, with_ids: bool = False) -> Iterator[Planned]:
    """What the deployment of `template` would do to the existing stack, if any. `with_ids`: look up
    the names that CloudFormation generated.
    """
    caller, view = subject.caller, subject.view
    pseudo = _pseudo(caller.account, view.region, caller.partition)
    stack = stack_named(view, template.stack)
    foreign = _foreign(subject)
    before: dict[str, Any] = {}
    ids: dict[str, str] = {}
    if stack and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
        body = view.ask("cloudformation:GetTemplate", StackName=template.stack)["TemplateBody"]
        before = _resources(body)
        ids = _physical_ids(subject, template.stack) if with_ids else {}
    for name, resource in template.resources.items():
        change = _change(before.get(name), resource, pseudo)
        physical = _physical(resource, pseudo) or ids.get(name, _NAMED_BY_CLOUDFORMATION)
        if (resource["Type"], physical) in foreign:
            change = PlannedChange.REFUSED
        yield _planned(template.stack, name, resource, change, physical)
    for name in before.keys() - template.resources.keys():
        yield _planned(template.stack, name, before[name], PlannedChange.REMOVE, ids.get(name, ""))


def of_work(subject: Subject) -> Iterator[Planned]:
    """The tables that the workload would make."""
    for name in subject.names.tables:
        description = tables.described(subject.view, name)
        change = PlannedChange.CREATE
        if description is not None:
            own = ownership(table_thing(subject.view.target, description)).ours
            change = PlannedChange.KEEP if own else PlannedChange.REFUSED
        yield work(name, change)


def work(table: str, change: PlannedChange = PlannedChange.CREATE) -> Planned:
    """A table of the workload's."""
    made_by = "workload (run)"
    return Planned(
        made_by=made_by, type="AWS::DynamoDB::Table", name=table, physical=table, change=change
    )


def sentence(planned: Planned) -> str:
    """`create AWS::S3::Bucket aws-cloudtrail-logs-...`."""
    return f"{planned.change:<8}{planned.type:<26} {planned.physical or planned.name}"


def _foreign(subject: Subject) -> set[tuple[str, str]]:
    """What is in the way, by type and name."""
    stacks = {each.name for each in subject.stacks}
    found = subject.inventory.in_the_way(stacks, of_work=False)
    return {(_TYPES[each.kind], each.name) for each in found if not ownership(each).ours}


def _planned(
    stack: str, name: str, resource: Mapping[str, Any], change: PlannedChange, physical: str
) -> Planned:
    return Planned(
        made_by=f"stack {stack}",
        type=resource["Type"],
        name=name,
        physical=physical,
        change=change,
    )


def _change(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], pseudo: Mapping[str, str]
) -> PlannedChange:
    """How CloudFormation would treat a resource, as far as names and properties show."""
    if before is None:
        return PlannedChange.CREATE
    if before == after:
        return PlannedChange.KEEP
    same = before["Type"] == after["Type"] and _physical(before, pseudo) == _physical(after, pseudo)
    return PlannedChange.CHANGE if same else PlannedChange.REPLACE


def _resources(body: Any) -> dict[str, Any]:
    """The resources of a template. Templates that the lab deploys are JSON."""
    document = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
    return dict(document["Resources"])


def _physical_ids(subject: Subject, stack: str) -> dict[str, str]:
    answer = subject.view.ask("cloudformation:DescribeStackResources", StackName=stack)
    return {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
        for each in answer["StackResources"]
    }


def _pseudo(account: str, region: str, partition: str) -> dict[str, str]:
    return {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition}


def _physical(resource: Mapping[str, Any], pseudo: Mapping[str, str]) -> str:
    properties = resource.get("Properties", {})
    found = (properties[name] for name in _NAMES if name in properties)
    return _text(next(found, ""), pseudo)


def _text(value: Any, pseudo: Mapping[str, str]) -> str:
    """The text of a name, with `Fn::Sub` and `Ref` resolved."""
    if isinstance(value, Mapping):
        value = value.get("Fn::Sub", f"${{{value.get('Ref', '?')}}}")
    return _VARIABLE.sub(lambda found: pseudo.get(found[1], found[0]), str(value))
