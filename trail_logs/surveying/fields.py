"""The paths of records' fields, and which one a person probably meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

_MOST_DEEP = 12
_ALIKE = 0.7
"""How similar two names must be, from 0 to 1, for one to be taken as the other."""


def paths_of(records: Iterable[bytes]) -> list[str]:
    """The paths of all scalars in the records, each once, in the order of their first
    appearance."""
    return list(
        dict.fromkeys(path for record in records for path in _paths(json.loads(record), "", 0))
    )


def _paths(value: Any, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth < _MOST_DEEP:
        for name, part in value.items():
            yield from _paths(part, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list) and depth < _MOST_DEEP:
        for index, part in enumerate(value):
            yield from _paths(part, f"{path}[{index}]", depth + 1)
    elif value is not None and path:
        yield path


def meant(path: str, known: Iterable[str]) -> str:
    """The known path that was probably meant by `path`; empty if none is similar.

    `path` may differ in case, be a part of it (`tableName`, `userIdentity`), or be misspelled.
    """
    by_name = {each.lower(): each for each in reversed([*known])}
    asked = path.lower()
    if asked in by_name:
        return by_name[asked]
    inside = [each for name, each in by_name.items() if name.startswith((f"{asked}.", f"{asked}["))]
    ending = [each for name, each in by_name.items() if name.endswith(f".{asked}")]
    if ending or inside:
        return min(ending or inside, key=len)
    near = difflib.get_close_matches(asked, by_name, n=1, cutoff=_ALIKE)
    return by_name[near[0]] if near else ""
