"""The reference of the result document, written from its types: `docs/result.md`.

`make schema` renews it and the JSON Schema (`python -m lab_steps.results.fields [schema]`
writes either to stdout); tests keep both in step.
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
from lab_steps.results.delivered import Observed, ObservedEvent, ObservedObject, ObservedTrail
from lab_steps.results.result import (
    AthenaQuery,
    AthenaUse,
    Place,
    Result,
    StepResult,
    schema_text,
)

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    Result,
    Place,
    StepResult,
    NextAction,
    ApiAnswer,
    LogRecord,
    LogObject,
    Probe,
    AthenaUse,
    AthenaQuery,
    Observed,
    ObservedTrail,
    ObservedEvent,
    ObservedObject,
)

INTRODUCTION = """\
# The result document

What `run`, `check` and `report` print with `--format json`, what `report --from` reads and
what a bundle holds as `result.json`. Its JSON Schema is `lab_steps/results/result.schema.json`
(draft 2020-12). Times are ISO 8601 in UTC. `schema_version` is raised when a field changes
its meaning or goes away; new fields may come within a version, so readers ignore what they
do not know.

Written from the types in `lab_steps/results/result.py`, `outcomes.py` and `observed.py` by
`make schema`, which also renews the JSON Schema.

## Outcomes

"""

MEANINGS = {
    Outcome.PASS: "the lab does what the step asks",
    Outcome.FAIL: "it does not; `expected`, `actual`, `rationale` and `next_action` say more",
    Outcome.PENDING: "it is too early to say: log files are due between `since` and `until`",
    Outcome.BLOCKED: "the step `blocked_by` must pass first",
    Outcome.ERROR: "the check could not look; nothing is said about the lab",
}

FIELDS = {
    "Result": {
        "schema_version": "version of this document's form",
        "verb": "`run` or `check`",
        "place": "which lab was looked at",
        "settings": "the lab's settings `suffix` and `prefix`",
        "started": "when the verb began",
        "finished": "when the last step was judged",
        "exit_code": "what the process says to the shell: 0 passed, 1 failed, 3 could not be "
        "checked, 4 pending",
        "counts": "how many steps have each outcome, zero ones too",
        "steps": "the steps that were asked for, in the walkthrough's order",
        "timings": "where the time went; parts may run at the same time",
        "observed": "what both trails delivered; only in results made for a report or a bundle",
        "athena": "the queries and their price; only with `--engine athena`",
    },
    "Place": {
        "title": "what people call it",
        "kind": "`on-the-spot` (a local AWS started for the run), `endpoint` or `account`",
        "account": "12 digits",
        "region": "the lab's region",
        "endpoint_url": "where calls went; null for AWS itself",
    },
    "StepResult": {
        "number": "1 to 38, the walkthrough's own number",
        "title": "the step in a few words",
        "part": "the part of the walkthrough that it belongs to",
        "outcome": "one of the five",
        "expected": "what must be true",
        "actual": "what was found",
        "rationale": "why it matters, or why the actual is not the expected; may be empty",
        "next_action": "the one thing to do next; there for FAIL, PENDING and BLOCKED",
        "evidence": "what proves it, each told apart by `type`",
        "since": "PENDING: since when a delivery is waited for",
        "until": "PENDING: until when it is due",
        "blocked_by": "BLOCKED: the number of the step that must pass first",
    },
    "NextAction": {
        "console": "what to do in the AWS console",
        "command": "the same with the AWS CLI, or a command of this lab",
    },
    "ApiAnswer": {
        "operation": "`service:Operation`",
        "answer": "the part of its answer that matters",
    },
    "LogRecord": {
        "bucket": "the trail's bucket",
        "key": "the log file's key",
        "event_id": "the record's eventID",
        "event_name": "its eventName",
        "event_time": "its eventTime",
        "record": "an excerpt of the record, as it is in the file",
    },
    "LogObject": {
        "bucket": "the trail's bucket",
        "key": "the object's key",
        "note": "what is remarkable about it; may be empty",
    },
    "Probe": {
        "event": "the event that the check made up: service, name, kind",
        "recorded": "whether the trail's selectors record it",
        "reason": "why, in one sentence",
    },
    "Timing": {"what": "the part", "seconds": "how long it took"},
    "AthenaUse": {
        "workgroup": "where the queries ran",
        "database": "of the tables",
        "queries": "all that were started, failed ones too: one for each look at the log files",
        "bytes_scanned": "of all queries",
        "dollars": "of all queries",
        "dollars_per_terabyte": "the price that was reckoned with",
        "prices_as_of": "the month of that price",
    },
    "AthenaQuery": {
        "query_id": "Athena's QueryExecutionId",
        "state": "`SUCCEEDED`, `FAILED` or `CANCELLED`; another state is the last one known",
        "bytes_scanned": "DataScannedInBytes",
        "dollars": "by the list price: whole megabytes, ten at least",
    },
    "Observed": {"trails": "the management trail and the data trail"},
    "ObservedTrail": {
        "trail": "the trail's name",
        "expected": "the names of the events that the lab looks for in this trail",
        "bucket": "its bucket; empty when there is a problem",
        "events": "the latest recorded events, in order of time",
        "more_events": "how many earlier ones there are besides",
        "objects": "the latest objects of its log location, by key",
        "more_objects": "how many earlier ones there are besides",
        "problem": "why nothing is shown; empty when something is",
    },
    "ObservedEvent": {
        "event_time": "eventTime",
        "event_name": "eventName; for an Insights event, the API's that it is about",
        "event_source": "eventSource",
        "category": "`Management`, `Data` or `Insight`",
        "read_only": "readOnly",
        "event_id": "eventID",
        "key": "the log file's key",
        "error_code": "errorCode of a denied or failed call, else null",
        "record": "the whole record, for the latest few events of every name, else null",
    },
    "ObservedObject": {
        "key": "the object's key",
        "size": "bytes",
        "damage": "why it cannot be read; empty for a whole log file",
    },
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
    hints = get_type_hints(struct)
    for each in msgspec.structs.fields(struct):
        required = "yes" if each.required else "no"
        meaning = FIELDS[struct.__name__][each.name]
        yield f"| `{each.name}` | {_type(hints[each.name])} | {required} | {meaning} |\n"


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
