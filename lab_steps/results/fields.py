"""The reference of the result document, written from its types: `docs/result.md`.

`make schema` renews it and the JSON Schema (`python -m lab_steps.results.fields [schema]` writes
either to stdout); tests keep both up to date.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from lab_steps.checking.finding import ApiAnswer, LogObject, LogRecord, NextAction, Outcome, Probe
from lab_steps.results.delivered import (
    EventCount,
    Observed,
    ObservedEvent,
    ObservedObject,
    ObservedTrail,
)
from lab_steps.results.result import (
    AthenaQuery,
    AthenaUse,
    Place,
    Result,
    RunCalls,
    StepResult,
    schema_text,
)
from lab_steps.stopwatch import Timing

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    Result,
    Place,
    StepResult,
    NextAction,
    ApiAnswer,
    LogRecord,
    LogObject,
    Probe,
    Timing,
    AthenaUse,
    AthenaQuery,
    RunCalls,
    Observed,
    ObservedTrail,
    ObservedEvent,
    EventCount,
    ObservedObject,
)

INTRODUCTION = """\
# The result document

What `run`, `check` and `report` print with `--format json`, what `report --from` reads and
what a bundle holds as `result.json`. Its JSON Schema is `lab_steps/results/result.schema.json`
(draft 2020-12). Times are ISO 8601 in UTC. `schema_version` is raised when a field changes
its meaning or goes away; new fields may come within a version, so readers ignore what they
do not know.

Written from the types in `lab_steps/results/result.py`, `lab_steps/results/delivered.py` and
`lab_steps/checking/finding.py` by `make schema`, which also renews the JSON Schema.

## Outcomes

"""

MEANINGS = {
    Outcome.PASS: "the lab does what the step asks",
    Outcome.NOT_APPLICABLE: "the step asks for something that is not available here, and "
    "`rationale` says why; it counts as passed",
    Outcome.FAIL: "it does not; `expected`, `actual`, `rationale` and `next_action` say more",
    Outcome.PENDING: "too early to say: log files are due between `since` and `until`",
    Outcome.BLOCKED: "the step `blocked_by` must pass first",
    Outcome.ERROR: "the check could not be made; this says nothing about the lab",
}


def document() -> str:
    """`docs/result.md`."""
    outcomes = "".join(f"- **{outcome}**: {meaning}\n" for outcome, meaning in MEANINGS.items())
    return INTRODUCTION + outcomes + "".join(_section(each) for each in STRUCTS)


def _section(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    heading = f"\n## {struct.__name__}\n\n{_first_paragraph(struct)}\n"
    if tag:
        heading += f'\nOne kind of `evidence`: its `type` is `"{tag}"`.\n'
    rows = "".join(_rows(struct))
    return f"{heading}\n| field | type | required | meaning |\n|---|---|---|---|\n{rows}"


def _first_paragraph(struct: type[msgspec.Struct]) -> str:
    return " ".join(inspect.cleandoc(struct.__doc__ or "").split("\n\n")[0].split())


def _rows(struct: type[msgspec.Struct]) -> Iterator[str]:
    hints = get_type_hints(struct, include_extras=True)
    for each in msgspec.structs.fields(struct):
        required = "yes" if each.required else "no"
        hint, meta = get_args(hints[each.name])
        yield f"| `{each.name}` | {_type(hint)} | {required} | {meta.description} |\n"


_NAMES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    datetime: "time",
    type(None): "null",
    Any: "any",
    Outcome: "[outcome](#outcomes)",
}


def _type(hint: Any) -> str:
    if hint in _NAMES:
        return _NAMES[hint]
    inside = [each for each in get_args(hint) if each is not ...]
    if get_origin(hint) in {Union, types.UnionType}:
        return " or ".join(_type(each) for each in inside)
    if get_origin(hint) is tuple:
        return f"list of {_type(inside[0])}"
    if get_origin(hint) is dict:
        return f"object of {_type(inside[1])}"
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


if __name__ == "__main__":
    sys.stdout.write(schema_text() if sys.argv[1:] == ["schema"] else document())
