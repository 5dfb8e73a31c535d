"""The result of a verb as a document: what `--format json` prints, and its JSON Schema."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lab_steps import documents
from lab_steps.checking.finding import Evidence, Finding, NextAction, Outcome, worst
from lab_steps.credential_redaction import redacted_in
from lab_steps.documents import Document, DocumentError
from lab_steps.errors import ExitCode
from lab_steps.lab import Lab
from lab_steps.results.delivered import Observed
from lab_steps.stopwatch import Timing

SCHEMA_VERSION = 1
SCHEMA_ID = "https://cloudtrail-lab.example/result.schema.json"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which lab was checked. `kind` is `on-the-spot`, `endpoint` or `account`."""

    title: Annotated[str, Meta(description="what people call it")]
    kind: Annotated[
        str,
        Meta(
            description="`on-the-spot` (a local AWS started for the run), `endpoint` (one that "
            "runs) or `account`"
        ),
    ]
    account: Annotated[str, Meta(description="12 digits")]
    region: Annotated[str, Meta(description="the lab's Region")]
    region_from: Annotated[
        str, Meta(description="where the Region came from: an option, a variable, a profile")
    ] = ""
    endpoint_url: Annotated[
        str | None, Meta(description="where calls went; null for AWS itself")
    ] = None


class StepResult(Document, frozen=True, kw_only=True):
    """One step and what was found; the fields from `outcome` on are those of a finding."""

    number: Annotated[int, Meta(description="the lab's own number")]
    title: Annotated[str, Meta(description="the step in a few words")]
    part: Annotated[str, Meta(description="the part of the lab it belongs to")]
    outcome: Annotated[Outcome, Meta(description="one of the six")]
    expected: Annotated[str, Meta(description="what must be true")]
    actual: Annotated[str, Meta(description="what was found")]
    rationale: Annotated[
        str, Meta(description="why it matters, or why `actual` is not `expected`; may be empty")
    ] = ""
    next_action: Annotated[
        NextAction | None,
        Meta(
            description=(
                "the one thing to do next; for PENDING, what to do if you have not done it yet"
            )
        ),
    ] = None
    evidence: Annotated[
        tuple[Evidence, ...], Meta(description="what proves it; `type` says which kind each is")
    ] = ()
    since: Annotated[
        datetime | None, Meta(description="PENDING: since when a delivery is awaited")
    ] = None
    until: Annotated[datetime | None, Meta(description="PENDING: until when it is due")] = None
    blocked_by: Annotated[
        int | None, Meta(description="BLOCKED: the number of the step that must pass first")
    ] = None


class RunCalls(msgspec.Struct, frozen=True, kw_only=True):
    """How to find the calls of this run among all calls of the account."""

    run_id: Annotated[str, Meta(description="every call's user agent contains `run/` and this")]
    command: Annotated[
        str, Meta(description="counts these calls in Event history; `--records` lists them")
    ]


class StepNotTold(msgspec.Struct, frozen=True, kw_only=True):
    """A step that an account's log records alone do not decide. It is not counted."""

    number: Annotated[int, Meta(description="the lab's own number")]
    why: Annotated[str, Meta(description="what would decide it, or what is missing")]


class AthenaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query that a check started. `dollars` is the list price of its scan."""

    query_id: Annotated[str, Meta(description="Athena's QueryExecutionId")]
    state: Annotated[
        str,
        Meta(
            description="`SUCCEEDED`, `FAILED` or `CANCELLED`; another state is the last one known"
        ),
    ]
    bytes_scanned: Annotated[int, Meta(description="DataScannedInBytes")]
    dollars: Annotated[float, Meta(description="at the list price: whole megabytes, at least ten")]


class AthenaUse(msgspec.Struct, frozen=True, kw_only=True):
    """What queried the log files, instead of fetching them, and what that costs."""

    workgroup: Annotated[str, Meta(description="where the queries ran")]
    database: Annotated[str, Meta(description="the database of the tables")]
    queries: Annotated[
        tuple[AthenaQuery, ...],
        Meta(
            description=(
                "all that were started, including failed ones: one each time the log files are "
                "checked"
            )
        ),
    ]
    bytes_scanned: Annotated[int, Meta(description="the sum of all queries")]
    dollars: Annotated[float, Meta(description="the sum of all queries")]
    dollars_per_terabyte: Annotated[
        float, Meta(description="the price that the dollars are calculated with")
    ]
    prices_as_of: Annotated[str, Meta(description="the month of that price")]


class Result(Document, frozen=True, kw_only=True):
    """What `run` and `check` found. `counts` has every outcome, including those with zero.

    `observed` is only there for a report or a bundle (no finding depends on it), `athena` if
    Athena read the log files, and `not_told` if only an organization's log files were read.
    """

    schema_version: Annotated[int, Meta(description="version of this document's format")] = (
        SCHEMA_VERSION
    )
    verb: Annotated[str, Meta(description="`run`, `check` or `watch`")]
    place: Annotated[Place, Meta(description="which lab was checked")]
    settings: Annotated[
        dict[str, str],
        Meta(
            description="the lab's settings: `suffix`, `prefix`, `removal`, "
            "`permissions-boundary`, `organization-trail`"
        ),
    ]
    started: Annotated[datetime, Meta(description="when the verb started")]
    finished: Annotated[datetime, Meta(description="when the last step was judged")]
    exit_code: Annotated[
        int,
        Meta(
            description="the exit code of the process: 0 passed, 1 failed, 3 could not be checked, "
            "4 pending"
        ),
    ]
    counts: Annotated[
        dict[str, int], Meta(description="how many steps have each outcome, including zero")
    ]
    steps: Annotated[
        tuple[StepResult, ...],
        Meta(description="the requested steps, in the lab's order"),
    ]
    timings: Annotated[
        tuple[Timing, ...],
        Meta(description=("how long each part took; parts may run at the same time")),
    ] = ()
    step_seconds: Annotated[
        dict[str, float],
        Meta(
            description="how long checking each step took, by its number; what several steps share "
            "counts for the first of them"
        ),
    ] = msgspec.field(default_factory=dict)
    name: Annotated[str, Meta(description="whose lab it is, from `--name`; may be empty")] = ""
    saved: Annotated[
        datetime | None,
        Meta(
            description="when the regraded bundle was saved: findings are as of then, `started` "
            "and `finished` are now; null for a check of the lab itself"
        ),
    ] = None
    observed: Annotated[
        Observed | None,
        Meta(
            description="what the trails delivered; only in results made for a report or a bundle"
        ),
    ] = None
    athena: Annotated[
        AthenaUse | None,
        Meta(description="the queries and their price; only with `--engine athena`"),
    ] = None
    calls: Annotated[
        RunCalls | None,
        Meta(
            description="how to find the calls behind the findings; null if `run` started a local "
            "AWS for itself, which ended with it"
        ),
    ] = None
    not_told: Annotated[
        tuple[StepNotTold, ...],
        Meta(
            description="the steps that log records alone do not decide; only if a class is "
            "graded by its organization's log files"
        ),
    ] = ()


def decoded(data: bytes) -> Result:
    """The result from its JSON. Raises DocumentError if it is malformed or contradicts itself."""
    result = documents.decoded(data, Result, "schema_version")
    found = dict(enumerate(result.steps))
    if (result.counts, result.exit_code) != (count(found), exit_code(found)):
        raise DocumentError("its counts and exit code are not those of its steps")
    for trail in result.observed.trails if result.observed else ():
        for time in (
            *(each.event_time for each in trail.events),
            *(each.event_time for each in trail.counts),
        ):
            _require_time(time)
    return result


def _require_time(text: str) -> None:
    try:
        documents.require_time(datetime.fromisoformat(text))
    except ValueError as error:
        raise DocumentError(f"an event has the time {text!r}") from error


def without_secrets(result: Result) -> Result:
    """`result` without session tokens and secret keys in any text."""
    return msgspec.convert(redacted_in(msgspec.to_builtins(result)), Result)


def step_results(lab: Lab, findings: Mapping[int, Finding]) -> tuple[StepResult, ...]:
    """Findings of `lab` by step number as results, in the same order."""
    return tuple(_step_result(lab, number, finding) for number, finding in findings.items())


def count(findings: Mapping[int, Finding | StepResult]) -> dict[str, int]:
    """How many steps have each outcome."""
    counted = Counter(finding.outcome for finding in findings.values())
    return {outcome.value: counted[outcome] for outcome in Outcome}


EXIT_CODES: Mapping[Outcome, ExitCode] = {
    Outcome.FAIL: ExitCode.FAILED,
    Outcome.ERROR: ExitCode.CANNOT_LOOK,
    Outcome.BLOCKED: ExitCode.FAILED,  # by a step that was not among those asked for
    Outcome.PENDING: ExitCode.PENDING,
    Outcome.PASS: ExitCode.PASSED,
}


def exit_code(findings: Mapping[int, Finding | StepResult]) -> ExitCode:
    """The process's exit code, by the worst of the outcomes."""
    return EXIT_CODES[worst({finding.outcome for finding in findings.values()})]


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


def _step_result(lab: Lab, number: int, finding: Finding) -> StepResult:
    step = lab.step(number)
    return StepResult(
        number=number,
        title=step.title,
        part=lab.part_of(step).title,
        **{name: getattr(finding, name) for name in finding.__struct_fields__},
    )
