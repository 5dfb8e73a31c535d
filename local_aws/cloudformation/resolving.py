"""Intrinsic functions: moto's evaluator, over resources that exist already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.parsing import Export, ResourceMap, clean_json

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.stacks import Output, Resource, Stack, StackInput
from local_aws.cloudformation.templates import Template, imports


class Resolver(ResourceMap):
    """Resolves a template's values; unlike moto's own map it never creates a resource.

    `resources` are those that exist, by logical id.
    """

    def __init__(
        self,
        stack: Stack,
        wanted: StackInput,
        resources: Mapping[str, Resource],
        exports: Mapping[str, Export],
    ) -> None:
        super().__init__(
            stack.stack_id,
            stack.name,
            _with_defaults(wanted.template, wanted.parameters),
            dict(wanted.tags),
            stack.region_name,
            stack.account_id,
            wanted.template,
            dict(exports),
        )
        self._parsed_resources["AWS::NotificationARNs"] = list(wanted.notification_arns)
        self._parsed_resources.update(resources)
        self._load()

    def _load(self) -> None:
        self.load_mapping()
        self.transform_mapping()
        try:
            self.load_parameters()
        except AttributeError as error:  # moto: None, where the SSM parameter does not exist
            raise ValidationError(
                "Unable to fetch parameters from parameter store for this account."
            ) from error
        self.load_conditions()

    def __getitem__(self, key: str) -> Any:
        """The resource, parameter or mapping of a name."""
        if key not in self._parsed_resources:
            raise ValidationError(
                f"Unresolved resource dependencies [{key}] in the Resources block of the template"
            )
        return self._parsed_resources[key]

    def add(self, logical_id: str, resource: Resource) -> None:
        """Let later values refer to a resource."""
        self._parsed_resources[logical_id] = resource

    def holds(self, definition: Mapping[str, Any]) -> bool:
        """Whether the condition of a resource or output holds; true without one."""
        condition = definition.get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def resolve(self, value: Any) -> Any:
        """The value without intrinsic functions and without `AWS::NoValue`.

        Raises ValidationError for a function that is unknown or gives nothing.
        """
        resolved = _without_nothing(clean_json(value, self))
        left = _function_left(resolved)
        if left:
            raise ValidationError(f"Template error: {left} could not be resolved by the local AWS")
        return resolved

    def imports(self) -> set[str]:
        """Names of the exports that the template imports."""
        sections = [self._template.get(name, {}) for name in ("Resources", "Outputs")]
        wanted = [item for part in sections for item in part.values() if self.holds(item)]
        return {str(self.resolve(name)) for name in imports(wanted)}

    def outputs(self) -> list[Output]:
        """The outputs of the template whose condition holds."""
        return [
            self._output(key, definition)
            for key, definition in (self._template.get("Outputs") or {}).items()
            if self.holds(definition)
        ]

    def _output(self, key: str, definition: Mapping[str, Any]) -> Output:
        export = definition.get("Export")
        return Output(
            key=key,
            value=_text(self.resolve(definition.get("Value"))),
            description=definition.get("Description"),
            export=str(self.resolve(export["Name"])) if export else None,
        )


def _with_defaults(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value; moto splits lists only where a value is given."""
    slots = template.get("Parameters") or {}
    defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
    return {**defaults, **values}


def _without_nothing(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nothing(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return value


def _function_left(value: Any) -> str | None:
    items = value if isinstance(value, list) else []
    if isinstance(value, dict):
        name = next((key for key in value if str(key).startswith("Fn::")), None)
        if name:
            return f"{name} {value[name]}"
        items = list(value.values())
    return next((left for left in map(_function_left, items) if left), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
