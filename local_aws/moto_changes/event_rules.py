"""EventBridge rules that hand on whole events, and whose wildcards take no time.

A target without an input transformer gets the event as it is (EventBridge user guide,
eb-transform-target-input); moto leaves out its `account`, and spends several milliseconds.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from cloudtrail.wildcards import Wildcard, matches
from local_aws.moto_changes.first_use import on_first_use

_STAR = re.compile(r"\\([*\\])|(\*)|(.)", re.DOTALL)


def install(patches: ExitStack) -> None:
    """Correct moto's rules once EventBridge is first used, until `patches` is closed."""
    on_first_use(patches, frozenset({"events", "cloudformation"}), _install_now)


def _install_now(patches: ExitStack) -> None:
    from moto.events.models import EventPattern
    from moto.events.utils import EventTemplateParser

    transform = EventTemplateParser.parse

    def parse(
        input_template: str | None, input_paths_map: dict[str, Any], event: Any
    ) -> dict[str, Any]:
        if input_template:
            return transform(input_template, input_paths_map, event)
        return {name: value for name, value in event.items() if name != "ingestion-time"}

    patches.enter_context(patch.object(EventTemplateParser, "parse", staticmethod(parse)))
    patches.enter_context(patch.object(EventPattern, "_wildcard_match", staticmethod(_is_like)))


def _is_like(item: object, pattern: str) -> bool:
    """A `wildcard` of an event pattern: `*` is any run of characters, a backslash escapes.

    Source: EventBridge user guide, eb-create-pattern-operators.
    """
    symbols = [
        Wildcard.ANY if star else escaped or other
        for escaped, star, other in _STAR.findall(pattern)
    ]
    return isinstance(item, str) and matches(symbols, item)
