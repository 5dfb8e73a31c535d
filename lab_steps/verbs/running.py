"""What each verb of the command line does."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lab_steps.checking.finding import Finding
from lab_steps.checking.step import Step
from lab_steps.errors import ExitCode, UsageError
from lab_steps.lab import Lab
from lab_steps.place.ownership import ownership
from lab_steps.place.state import StateFile
from lab_steps.place.synth import Template, synthesize
from lab_steps.place.target import DEFAULT_REGION, Target, check_region, choose_target, on_the_spot
from lab_steps.place.teardown import Left, Teardown
from lab_steps.results import reporting, result
from lab_steps.results import text as report
from lab_steps.terminal.progress import Progress
from lab_steps.terminal.stopwatch import Stopwatch
from lab_steps.verbs import explain as explaining
from lab_steps.verbs import plan as planning
from lab_steps.verbs import status as standing
from lab_steps.verbs.session import MARGIN, LabSession, make_settings, open_session

if TYPE_CHECKING:
    from lab_steps.place.athena_engine import AthenaEngine
    from trail_logs.cache import TallyCache

Options = argparse.Namespace

CHECK_WAIT = timedelta(seconds=10)
"""How long `check` waits unasked for what is pending: a local AWS delivers within that."""


def run(options: Options) -> int:
    """Deploy, work, wait, check: on the spot, or where the options say."""
    target = _chosen(options)
    if target is None:
        return _run_on_the_spot(options)
    lab = _open(options, target)
    with lab.changing("run", options.account):
        with lab.stopwatch.measure("synth"):
            templates, _ = synthesize(lab.settings)
        findings = _run_in(lab, templates, options)
    code = _tell(options, lab.result("run", findings))
    print(f"The lab stands. Take it away with: {_command('down', options, lab)}", file=sys.stderr)
    return code


def _run_on_the_spot(options: Options) -> int:
    """A local AWS and the templates get ready at the same time; both are needed to go on."""
    began, progress, stopwatch = datetime.now(UTC), Progress(), Stopwatch()
    region = check_region(options.region or DEFAULT_REGION)
    settings = make_settings(region, _given(options))
    if options.account:
        raise UsageError(
            "--account names an account, but no --profile or --endpoint-url says where it is.",
            "Without --account, `run` starts a local AWS.",
        )

    def synth() -> tuple[Template, ...]:
        with stopwatch.measure("synth"):
            templates, kept = synthesize(settings)
        progress.say("templates unchanged" if kept else "templates synthesized")
        return templates

    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as scratch:
        synthesizing = pool.submit(synth)
        with _started(options, stopwatch, progress) as target:
            lab = open_session(
                options.lab,
                target,
                progress,
                suffix=options.suffix,
                prefix=options.prefix,
                state=StateFile(Path(scratch) / "on-the-spot.json"),
            )
            lab.started, lab.stopwatch = began, stopwatch
            with lab.changing("run", None):
                findings = _run_in(lab, synthesizing.result(), options)
            return _tell(options, lab.result("run", findings))


@contextmanager
def _started(options: Options, stopwatch: Stopwatch, progress: Progress) -> Iterator[Target]:
    place = on_the_spot(options.region, options.timeout)
    with stopwatch.measure("start of the local AWS"):
        target = place.__enter__()
    progress.say(f"{target.title} is ready")
    try:
        yield target
    finally:
        place.__exit__(None, None, None)


def _run_in(
    lab: LabSession, templates: tuple[Template, ...], options: Options
) -> dict[int, Finding]:
    lab.deploy(templates, and_work=True)
    lab.work()
    wait = lab.target.patience.due + MARGIN
    if options.timeout is not None:
        wait = timedelta(seconds=options.timeout)
    return lab.check(lab.lab.steps, wait)


def plan(options: Options) -> int:
    """What would be created, and what it costs."""
    target = _chosen(options)
    region = target.region if target else check_region(options.region or DEFAULT_REGION)
    settings = make_settings(region, _given(options))
    templates, _ = synthesize(settings, athena=options.athena)
    return planning.show(templates, options.format, is_local=target is None or target.is_loopback)


def up(options: Options) -> int:
    """The stacks, and nothing else."""
    lab = _open(options, _needed(options, "up"))
    with lab.changing("up", options.account):
        templates, _ = synthesize(lab.settings, athena=options.athena)
        lab.deploy(templates)
    print(f"The trails stand. See what is left to do with: {_command('check', options, lab)}")
    if options.athena:
        print(f"Or through Athena: {_command('check', options, lab)} --engine athena")
    return ExitCode.PASSED


def check(options: Options) -> int:
    """Look, and say what was found."""
    return _tell(options, _checked(options))


def watch(options: Options) -> int:
    """Look again and again, and say what to do next."""
    from lab_steps.verbs import watch as watching

    steps = options.lab.choose(_numbers(options.lab, options.step))
    lab = _open(options, _needed(options, "watch"))
    seconds = watching.interval(lab.look().patience, options.interval)
    last = timedelta(seconds=options.deadline) if options.deadline is not None else None
    deadline = datetime.now(UTC) + last if last is not None else None
    return watching.run(watching.Watch(lab.lab, steps, lab.look, seconds), deadline)


def make_report(options: Options) -> int:
    """A result in the form that is wanted: of a check now, of a bundle, or a saved one."""
    chosen = options.bundle or options.step or _names_lab(options) or _names_athena(options)
    if options.source is not None and chosen:
        raise UsageError("--from reports a saved result as it is: it takes no lab and no step.")
    saved = reporting.load(options.source) if options.source is not None else None
    document = saved or _checked(options, observing=True)
    reporting.write(document, options.format, options.output)
    return document.exit_code


def bundle(options: Options) -> int:
    """Save what a verdict rests on."""
    from lab_steps.bundles import archive as bundles

    lab = _open(options, _needed(options, "bundle"))
    lab.check(lab.lab.steps, _check_wait(options, lab))
    saved = bundles.save(Path(options.output), lab)
    print(f"Saved to {options.output}: {report.summary(saved)}.")
    print(f"Grade it again with: python -m lab_steps check --bundle {options.output}")
    return saved.exit_code


def hint(options: Options) -> int:
    """One hint more."""
    from lab_steps.verbs import hint as hinting

    step = _one_step(options.lab, options.step) if options.step is not None else None
    book = hinting.hint_book()
    if options.reset:
        book.reset(step)
        print(f"Hints begin again{f' for step {step.number}' if step else ''}.")
    elif step is None:
        raise UsageError("`hint` needs a step.", "The list of steps: python -m lab_steps explain")
    else:
        print(*hinting.lines(step, book.all(step) if options.all else book.next(step)), sep="\n")
    return ExitCode.PASSED


def status(options: Options) -> int:
    """What stands."""
    return standing.show(_open(options, _needed(options, "status")), options.format)


def explain(options: Options) -> int:
    """One step, or the list of all."""
    if options.step is None:
        explaining.show_all(options.lab, report.console())
    else:
        explaining.show(options.lab, _one_step(options.lab, options.step), report.console())
    return ExitCode.PASSED


def down(options: Options) -> int:
    """Take the lab away, after a question where an account is meant."""
    lab = _open(options, _needed(options, "down"))
    with lab.changing("down", options.account):
        teardown = Teardown(lab.target, lab.state, lab.settings, lab.look, lab.progress.say)
        if not lab.target.is_loopback and not options.yes:
            _confirm([each.title for each in teardown.will_remove()], lab.account)
        left = teardown.run()
    return _tell_what_is_left(left)


def _tell_what_is_left(left: Left) -> int:
    """1 where something of the lab stands, 5 where others have what is named like it."""
    for each in left.ours:
        print(f"still there: {each.title}; remove it with: {each.removal}", file=sys.stderr)
    for each in left.others:
        told = f"left as it is: {each.title}, {ownership(each).reason}"
        print(f"{told}; if nobody needs it: {each.removal}", file=sys.stderr)
    print("Something of the lab is left." if left.ours else "Nothing of the lab is left.")
    if left.ours:
        return ExitCode.FAILED
    return ExitCode.REFUSED if any(each.named for each in left.others) else ExitCode.PASSED


def how_to_resume(options: Options) -> str:
    """What to say after Ctrl-C."""
    if options.verb in {"run", "up", "down"} and _names_a_place(options):
        return (
            "Nothing is lost: repeat the command to go on where it stopped, or take the lab "
            "away with `down`."
        )
    return "Nothing was left behind."


def logs(options: Options) -> int:
    """What the log files of any bucket or folder hold."""
    from lab_steps.verbs import logs as command

    return command.run(options)


VERBS: dict[str, Callable[[Options], int]] = {
    **{
        verb.__name__: verb
        for verb in (run, plan, up, check, watch, bundle, status, explain, hint, down, logs)
    },
    "report": make_report,
}


def _checked(options: Options, *, observing: bool = False) -> result.Result:
    """What a check finds, in a lab or in a bundle."""
    from lab_steps.results.delivered import observe

    steps = options.lab.choose(_numbers(options.lab, options.step))
    if options.bundle:
        return _regraded(options, steps, observing=observing)
    lab = _open(options, _needed(options, options.verb))
    found = lab.result("check", lab.check(steps, _check_wait(options, lab)))
    return msgspec.structs.replace(found, observed=observe(lab.look())) if observing else found


def _regraded(options: Options, steps: tuple[Step, ...], *, observing: bool) -> result.Result:
    from lab_steps.bundles import archive as bundles

    if _names_athena(options):
        raise UsageError("--bundle is graded by the log files in it: leave out --engine athena.")
    if _names_lab(options):
        raise UsageError(
            "--bundle is graded in place of a lab: leave out where that is.",
            "Account and Region are those of the bundle; the report's first line has them.",
        )
    path = Path(options.bundle)
    found = bundles.regrade(options.lab, path, steps)
    others = bundles.differing(found, bundles.saved_result(path))
    if others:
        told = ", ".join(map(str, others))
        print(f"note: when the bundle was saved, step {told} was found otherwise", file=sys.stderr)
    return found if observing else msgspec.structs.replace(found, observed=None)


def _check_wait(options: Options, lab: LabSession) -> timedelta:
    """As asked, else CHECK_WAIT where that is time enough for another look."""
    if options.timeout is not None:
        return timedelta(seconds=options.timeout)
    patience = (lab.athena or lab.target).patience
    return CHECK_WAIT if patience.poll < CHECK_WAIT.total_seconds() else timedelta()


def _names_athena(options: Options) -> bool:
    """Whether Athena is to be asked. UsageError for its options without it."""
    if options.engine == "athena":
        return True
    if options.workgroup or options.database:
        raise UsageError("--workgroup and --database are Athena's: add --engine athena.")
    return False


def _athena(options: Options, target: Target) -> AthenaEngine | None:
    if "engine" not in options or not _names_athena(options):
        return None
    from lab_steps.place.athena_engine import AthenaEngine

    given = {
        name: value
        for name, value in (("workgroup", options.workgroup), ("database", options.database))
        if value
    }
    return AthenaEngine(target, **given)


def _names_lab(options: Options) -> bool:
    where = (options.profile, options.endpoint_url, options.region, options.account)
    return any(where) or bool(_given(options))


def _names_a_place(options: Options) -> bool:
    import os

    return bool(options.profile or options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL"))


def _chosen(options: Options) -> Target | None:
    return choose_target(
        profile=options.profile,
        endpoint_url=options.endpoint_url,
        region=options.region,
        timeout=getattr(options, "timeout", None),
    )


def _needed(options: Options, verb: str) -> Target:
    target = _chosen(options)
    if target is None:
        raise UsageError(
            f"`{verb}` needs a lab: --endpoint-url URL, AWS_ENDPOINT_URL, or --profile NAME.",
            "A local AWS to point it at: python -m lab_steps local --port 5000",
        )
    return target


def _open(options: Options, target: Target) -> LabSession:
    lab = open_session(
        options.lab,
        target,
        Progress(),
        suffix=options.suffix,
        prefix=options.prefix,
        expected_account=getattr(options, "account", None),
    )
    lab.athena = _athena(options, target)
    lab.tallies = _tallies(options)
    return lab


def _tallies(options: Options) -> TallyCache | None:
    """What earlier checks of this user have read."""
    if not getattr(options, "cached", False):
        return None
    from trail_logs.cache import TallyCache

    return TallyCache()


def _given(options: Options) -> dict[str, str]:
    return {
        name: value
        for name, value in (("suffix", options.suffix), ("prefix", options.prefix))
        if value is not None
    }


def _numbers(lab: Lab, steps: list[str] | None) -> list[int]:
    """Step numbers of `7`, `33-37` and several of them; UsageError for anything else."""
    numbers: list[int] = []
    for text in steps or []:
        first, _, last = text.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()) or text.endswith("-"):
            raise UsageError(f"{text!r} is no step: write a number, 7, or a range, 33-37.")
        low, high = lab.step(int(first)).number, lab.step(int(last or first)).number
        if high < low:
            raise UsageError(f"{text!r} is no range of steps: did you mean {high}-{low}?")
        numbers += range(low, high + 1)
    return numbers


def _one_step(lab: Lab, text: str) -> Step:
    """The step of `7`; UsageError for a range, too."""
    if not text.isdecimal():
        raise UsageError(f"{text!r} is no step: write one number, such as 7.")
    return lab.step(int(text))


def _confirm(what: list[str], account: str) -> None:
    print(f"This removes from account {account}:", *(what or ["nothing"]), sep="\n  ")
    try:
        typed = input("Type the account number to go on: ").strip()
    except EOFError:
        typed = ""
    if typed != account:
        raise UsageError(
            "Not confirmed: nothing was removed.", "Use --yes where nobody can be asked."
        )


def _command(verb: str, options: Options, lab: LabSession) -> str:
    account = f" --account {options.account}" if options.account and verb != "check" else ""
    return f"python -m lab_steps {verb} {lab.target.cli_options}{account}".strip()


def _tell(options: Options, document: result.Result) -> int:
    reporting.write(document, options.format, None)
    return document.exit_code
