"""A bundle graded: the verdict on what it holds, and where it is not that of the time of saving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from lab_steps.bundles.archive import Bundle, BundleError, opened
from lab_steps.checking.finding import Finding
from lab_steps.checking.rounds import Round
from lab_steps.checking.step import Step
from lab_steps.checking.view import View
from lab_steps.lab import Lab
from lab_steps.results import result
from lab_steps.results.delivered import observe
from lab_steps.results.result import Result
from lab_steps.stopwatch import Laps, Stopwatch


def regrade(lab: Lab, path: Path, steps: Iterable[Step] | None = None) -> Result:
    """The result of checking `steps`, or all, against a bundle; the same as when it was saved.

    Raises BundleError.
    """
    with opened(path) as bundle:
        if bundle.manifest.lab != lab.name:
            raise BundleError(path, f"it is from a different lab, not {lab.title}")
        return graded(lab, bundle, lab.steps if steps is None else steps)


def graded(lab: Lab, bundle: Bundle, steps: Iterable[Step]) -> Result:
    """The verdict on what the bundle holds. Raises BundleError."""
    started = datetime.now(UTC)
    stopwatch, laps = Stopwatch(), Laps()
    view = bundle.view()
    with stopwatch.measure("checks"):
        findings = findings_of(lab, view, steps, laps)
    observed = observe(view, lab.trails)
    manifest = bundle.manifest
    found = Result(
        verb="check",
        place=manifest.place,
        settings=manifest.settings,
        started=started,
        finished=datetime.now(UTC),
        exit_code=result.exit_code(findings),
        counts=result.count(findings),
        steps=result.step_results(lab, findings),
        timings=stopwatch.timings(),
        step_seconds=laps.seconds(),
        name=manifest.name,
        saved=manifest.saved,
        observed=observed,
        calls=manifest.calls,
    )
    return result.without_secrets(found)


def saved_result(path: Path) -> Result:
    """The result that the bundle was saved with. Raises BundleError."""
    with opened(path) as bundle:
        return bundle.result()


def differing(found: Result, saved: Result) -> list[int]:
    """The numbers of the steps whose findings differ from those when the bundle was saved."""
    before = {step.number: step for step in saved.steps}
    return [step.number for step in found.steps if before.get(step.number) != step]


def findings_of(lab: Lab, view: View, steps: Iterable[Step], laps: Laps) -> dict[int, Finding]:
    """What one look finds of each step; `laps` gets the time of each."""
    round_, findings = Round(lab, view), {}
    for step in steps:
        laps.begin(step.number)
        findings[step.number] = round_.judge(step)
    laps.end()
    return findings
