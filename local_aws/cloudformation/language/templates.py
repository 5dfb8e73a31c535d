"""Templates as values: the dictionary from a JSON or YAML text.

`Fn::GetAtt` is in its list form, and YAML's short functions are in their long form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml  # type: ignore[import-untyped]

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.values import text

Template = dict[str, Any]

TEMPLATE_BODY_LIMIT = 51_200
"""Bytes of a `TemplateBody`; larger templates need a `TemplateURL`."""


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # untyped
    """YAML with CloudFormation's short function tags; dates stay text."""


def _short_function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_function)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_template(body: str) -> Template:
    """Read a template's JSON or YAML text.

    Raises ValidationError if the text is neither, or not a JSON object.
    """
    try:
        template = json.loads(body)
    except ValueError:
        template = _parse_yaml(body)
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    nothing = next(_nulls(template), None)
    if nothing is not None:
        raise ValidationError(f"[{nothing}] 'null' values are not allowed in templates")
    normalised: Template = _with_attribute_lists(template)
    return normalised


def _nulls(value: Any, path: str = "") -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if item is None:
            yield f"{path}/{key}"
        elif isinstance(item, dict | list) and key != "Metadata":
            yield from _nulls(item, f"{path}/{key}")


def _parse_yaml(body: str) -> Any:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"Template format error: YAML not well-formed.{where}") from error


def _with_attribute_lists(value: Any) -> Any:
    """The value with every `Fn::GetAtt` as `[logical id, attribute]`."""
    if isinstance(value, list):
        return [_with_attribute_lists(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::GetAtt"}:
        return {"Fn::GetAtt": _attribute_list(value["Fn::GetAtt"])}
    return {text(key): _with_attribute_lists(item) for key, item in value.items()}


def _attribute_list(argument: Any) -> list[Any]:
    parts = argument.split(".") if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
            "resource name and the resource attribute"
        )
    if all(isinstance(part, str) for part in parts):
        return [parts[0], ".".join(parts[1:])]
    return [parts[0], *map(_with_attribute_lists, parts[1:])]
