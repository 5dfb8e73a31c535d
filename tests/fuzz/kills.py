"""SIGKILL at moments of `run`, `up` and `down`: before and after each call that changes something,
then by chance. What is left is resumed, or taken away.

Meanwhile others are at work in the account, and log files come late and twice.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from lab_steps.__main__ import main
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from tests.fuzz.dying import AFTER, BEFORE
from tests.fuzz.figures import Figures
from tests.lab_steps.standing import MARK, ORGANIZATION
from tests.local_aws.delivered import client

VERBS = ("run", "up", "down")
SECONDS = 120
"""Within which a command that nobody kills ends."""

Left = tuple[tuple[str, ...], ...]


def run(count: int, seed: int) -> Figures:
    """Kill `count` commands, each at a moment of its own."""
    with (
        LocalAws(
            delivery_delay=0.2,
            organization=ORGANIZATION,
            log_group=MARK,
            expect_stacks=True,
            disturbance=Disturbance(duplicates=0.3, late=0.3, shuffle=True, seed=seed),
        ) as aws,
        under_load(aws),
    ):
        return tried_on(aws, count, seed)


@contextlib.contextmanager
def under_load(aws: LocalAws) -> Iterator[None]:
    """Others' calls, as fast as they are answered, until the block is left."""
    stop = threading.Event()

    def call() -> None:
        others = client(aws, "sqs")
        while not stop.is_set():
            others.list_queues()

    workers = [threading.Thread(target=call) for _ in range(2)]
    for each in workers:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in workers:
            each.join()


def tried_on(aws: LocalAws, count: int, seed: int) -> Figures:
    """As `run`, on a local AWS that stays up.

    `lost` is what a killed command left behind for good, `crashed` a command that could not
    go on where the killed one stopped, `hung` one that did not end.
    """
    chance, figures = random.Random(seed), Figures("kills")
    with tempfile.TemporaryDirectory() as folder, _environment(folder):
        trial = Trial(aws, Path(folder))
        trial.down()
        nothing, files = trial.standing(), trial.files()
        for verb, moment in itertools.islice(_moments(trial, chance), count):
            what = f"{verb} killed at moment {moment}"
            try:
                wrong = trial.killed(verb, moment, resumed=chance.random() < 0.5)
            except subprocess.TimeoutExpired:
                figures = figures.plus(f"{what}: no end", tried=1, hung=1)
                continue
            if wrong:
                figures = figures.plus(f"{what}: {wrong}", crashed=1)
            left = trial.standing() != nothing or trial.files() != files
            told = f"{what}: {trial.standing()}, {trial.files()} left" if left else ""
            figures = figures.plus(told, tried=1, lost=int(left))
    return figures


def _moments(trial: Trial, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Before and after each call that changes something; then moments by chance."""
    counted = {verb: trial.moments_of(verb) for verb in VERBS}
    for verb, (_, calls) in counted.items():
        for number, side in itertools.product(range(1, calls + 1), (BEFORE, AFTER)):
            yield verb, f"{side}:{number}"
    for verb in itertools.cycle(VERBS):
        yield verb, str(chance.randint(1, counted[verb][0]))


class Trial:
    """Commands on one local AWS, with one state directory."""

    def __init__(self, aws: LocalAws, state_directory: Path) -> None:
        self._aws, self._directory = aws, state_directory
        self._where = ["--endpoint-url", aws.endpoint_url]

    def moments_of(self, verb: str) -> tuple[int, int]:
        """How many moments `verb` has, where all is as for `killed`, and how many calls that change
        something."""
        self._prepare(verb)
        self._die("0", verb)
        counted = self._directory / "moments"
        moments, calls = (int(each) - 1 for each in counted.read_text("ascii").split())
        counted.unlink()
        self.down()
        return moments, calls

    def killed(self, verb: str, moment: str, *, resumed: bool) -> str:
        """Kill `verb`, resume the lab or not, and take it away; what went wrong, in words."""
        self._prepare(verb)
        self._die(moment, verb)
        # What is asked is whether the run goes on, not how soon a busy machine delivers.
        again = self._command("run", "--timeout", str(SECONDS)) if resumed else ""
        wrong = again if f"{len(WALKTHROUGH.steps)} passed" not in again and resumed else ""
        return wrong[-400:] + self._doubled() + self.down()

    def _doubled(self) -> str:
        """What stands twice: trails of one name, tables, buckets for one trail; in words."""
        trails, _, _, stacks, buckets, tables, _ = self.standing()
        own = [each for each in buckets if each.startswith("aws-cloudtrail-logs-")]
        own = [each for each in own if "organization" not in each]
        many = len(set(trails)) < len(trails) or len(stacks) > 2 or len(own) > 2 or len(tables) > 1
        return f"doubled: {self.standing()}" if many else ""

    def down(self) -> str:
        """Take the lab away; what was said, if something is left."""
        said = self._command("down", "--yes")
        return "" if "Nothing of the lab is left." in said else said[-400:]

    def standing(self) -> Left:
        """All there is in the account that a lab could have made."""
        trails = client(self._aws, "cloudtrail").list_trails()["Trails"]
        functions = client(self._aws, "lambda").list_functions()["Functions"]
        groups = client(self._aws, "logs").describe_log_groups()["logGroups"]
        stacks = client(self._aws, "cloudformation").describe_stacks()["Stacks"]
        return (
            tuple(each["Name"] for each in trails),
            tuple(each["FunctionName"] for each in functions),
            tuple(each["logGroupName"] for each in groups),
            tuple(f"{each['StackName']} {each['StackStatus']}" for each in stacks),
            tuple(each["Name"] for each in client(self._aws, "s3").list_buckets()["Buckets"]),
            tuple(client(self._aws, "dynamodb").list_tables()["TableNames"]),
            tuple(each["RoleName"] for each in client(self._aws, "iam").list_roles()["Roles"]),
        )

    def files(self) -> Left:
        """The files that commands left, except templates that are kept."""
        found = (path.relative_to(self._directory) for path in self._directory.rglob("*"))
        return (tuple(sorted(str(each) for each in found if each.parts[0] != "synth")),)

    def _prepare(self, verb: str) -> None:
        if verb == "down":
            self._command("run", "--timeout", "0")

    def _command(self, *arguments: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main([*arguments, *self._where])
        return said.getvalue()

    def _die(self, moment: str, verb: str) -> None:
        yes: Sequence[str] = ["--yes"] if verb == "down" else []
        subprocess.run(
            [sys.executable, "-m", "tests.fuzz.dying", moment, verb, *yes, *self._where],
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )


@contextlib.contextmanager
def _environment(state_directory: str) -> Iterator[None]:
    names = [name for name in os.environ if name.startswith("AWS_")]
    with patch.dict(os.environ, {"LAB_STATE_DIR": state_directory}):
        for name in names:
            del os.environ[name]
        yield
