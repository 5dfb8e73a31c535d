"""The trail that a CloudFormation template declares, as far as the template shows it.

You have to give what only a deployment knows, such as the name of a bucket that CloudFormation
generates.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cloudtrail.partitions import dns_suffix_of, partition_of
from cloudtrail.trails import (
    DEFAULT_EVENT_SELECTORS,
    CloudTrailException,
    Trail,
    event_selectors_to_api,
)
from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.functions import NotYetKnown, evaluate
from local_aws.cloudformation.language.templates import Template, parse_template
from trail_logs.selecting.choices import Choice, NoSelectorsError, with_selectors

_TRAIL = "AWS::CloudTrail::Trail"
_NAMED = {
    "AWS::DynamoDB::Table": ("TableName", "arn:{partition}:dynamodb:{region}:{account}:table/{}"),
    "AWS::Lambda::Function": (
        "FunctionName",
        "arn:{partition}:lambda:{region}:{account}:function:{}",
    ),
    "AWS::S3::Bucket": ("BucketName", "arn:{partition}:s3:::{}"),
}
"""The property that names a resource, and the ARN of such a resource."""


class TemplateContext(Struct, frozen=True):
    """Where a template would be deployed, and the values of its parameters.

    `values` may also have a resource's name (`Bucket`) or attribute (`Bucket.Arn`).
    """

    account: str | None
    region: str | None
    values: Mapping[str, str]


class _Scope:
    """What the template's names stand for. Raises NotYetKnown for what only a deployment knows."""

    def __init__(self, template: Template, place: TemplateContext) -> None:
        self._template, self.place = template, place

    def ref(self, name: str) -> Any:
        if name in self.place.values:
            return self.place.values[name]
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name)
        declared = (self._template.get("Parameters") or {}).get(name)
        if declared is not None:
            if "Default" not in declared:
                raise NotYetKnown(name)
            return declared["Default"]
        return self._named(name)

    def _pseudo_parameter(self, name: str) -> str | None:
        if name == "AWS::NoValue":
            return None
        region, account = self.place.region, self.place.account
        found = {
            "AWS::AccountId": account,
            "AWS::Partition": partition_of(region or "us-east-1"),
            "AWS::Region": region,
            "AWS::URLSuffix": dns_suffix_of(region or "us-east-1"),
        }.get(name)
        if found is None:
            raise NotYetKnown(name)
        return found

    def attribute(self, logical_id: str, name: str) -> Any:
        told = self.place.values.get(f"{logical_id}.{name}")
        if told is not None:
            return told
        kind = self._resource(logical_id).get("Type")
        if name != "Arn" or kind not in _NAMED:
            raise NotYetKnown(f"{logical_id}.{name}")
        return _NAMED[kind][1].format(
            self.ref(logical_id),
            partition=self.ref("AWS::Partition"),
            region=self.ref("AWS::Region"),
            account=self.ref("AWS::AccountId"),
        )

    def _named(self, logical_id: str) -> Any:
        resource = self._resource(logical_id)
        member, _ = _NAMED.get(resource.get("Type", ""), ("", ""))
        name = evaluate((resource.get("Properties") or {}).get(member), self)
        if name is None:
            raise NotYetKnown(logical_id)
        return name

    def _resource(self, logical_id: str) -> Mapping[str, Any]:
        found = (self._template.get("Resources") or {}).get(logical_id)
        if not isinstance(found, dict):
            raise NotYetKnown(logical_id)
        return found

    def condition(self, name: str) -> bool:
        declared = self._template.get("Conditions") or {}
        if name not in declared:
            raise NotYetKnown(name)
        return bool(evaluate(declared[name], self))

    def mapped(self, name: str, top: str, second: str) -> Any:
        try:
            return self._template["Mappings"][name][top][second]
        except (KeyError, TypeError):
            raise NotYetKnown(f"{name}.{top}.{second}") from None

    def exported(self, name: str) -> str:
        raise NotYetKnown(name)

    def zones(self, region: str) -> list[str]:
        raise NotYetKnown(f"the Availability Zones of {region}")


