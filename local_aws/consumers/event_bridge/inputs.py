"""What a rule's target gets of an event: all of it, a part, a constant, or a filled-in template.

Source: EventBridge User Guide, "EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["at_path", "target_input", "whole"]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]|(\[\*\])")
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|<[\w.-]+>|.', re.DOTALL)
_NAME = re.compile(r"<([\w.-]+)>")
_INGESTION = "ingestion-time"


def whole(event: Mapping[str, Any]) -> str:
    """The whole event as JSON."""
    return json.dumps(_plain(event))


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != _INGESTION}


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """The text that a target gets: JSON, unless its template makes something else."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        return json.dumps(at_path(_plain(event), target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return whole(event)
    paths = transformer.get("InputPathsMap") or {}
    values = {name: at_path(event, path) for name, path in paths.items()}
    return _filled(transformer["InputTemplate"], values | _predefined(event, rule_arn))


def at_path(event: Any, path: str) -> Any:
    """The value at a JSON path such as `$.detail.list[0]`, None if there is none.

    `[*]` gives a list of what the rest of the path finds in each element.
    """
    return _at(event, _STEP.findall(path))


def _at(found: Any, steps: Sequence[tuple[str, str, str, str]]) -> Any:
    if not steps:
        return found
    (name, index, quoted, star), *rest = steps
    is_list = isinstance(found, Sequence) and not isinstance(found, str)
    if star:
        values = [_at(each, rest) for each in found] if is_list else []
        return [each for each in values if each is not None] or None
    if index:
        return _at(found[int(index)], rest) if is_list and int(index) < len(found) else None
    return _at(found.get(name or quoted), rest) if isinstance(found, Mapping) else None


def _predefined(event: Mapping[str, Any], rule_arn: str) -> dict[str, Any]:
    plain = _plain(event)
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": event.get(_INGESTION),
        "aws.events.event": {name: each for name, each in plain.items() if name != "detail"},
        "aws.events.event.json": plain,
    }


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its `<names>` replaced: by text in a string, by JSON elsewhere."""

    def in_string(name: re.Match[str]) -> str:
        if name[1] not in values:
            return name[0]
        value = values[name[1]]
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
        return json.dumps(text)[1:-1]

    def filled(piece: str) -> str:
        if piece.startswith('"'):
            return _NAME.sub(in_string, piece)
        name = piece[1:-1]
        if not piece.startswith("<") or name not in values:
            return piece
        return json.dumps("" if values[name] is None else values[name])

    return "".join(filled(piece) for piece in _PIECE.findall(template))
