"""`run`: deploy, work, wait, check, on the spot or where the options say."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from lab_steps.checking.finding import Finding
from lab_steps.command_line import options
from lab_steps.command_line.confirming import prepare
from lab_steps.command_line.opening import (
    chosen_target,
    command,
    opened,
    opened_on_the_spot,
    require_no_account,
    started_on_the_spot,
)
from lab_steps.command_line.options import Given, given_parameters
from lab_steps.lab import Deployment, Lab
from lab_steps.place.synth import Template
from lab_steps.results import reporting
from lab_steps.session import MARGIN, LabSession
from lab_steps.stopwatch import Stopwatch
from lab_steps.targets.consent import Consent
from lab_steps.targets.regions import DEFAULT_REGION, check_region
from lab_steps.targets.target import Target
from lab_steps.terminal.progress import Progress


def add_options(parser: argparse.ArgumentParser, lab: Lab) -> None:
    options.where(parser)
    options.parameters(parser, lab)
    options.account(parser)
    options.yes(parser)
    options.ttl(parser)
    options.name(parser)
    options.timeout(parser)
    options.text_or_json(parser, options.RESULT_SCHEMA)


def run(given: Given) -> int:
    """Do all of the lab."""
    target = chosen_target(given)
    if target is None:
        return _run_on_the_spot(given)
    session = opened(given, target)
    with session.changing("run", given.account) as consent:
        with session.stopwatch.measure("synth"):
            templates, _ = session.deployment.templates()
        findings = _run_in(session, templates, given, consent)
    document = session.result("run", findings)
    reporting.write(document, given.format, None)
    down = command("down", given, session)
    print(f"The lab is still deployed. Remove it with: {down}", file=sys.stderr)
    return document.exit_code


def _run_on_the_spot(given: Given) -> int:
    """A local AWS and the templates get ready at the same time; both are needed to continue."""
    require_no_account(given)
    began, progress, stopwatch = datetime.now(UTC), Progress(), Stopwatch()
    region = check_region(given.region or DEFAULT_REGION)
    deployment: Deployment = given.lab.deployed(region, None, given_parameters(given))

    def synth() -> tuple[Template, ...]:
        with stopwatch.measure("synth"):
            templates, kept = deployment.templates()
        progress.say("templates unchanged" if kept else "templates synthesized")
        return templates

    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as scratch:
        synthesizing = pool.submit(synth)
        with _started(given, stopwatch, progress) as target:
            session = opened_on_the_spot(given, target, progress, Path(scratch))
            session.started, session.stopwatch = began, stopwatch
            with session.changing("run", None) as consent:
                findings = _run_in(session, synthesizing.result(), given, consent)
            # Nobody can ask this AWS for its calls later.
            document = msgspec.structs.replace(session.result("run", findings), calls=None)
            reporting.write(document, given.format, None)
            return document.exit_code


@contextmanager
def _started(given: Given, stopwatch: Stopwatch, progress: Progress) -> Iterator[Target]:
    place = started_on_the_spot(given, progress)
    with stopwatch.measure("start of the local AWS"):
        target = place.__enter__()
    try:
        yield target
    finally:
        place.__exit__(None, None, None)


def _run_in(
    session: LabSession, templates: tuple[Template, ...], given: Given, consent: Consent
) -> dict[int, Finding]:
    prepare(session, templates, given, consent, of_work=True)
    session.deploy(templates, given.ttl)
    session.work()
    wait = session.target.patience.due + MARGIN
    if given.timeout is not None:
        wait = timedelta(seconds=given.timeout)
    return session.check(session.lab.steps, wait)
