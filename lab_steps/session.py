"""One lab at one target: what verbs and bundles work with."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lab_steps.checking import rounds
from lab_steps.checking.commands import CommandContext
from lab_steps.checking.finding import Finding
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.step import Step
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.trails.log_files import seen_so_far
from lab_steps.checking.view import View
from lab_steps.credential_redaction import keep_secret
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.lab import Deployment, Lab
from lab_steps.place.deploy import deploy
from lab_steps.place.guard import Guard
from lab_steps.place.inventory import Inventory
from lab_steps.place.lifetime import USUAL, earliest
from lab_steps.place.state import StateFile, state_file
from lab_steps.place.synth import Template
from lab_steps.preflight.subject import Subject
from lab_steps.results import result
from lab_steps.stopwatch import Laps, Stopwatch
from lab_steps.targets.caller import Caller, caller
from lab_steps.targets.consent import Consent
from lab_steps.targets.profiles import lasting
from lab_steps.targets.target import MOST_ASKING_SECONDS, Target
from lab_steps.terminal.progress import DeliveryProgress, Progress
from trail_logs.prices import DOLLARS_PER_TERABYTE, PRICE_AS_OF

if TYPE_CHECKING:
    from lab_steps.place.athena_engine import AthenaEngine
    from trail_logs.cache import TallyCache

ROOT_WARNING = (
    "warning: these are the credentials of the root user of account {account}: IAM policies do "
    "not limit them. Sign in as a user or a role, and delete the root user's access keys."
)

MARGIN = timedelta(seconds=5)
"""How long after the last delivery is due a run still looks."""


@dataclass
class LabSession:
    """A target whose account is known, what is deployed there, and the lab's state.

    `name` says whose lab it is, for reports. `marks_all` is a command of ours that marks several
    accounts as meant for labs.
    """

    lab: Lab
    target: Target
    caller: Caller
    deployment: Deployment
    state: StateFile
    progress: Progress
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    laps: Laps = field(default_factory=Laps)
    name: str = ""
    marks_all: str = ""
    expected_account: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    athena: AthenaEngine | None = None
    tallies: TallyCache | None = None
    known_events: KnownEvents = field(default_factory=KnownEvents)

    @property
    def account(self) -> str:
        """The account of the lab."""
        return self.caller.account

    @property
    def place_line(self) -> str:
        """`AWS, profile sandbox, account 111122223333, Region us-east-1 (AWS_REGION)`."""
        target = self.target
        region = f"Region {target.region} ({target.region_from})"
        return f"{target.title}, account {self.account}, {region}"

    @property
    def place(self) -> CommandContext:
        """The place in which printed commands have to work."""
        return self.target.place.of_lab(self.deployment.parameters)

    def guard(self) -> Guard:
        """The guard before every change of the account."""
        return Guard(self.look(), self.caller, self.target.title, self.marks_all)

    @contextmanager
    def changing(self, verb: str, named_account: str | None) -> Iterator[Consent]:
        """The guard and the lock around all changes; the block gets how much to ask first."""
        consent = self.guard().permit(verb, named_account)
        self.progress.say(f"{self.target.run_agent} is in the user agent of every call")
        with self.state.locked():
            yield consent

    def deploy(self, templates: Sequence[Template], lifetime: timedelta | None = None) -> None:
        """Deploy the stacks.

        They expire after `lifetime`; without one, at the time that they already have, else after
        USUAL.
        """
        expires = self.caller.now() + lifetime if lifetime else self._expires()
        self.state.begin(self.deployment.parameters, expires)
        with self.stopwatch.measure("deploy"):
            deploy(self.target, self.state, templates, self.progress.say)

    def _expires(self) -> datetime:
        known = self.state.load().expires
        standing = Inventory(self.look(), self.deployment.names).stacks()
        own = [each.tags for each in standing if each.named]
        return known or earliest(own) or self.caller.now() + USUAL

    def work(self) -> None:
        """Run the lab's workload, once its trails have been logging for a while."""
        self._settle()
        with self.stopwatch.measure("workload"):
            self.lab.workload(self.target, self.state, self.progress.say)

    def subject(
        self, templates: Iterable[Template], *, of_work: bool, verb: str = "run"
    ) -> Subject:
        """What is checked before `verb` deploys `templates`; `of_work`: the workload follows."""
        view = self.look()
        session = self.target.session()
        return Subject(
            view=view,
            guard=self.guard(),
            names=self.deployment.names,
            templates=tuple(templates),
            of_work=of_work,
            actions=self.lab.access(verb),
            state=self.state.load(),
            origin=self.target.origin or "the keys of the endpoint",
            lasting=lasting(session),
            command=self.command,
        )

    def command(self, rest: str) -> str:
        """A command of this program for the same place."""
        return self.lab.command(f"{rest} {self.target.cli_options}").strip()

    def _settle(self) -> None:
        """Wait until each of the lab's trails has been logging for as long as the place asks."""
        with self.stopwatch.measure("settling"):
            for pause in rounds.waits(self.target.patience):
                left = self._unsettled(self.look())
                if left <= timedelta():
                    self.progress.end()
                    return
                self.progress.now(
                    f"waiting for the new trails to take effect, {left.total_seconds():.0f} s more"
                )
                time.sleep(min(pause, left.total_seconds()))

    def _unsettled(self, view: View) -> timedelta:
        """How long it is until all trails that log have settled."""
        settled = view.now
        for each in self.lab.trails:
            status = lab_trails.status(view, each) if lab_trails.find(view, each) else {}
            if status.get("IsLogging"):
                settled = max(settled, status["StartLoggingTime"] + view.patience.settle)
        return settled - view.now

    def check(self, steps: Iterable[Step], wait: timedelta | None) -> dict[int, Finding]:
        """Findings by step number; with `wait`, checked again while something is pending."""
        deadline = self.caller.now() + (wait or timedelta())
        try:
            return rounds.check_until_due(
                self.lab,
                steps,
                self.look,
                deadline=deadline,
                on_step=self._looking,
                on_wait=self._waiting,
                stopwatch=self.stopwatch,
            )
        finally:
            self.laps.end()
            self.progress.end()

    def _looking(self, step: Step) -> None:
        self.laps.begin(step.number)
        self.progress.looking(step)

    def _waiting(self, findings: dict[int, Finding], view: View) -> None:
        self.laps.end()
        files, matched, wanted = seen_so_far(view, self.lab.trails)
        self.progress.waiting(
            findings, DeliveryProgress(view.now, view.patience.usual, files, matched, wanted)
        )

    def look(self) -> View:
        """A fresh look at the lab."""
        keep_secret(self.target.session())  # they may have been renewed
        last = self.state.load().last_time
        return View(
            target=self.target,
            account=self.account,
            now=self.caller.now(),
            memory=self.state.seen,
            place=self.place,
            settings=self.deployment.parameters,
            expected_account=self.expected_account,
            last_action=last + self.caller.ahead if last else None,
            athena=self.athena,
            tallies=self.tallies,
            known_events=self.known_events,
        )

    def calls(self) -> result.RunCalls:
        """How people who may read Event history find the calls of this session."""
        begun = self.started + self.caller.ahead - timedelta(seconds=1)
        times = f"--start-time {begun:%FT%TZ} --end-time {self.caller.now():%FT%TZ}"
        listed = self.place.command(f"aws cloudtrail lookup-events {times}")
        counted = self.lab.command(f"logs - --where 'userAgent=*{self.target.run_agent}*'")
        return result.RunCalls(run_id=self.target.run_id, command=f"{listed} | {counted}")

    def result(self, verb: str, findings: dict[int, Finding]) -> result.Result:
        """The document of what was found."""
        return result.Result(
            verb=verb,
            place=result.Place(
                title=self.target.title,
                kind=self.target.kind,
                account=self.account,
                region=self.target.region,
                region_from=self.target.region_from,
                endpoint_url=self.target.endpoint_url,
            ),
            settings=self.deployment.parameters,
            started=self.started,
            finished=datetime.now(UTC),
            exit_code=result.exit_code(findings),
            counts=result.count(findings),
            steps=result.step_results(self.lab, findings),
            timings=self.stopwatch.timings(),
            step_seconds=self.laps.seconds(),
            name=self.name,
            athena=_use_of(self.athena) if self.athena else None,
            calls=self.calls(),
        )


