"""What a template's names stand for: parameters, conditions, mappings, resources, exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.parsing import Export

from cloudtrail.partitions import dns_suffix_of, partition_of
from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.dynamic_references import (
    Stores,
    check_references,
    with_parameters,
)
from local_aws.cloudformation.language.functions import NotYetKnown, check, evaluate
from local_aws.cloudformation.language.parameters import check_rules, value_of
from local_aws.cloudformation.language.references import imports
from local_aws.cloudformation.language.values import text
from local_aws.cloudformation.stacks import Output, Resource, Stack, StackInput


class Resolver:
    """Resolves a template's values: the scope in which its functions are evaluated.

    `resources` are the existing ones by logical id; others are not yet known. `look` gives a
    resource's attribute.
    """

    def __init__(
        self,
        stack: Stack,
        wanted: StackInput,
        resources: Mapping[str, Resource],
        exports: Mapping[str, Export],
        stores: Stores,
        look: Callable[[Resource, str], Any],
    ) -> None:
        self._stack = stack
        self._template = wanted.template
        self._resources = dict(resources)
        self._exports = exports
        self._stores = stores
        self._look = look
        self._conditions: dict[str, bool | None] = {}
        self._block = "Resources"
        self._values = {**_pseudo_parameters(stack, wanted), **self._parameters(wanted)}
        check_rules(self._template.get("Rules") or {}, self)

    def _parameters(self, wanted: StackInput) -> dict[str, Any]:
        return {
            name: self._with_parameters(value_of(slot, wanted.values[name], self._stored))
            for name, slot in (self._template.get("Parameters") or {}).items()
        }

    def _stored(self, name: str) -> tuple[str, str]:
        found = self._stores.parameter(name)
        if found is None:
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            )
        return found

    def _with_parameters(self, value: Any) -> Any:
        return with_parameters(value, self._stores)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What `Ref` gives for the template's parameters, by name."""
        return {name: self._values[name] for name in self._template.get("Parameters") or {}}

    def add(self, logical_id: str, resource: Resource) -> None:
        """Let later values refer to a resource."""
        self._resources[logical_id] = resource

    # --- the scope of functions ----------------------------------------------------------

    def ref(self, name: str) -> Any:
        """The value of a parameter, or a resource's physical id."""
        if name in self._values:
            return self._values[name]
        return self._resource(name).physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """A resource's attribute."""
        return self._look(self._resource(logical_id), name)

    def _resource(self, name: str) -> Resource:
        if name in self._resources:
            return self._resources[name]
        definition = self._template["Resources"].get(name)
        if definition is not None and self.holds(definition):
            raise NotYetKnown(name)
        # A name that the template nowhere has gives another error, "Template format error" (moto's
        # test of permanent_output_conditional_value, verified on AWS).
        raise ValidationError(
            f"Unresolved resource dependencies [{name}] in the {self._block} block of the template"
        )

    def condition(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        if name not in self._conditions:
            self._conditions[name] = None
            declared = self._template.get("Conditions") or {}
            if name not in declared:
                raise ValidationError(
                    f"Template error: unresolved condition dependency {name} in Fn::If"
                )
            self._conditions[name] = bool(evaluate(declared[name], self))
        held = self._conditions[name]
        if held is None:
            raise ValidationError(f"Template error: Found circular condition dependency on {name}")
        return held

    def mapped(self, name: str, top: str, second: str) -> Any:
        """A value of a mapping."""
        mappings = self._template.get("Mappings") or {}
        if name not in mappings:
            raise ValidationError(
                f"Template error: Mapping named '{name}' is not present in the 'Mappings' section "
                "of template."
            )
        try:
            return mappings[name][top][second]
        except (KeyError, TypeError):
            raise ValidationError(
                f"Template error: Unable to get mapping for {name}::{top}::{second}"
            ) from None

    def exported(self, name: str) -> str:
        """The value of an export. `missing_exports` has been checked before."""
        if name not in self._exports:
            raise NotYetKnown(name)
        return str(self._exports[name].value)

    def zones(self, region: str) -> list[str]:
        """The names of a Region's Availability Zones."""
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        zones = RegionsAndZonesBackend.zones.get(region)
        if not zones:
            raise ValidationError(
                f"Template validation error: Invalid value {region} for Fn::GetAZs: no such Region"
            )
        return [zone.name for zone in zones]

    # --- what the engine calls -----------------------------------------------------------

    def holds(self, definition: Mapping[str, Any]) -> bool:
        """Whether the condition of a resource or output holds; true without one."""
        condition = definition.get("Condition")
        return condition is None or self.condition(condition)

    def given(self, definition: Mapping[str, Any]) -> list[str]:
        """The names of a resource's properties, without those that are `AWS::NoValue`."""
        properties = definition.get("Properties", {})
        return [
            name for name in properties if self._chosen(properties[name]) != {"Ref": "AWS::NoValue"}
        ]

    def resolve(self, value: Any) -> Any:
        """The value without functions, `AWS::NoValue` and references to `ssm`.

        References to secrets stay. Raises ValidationError if something has no value.
        """
        return self._with_parameters(self.evaluate(value))

    def evaluate(self, value: Any) -> Any:
        """The value without functions and `AWS::NoValue`."""
        try:
            return evaluate(value, self)
        except NotYetKnown as error:
            raise ValidationError(
                f"Template error: {error} does not exist when its value is needed"
            ) from error

    def check(self) -> None:
        """Raise ValidationError for what CloudFormation refuses before it creates anything."""
        for definition in self._wanted("Resources"):
            properties = definition.get("Properties", {})
            check(properties, self)
            check_references(definition["Type"], properties)
            self._with_parameters(properties)
        self._block = "Outputs"
        for definition in self._wanted("Outputs"):
            check([definition.get("Value"), definition.get("Export", {}).get("Name")], self)

    def _wanted(self, section: str) -> list[Mapping[str, Any]]:
        found = (self._template.get(section) or {}).values()
        return [definition for definition in found if self.holds(definition)]

    def imports(self) -> set[str]:
        """Names of the exports that the template imports."""
        wanted = [*self._wanted("Resources"), *self._wanted("Outputs")]
        return {text(self.evaluate(name)) for name in imports(self._chosen(wanted))}

    def _chosen(self, value: Any) -> Any:
        """The value with only the chosen branch of each `Fn::If`."""
        if isinstance(value, list):
            return [self._chosen(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"Fn::If"}:
            name, then, otherwise = value["Fn::If"]
            return self._chosen(then if self.condition(name) else otherwise)
        return {key: self._chosen(item) for key, item in value.items()}

    def missing_exports(self) -> list[str]:
        """Names of the exports that the template imports and nothing exports."""
        return sorted(self.imports() - set(self._exports))

    def outputs(self) -> list[Output]:
        """The outputs of the template whose condition holds."""
        self._block = "Outputs"
        return [
            self._output(key, definition)
            for key, definition in (self._template.get("Outputs") or {}).items()
            if self.holds(definition)
        ]

    def _output(self, key: str, definition: Mapping[str, Any]) -> Output:
        """An output; dynamic references in it stay as they are."""
        export = definition.get("Export")
        value = self.evaluate(definition["Value"])
        if isinstance(value, list | Mapping):
            raise ValidationError(
                "Template format error: The Value field of every Outputs member must evaluate to a "
                "String."
            )
        return Output(
            key=key,
            value=text(value),
            description=definition.get("Description"),
            export=text(self.evaluate(export["Name"])) if export else None,
        )


def _pseudo_parameters(stack: Stack, wanted: StackInput) -> dict[str, Any]:
    return {
        "AWS::AccountId": stack.account_id,
        "AWS::NoValue": None,
        "AWS::NotificationARNs": list(wanted.notification_arns),
        "AWS::Partition": partition_of(stack.region_name),
        "AWS::Region": stack.region_name,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": dns_suffix_of(stack.region_name),
    }
