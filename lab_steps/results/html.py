"""The result as one HTML file: it loads nothing, and only its own script can run in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_steps.checking.finding import GOOD, WORST_FIRST, Evidence, Outcome, Probe
from lab_steps.results.delivered import Observed, ObservedEvent
from lab_steps.results.object_tree import object_tree
from lab_steps.results.plain_text import athena_line, summary
from lab_steps.results.result import Result, StepResult
from lab_steps.results.timeline import Timeline, timeline
from lab_steps.terminal.legible import json_text, legible

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

WIDTHS = {"wide": 1000.0, "middle": 640.0, "narrow": 350.0}
"""Widths of the timeline in px: the style sheet shows the one that fits, so that none is scaled
down."""

SYMBOLS = {
    Outcome.PASS: "\N{CHECK MARK}",
    Outcome.NOT_APPLICABLE: "\N{EN DASH}",
    Outcome.FAIL: "\N{MULTIPLICATION X}",
    Outcome.PENDING: "\N{HORIZONTAL ELLIPSIS}",
    Outcome.BLOCKED: "\N{CIRCLED DIVISION SLASH}",
    Outcome.ERROR: "!",
}

_TEMPLATES = Path(__file__).with_name("templates")
_JSON_TOKEN = re.compile(r'("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)')


def html(result: Result) -> str:
    """The report. All data is escaped; a Content-Security-Policy lets no other script run."""
    return page("report", **context(result))


def page(name: str, **told: Any) -> str:
    """`templates/NAME.html` with what is `told`, its own script and style after the report's.

    Everything in `told` is escaped, except Markup.
    """
    script = asset(f"{name}.js")
    return template(name).render(
        style="\n".join(asset(each) for each in dict.fromkeys(("report.css", f"{name}.css"))),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **told,
    )


def context(result: Result) -> dict[str, Any]:
    """The variables of a result's templates."""
    observed = result.observed
    return {
        "result": result,
        "grouped": [(part, list(steps)) for part, steps in groupby(result.steps, lambda s: s.part)],
        "verdict": verdict(result),
        "summary": summary(result),
        "next_step": next_step(result),
        "outcomes": list(Outcome),
        "observed": observed,
        "athena": athena_line(result.athena) if result.athena else "",
        "plots": dict(_plots(observed)),
        "trees": [object_tree(each.bucket, each.objects) for each in observed.trails]
        if observed
        else [],
        "whole": _whole_records(observed),
    }


@cache
def asset(name: str) -> str:
    """A script or a style sheet next to the templates."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def verdict(result: Result) -> str:
    """`All 5 steps passed`, or `3 of 5 steps passed`."""
    passed, all_ = sum(result.counts[each] for each in GOOD), len(result.steps)
    steps = "step" if all_ == 1 else "steps"
    return f"All {all_} {steps} passed" if passed == all_ else f"{passed} of {all_} {steps} passed"


def next_step(result: Result) -> StepResult | None:
    """The step whose next action is the one thing to do: what failed first, else what waits."""
    for outcome in WORST_FIRST:
        found = next((step for step in result.steps if step.outcome is outcome), None)
        if found:
            return found
    return None


def pretty(value: Any) -> Markup:
    """`value` as indented JSON, names and scalars marked for the style sheet."""
    from markupsafe import Markup, escape

    def marked(token: re.Match[str]) -> str:
        string, colon, scalar = token.groups()
        if scalar:
            return f'<span class="scalar">{scalar}</span>'
        kind = "name" if colon else "text"
        return f'<span class="{kind}">{str.__str__(escape(string))}</span>{colon or ""}'

    return Markup(_JSON_TOKEN.sub(marked, json_text(value)))  # noqa: S704 (strings are escaped)


def size(count: int) -> str:
    """Bytes as people read them: `812 B`, `1.4 kB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def moment(time: datetime) -> str:
    """`2026-03-14 12:00:05 UTC`."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def who(event: ObservedEvent) -> str:
    """Who made the call, as the record's userIdentity says."""
    identity = (event.record or {}).get("userIdentity")
    for name in ("arn", "invokedBy", "principalId", "accountId"):
        if isinstance(identity, dict) and identity.get(name):
            return str(identity[name])
    return "unknown"


def probes(evidence: tuple[Evidence, ...]) -> list[Probe]:
    """The probes among the evidence: they are shown as one table."""
    return [each for each in evidence if isinstance(each, Probe)]


def others(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    """The rest of the evidence."""
    return [each for each in evidence if not isinstance(each, Probe)]


def kind_of(evidence: Evidence) -> str:
    """`api-answer`, `log-record`, `log-object`: the tag it has in the JSON document."""
    return str(type(evidence).__struct_config__.tag)


def _plots(observed: Observed | None) -> Iterator[tuple[str, Timeline]]:
    for name, width in WIDTHS.items():
        plot = timeline(observed, width) if observed else None
        if plot:
            yield name, plot


def _whole_records(observed: Observed | None) -> dict[str, dict[str, Any]]:
    """Whole records by eventID, for evidence that has an excerpt only."""
    trails = observed.trails if observed else ()
    return {
        event.event_id: event.record for trail in trails for event in trail.events if event.record
    }


def _fit(value: Any) -> Any:
    """Text of others as `legible` makes it; what is markup is our own."""
    return legible(value) if type(value) is str else value


def template(name: str) -> Template:
    """`templates/NAME.html`."""
    return _environment().get_template(f"{name}.html")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    environment.filters |= {"pretty": pretty, "size": size, "moment": moment, "who": who}
    environment.filters |= {"probes": probes, "others": others, "kind": kind_of}
    environment.globals["symbols"] = SYMBOLS
    return environment