def _use_of(engine: AthenaEngine) -> result.AthenaUse:
    """What was asked of Athena, and what it costs."""
    return result.AthenaUse(
        workgroup=engine.workgroup,
        database=engine.database,
        queries=tuple(
            result.AthenaQuery(
                query_id=each.query_id,
                state=each.state,
                bytes_scanned=each.bytes_scanned,
                dollars=each.dollars,
            )
            for each in engine.scans
        ),
        bytes_scanned=sum(each.bytes_scanned for each in engine.scans),
        dollars=sum(each.dollars for each in engine.scans),
        dollars_per_terabyte=DOLLARS_PER_TERABYTE,
        prices_as_of=PRICE_AS_OF,
    )


def open_session(
    lab: Lab,
    target: Target,
    progress: Progress,
    *,
    given: Mapping[str, str] | None = None,
    expected_account: str | None = None,
    state: StateFile | None = None,
) -> LabSession:
    """`lab` at `target`: asks who we are there, and recalls the parameters it was started with.

    `given` are parameters by name. Raises CannotLookError if the target does not answer, or its
    state cannot be used, UsageError for parameters that AWS does not accept or that differ from
    those of the existing lab.
    """
    try:
        progress.now(f"asking {target.title} who we are, for at most {MOST_ASKING_SECONDS} s")
        keep_secret(target.session())
        who = caller(target)
        target.account = who.account
    finally:
        progress.end()
    if who.is_root and not target.takes_any_keys:
        progress.say(ROOT_WARNING.format(account=who.account))
    state = state or state_file(
        target.endpoint_url or "aws", who.account, target.region, lab=lab.name
    )
    given = {name: value for name, value in (given or {}).items() if value}
    known = remembered(lab, state)
    _refuse_others(given, known, state)
    deployment = lab.deployed(target.region, who.account, {**known, **given})
    return LabSession(
        lab, target, who, deployment, state, progress, expected_account=expected_account
    )


def remembered(lab: Lab, state: StateFile) -> dict[str, str]:
    """The parameters in the state.

    Raises CannotLookError for parameters that the lab does not have.
    """
    parameters, names = state.load().parameters, {each.name for each in lab.parameters}
    unknown = parameters.keys() - names
    if unknown:
        wanted = " and ".join(sorted(names)) or "none"
        raise CannotLookError(
            f"The state file {state.path} cannot be used: wanted the parameters {wanted}, got "
            f"{', '.join(sorted(unknown))}",
            "If it is of no use, remove it and repeat the command.",
        )
    return parameters


def _refuse_others(given: Mapping[str, str], known: Mapping[str, str], state: StateFile) -> None:
    for name, value in given.items():
        if name in known and known[name] != value:
            raise UsageError(
                f"This lab was started with --{name} {known[name] or '(none)'}, got "
                f"--{name} {value} ({state.path}).",
                f"Leave out --{name}, or remove the lab first with `down`.",
            )
