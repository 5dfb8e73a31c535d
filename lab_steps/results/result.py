"""The result of a verb as a document: what `--format json` prints, and its JSON Schema."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from lab_steps import documents
from lab_steps.checking.finding import Evidence, Finding, NextAction, Outcome
from lab_steps.documents import Document, DocumentError
from lab_steps.errors import ExitCode
from lab_steps.results.delivered import Observed
from lab_steps.results.redaction import redacted_in
from lab_steps.walkthrough.lab import PARTS, find_step

SCHEMA_VERSION = 1
SCHEMA_ID = "https://cloudtrail-lab.example/result.schema.json"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which lab was looked at. `kind` is `on-the-spot`, `endpoint` or `account`."""

    title: str
    kind: str
    account: str
    region: str
    endpoint_url: str | None = None


class StepResult(Document, frozen=True, kw_only=True):
    """One step and what was found; the fields from `outcome` on are those of a finding."""

    number: int
    title: str
    part: str
    outcome: Outcome
    expected: str
    actual: str
    rationale: str = ""
    next_action: NextAction | None = None
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    blocked_by: int | None = None


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went. Parts may run at the same time."""

    what: str
    seconds: float


class AthenaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query that a check started. `dollars` is what its scan costs by the list price."""

    query_id: str
    state: str
    bytes_scanned: int
    dollars: float


class AthenaUse(msgspec.Struct, frozen=True, kw_only=True):
    """What log files were asked through, in place of being fetched, and what that costs."""

    workgroup: str
    database: str
    queries: tuple[AthenaQuery, ...]
    bytes_scanned: int
    dollars: float
    dollars_per_terabyte: float
    prices_as_of: str


class Result(Document, frozen=True, kw_only=True):
    """What `run` and `check` found. `counts` has every outcome, zero ones too.

    `observed`, which the findings do not rest on, is there where a report needs it; `athena`
    where log files were asked through Athena.
    """

    schema_version: int = SCHEMA_VERSION
    verb: str
    place: Place
    settings: dict[str, str]
    started: datetime
    finished: datetime
    exit_code: int
    counts: dict[str, int]
    steps: tuple[StepResult, ...]
    timings: tuple[Timing, ...] = ()
    observed: Observed | None = None
    athena: AthenaUse | None = None


def decoded(data: bytes) -> Result:
    """The result that `data` is the JSON of, when it says the same everywhere.

    Raises DocumentError.
    """
    result = documents.decoded(data, Result, "schema_version")
    found = dict(enumerate(result.steps))
    if (result.counts, result.exit_code) != (count(found), exit_code(found)):
        raise DocumentError("its counts and exit code are not those of its steps")
    for trail in result.observed.trails if result.observed else ():
        for event in trail.events:
            _require_time(event.event_time)
    return result


def _require_time(text: str) -> None:
    try:
        documents.require_time(datetime.fromisoformat(text))
    except ValueError as error:
        raise DocumentError(f"an event has the time {text!r}") from error


def without_secrets(result: Result) -> Result:
    """`result` without session tokens and secret keys in any text."""
    return msgspec.convert(redacted_in(msgspec.to_builtins(result)), Result)


def step_results(findings: Mapping[int, Finding]) -> tuple[StepResult, ...]:
    """Findings by step number as results, in the same order."""
    return tuple(_step_result(number, finding) for number, finding in findings.items())


def count(findings: Mapping[int, Finding | StepResult]) -> dict[str, int]:
    """How many steps have each outcome."""
    counted = Counter(finding.outcome for finding in findings.values())
    return {outcome.value: counted[outcome] for outcome in Outcome}


def exit_code(findings: Mapping[int, Finding | StepResult]) -> ExitCode:
    """The process's exit code: a failure tells more than an error, an error than a wait."""
    outcomes = {finding.outcome for finding in findings.values()}
    for outcome, code in (
        (Outcome.FAIL, ExitCode.FAILED),
        (Outcome.ERROR, ExitCode.CANNOT_LOOK),
        (Outcome.PENDING, ExitCode.PENDING),
        # Only where the step that blocks was not among those asked for.
        (Outcome.BLOCKED, ExitCode.FAILED),
    ):
        if outcome in outcomes:
            return code
    return ExitCode.PASSED


def schema() -> dict[str, Any]:
    """The JSON Schema of `Result`, made from the types themselves."""
    made = _tidied(msgspec.json.schema(Result))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "The result of `python -m lab_steps run|check --format json`",
        **made,
    }


def schema_text() -> str:
    """`lab_steps/results/result.schema.json`."""
    return json.dumps(schema(), indent=2) + "\n"


def _tidied(part: Any) -> Any:
    """`part` as JSON has it, with the docstrings' indentation taken from descriptions."""
    if isinstance(part, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" else _tidied(value)
            for key, value in part.items()
        }
    return [_tidied(each) for each in part] if isinstance(part, list | tuple) else part


def _step_result(number: int, finding: Finding) -> StepResult:
    part = next(name for name, steps in PARTS.items() if any(s.number == number for s in steps))
    return StepResult(
        number=number,
        title=find_step(number).title,
        part=part,
        **{name: getattr(finding, name) for name in finding.__struct_fields__},
    )