def choice_of_template(
    path: Path, place: TemplateContext, logical_id: str | None, bucket: str | None
) -> Choice:
    """The selectors of the template's trail; `logical_id` names one if there are several.

    `bucket` is the trail's, if the template does not name it.

    Raises NoSelectorsError and OSError.
    """
    try:
        template = parse_template(path.read_text())
        scope = _Scope(template, place)
        logical_id, properties = _trail(template, scope, logical_id)
        bucket = _known(properties.get("S3BucketName"), scope) or bucket
        return _choice(f"{path} {logical_id}", _Declared(logical_id, properties, scope), bucket)
    except NotYetKnown as unknown:
        told = {"AWS::AccountId": "--account ID", "AWS::Region": "--region NAME"}
        say = told.get(str(unknown), f"--parameter {unknown}=VALUE")
        raise NoSelectorsError(
            f"{path}: the trail depends on {unknown}, which only a deployment knows: give {say}."
        ) from unknown
    except (ValidationError, CloudTrailException, NoSelectorsError, UnicodeDecodeError) as error:
        raise NoSelectorsError(f"{path}: {error}") from error


def _trail(template: Template, scope: _Scope, wanted: str | None) -> tuple[str, Mapping[str, Any]]:
    resources = template.get("Resources") or {}
    trails = {
        name: definition.get("Properties") or {}
        for name, definition in resources.items()
        if isinstance(definition, dict)
        and definition.get("Type") == _TRAIL
        and ("Condition" not in definition or scope.condition(definition["Condition"]))
    }
    if wanted is None and len(trails) == 1:
        return next(iter(trails.items()))
    if wanted is not None and wanted in trails:
        return wanted, trails[wanted]
    there = ", ".join(trails) or "none"
    got = f"got {wanted!r}" if wanted else "choose one with --trail"
    raise NoSelectorsError(f"wanted one trail, the template has {there}: {got}.")


class _Declared(Struct, frozen=True):
    """A trail as a template declares it."""

    logical_id: str
    properties: Mapping[str, Any]
    scope: _Scope

    def get(self, member: str, default: Any) -> Any:
        """A property's value. Raises NotYetKnown."""
        found = evaluate(self.properties.get(member), self.scope)
        return default if found is None else found

    def is_true(self, member: str, *, default: bool) -> bool:
        """Whether a property is true; templates also write that as text."""
        return str(self.get(member, default)).lower() == "true"


def _choice(name: str, declared: _Declared, bucket: str | None) -> Choice:
    place, scope = declared.scope.place, declared.scope
    is_multi_region = declared.is_true("IsMultiRegionTrail", default=False)
    trail = Trail(
        name=declared.get("TrailName", declared.logical_id),
        home_region=place.region or ("us-east-1" if is_multi_region else scope.ref("AWS::Region")),
        account_id=place.account or "000000000000",
        bucket=bucket or "",
        prefix=_known(declared.properties.get("S3KeyPrefix"), scope) or "",
        is_multi_region=is_multi_region,
        include_global_service_events=declared.is_true("IncludeGlobalServiceEvents", default=True),
        is_organization_trail=place.account is None
        or declared.is_true("IsOrganizationTrail", default=False),
    )
    selectors = {
        member: declared.get(member, [])
        for member in ("EventSelectors", "AdvancedEventSelectors", "InsightSelectors")
    }
    selectors = {member: given for member, given in selectors.items() if given}
    if not _EVENT_SELECTORS & selectors.keys():
        selectors["EventSelectors"] = event_selectors_to_api(DEFAULT_EVENT_SELECTORS)
    return Choice(name, with_selectors(trail, selectors), bucket)


_EVENT_SELECTORS = {"EventSelectors", "AdvancedEventSelectors"}


def _known(value: Any, scope: _Scope) -> str | None:
    """The value, or None if only a deployment knows it."""
    try:
        found = evaluate(value, scope)
    except NotYetKnown:
        return None
    return None if found is None else str(found)
