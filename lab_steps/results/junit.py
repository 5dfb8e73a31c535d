"""The result as JUnit XML, which CI systems read: a step is a test case, a part a test suite.

FAIL is a failure, ERROR an error; N/A, PENDING and BLOCKED are skipped, with the reason as message.
The form is what the schema of Jenkins' xUnit plugin accepts (`junit-10.xsd`), the strictest that CI
systems use: no `skipped` on `testsuites`, a `time` of digits and a point, at most one of failure,
error and skipped in a case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from lab_steps.checking.finding import Evidence, LogRecord, Outcome
from lab_steps.results.plain_text import evidence_line
from lab_steps.results.result import Result, StepResult
from lab_steps.terminal.legible import legible

ELEMENTS = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.NOT_APPLICABLE: "skipped",
    Outcome.PENDING: "skipped",
    Outcome.BLOCKED: "skipped",
}


def junit(result: Result) -> str:
    """The document. Characters that are not printable, including all that XML cannot contain, are
    spelled out."""
    counts = _counts(result.steps)
    del counts["skipped"]
    seconds = (result.finished - result.started).total_seconds()
    suites = ET.Element("testsuites", {"name": "CloudTrail lab", **counts, "time": _time(seconds)})
    for part, steps in groupby(result.steps, lambda step: step.part):
        suites.append(_suite(result, part, list(steps)))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, "unicode") + "\n"


def _suite(result: Result, part: str, steps: Sequence[StepResult]) -> ET.Element:
    started = f"{result.started:%FT%T}"
    seconds = sum(result.step_seconds.get(str(step.number), 0.0) for step in steps)
    suite = ET.Element(
        "testsuite",
        {
            "name": legible(part),
            **_counts(steps),
            "timestamp": started,
            "time": _time(seconds),
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(result).items():
        ET.SubElement(properties, "property", name=name, value=legible(value))
    suite.extend(_case(step, result.step_seconds.get(str(step.number), 0.0)) for step in steps)
    return suite


def _properties(result: Result) -> dict[str, str]:
    place = result.place
    told = {name: getattr(place, name) for name in ("title", "kind", "account", "region")}
    if result.name:
        told["name"] = result.name
    if result.saved:
        told["saved"] = f"{result.saved:%FT%TZ}"
    return told


def _time(seconds: float) -> str:
    """Seconds as text; never negative, even if the clock was set back meanwhile."""
    return f"{max(0.0, seconds):.3f}"


def _counts(steps: Sequence[StepResult]) -> dict[str, str]:
    counted = Counter(ELEMENTS.get(step.outcome) for step in steps)
    return {
        "tests": str(len(steps)),
        "failures": str(counted["failure"]),
        "errors": str(counted["error"]),
        "skipped": str(counted["skipped"]),
    }


def _case(step: StepResult, seconds: float) -> ET.Element:
    name = legible(f"{step.number:02} {step.title}")
    case = ET.Element(
        "testcase",
        {
            "classname": legible(f"CloudTrail lab.{step.part}"),
            "name": name,
            "time": _time(seconds),
        },
    )
    element = ELEMENTS.get(step.outcome)
    if element:
        message = legible(f"{step.outcome}: {step.actual}")
        told = ET.SubElement(case, element, {"message": message, "type": str(step.outcome)})
        told.text = legible("\n".join(_lines(step)))
    proof = "\n".join(_proof(each) for each in step.evidence)
    if proof:
        ET.SubElement(case, "system-out").text = legible(proof)
    return case


def _lines(step: StepResult) -> Iterator[str]:
    yield f"expected: {step.expected}"
    yield f"found:    {step.actual}"
    if step.rationale:
        yield f"why:      {step.rationale}"
    if step.since and step.until:
        yield f"due:      since {step.since:%FT%TZ}, until {step.until:%FT%TZ}"
    if step.blocked_by:
        yield f"blocked:  by step {step.blocked_by}"
    if step.next_action:
        yield f"do:       {step.next_action.console}"
        yield f"or:       {step.next_action.command}"


def _proof(evidence: Evidence) -> str:
    if isinstance(evidence, LogRecord):
        where = f"s3://{evidence.bucket}/{evidence.key}"
        return f"{evidence.event_name} {evidence.event_time} {evidence.event_id} {where}"
    return evidence_line(evidence)
