"""Running candidates as processes of their own, in turns, and what they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SAMPLING_SECONDS = 0.01


class CandidateError(RuntimeError):
    """A candidate failed, or answered something else than the others."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: wall seconds, peak megabytes of all its processes together, and its answer."""

    seconds: float
    megabytes: float
    answer: str


@dataclass(slots=True)
class Contender:
    """A candidate's runs, one a round."""

    runs: list[Run] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """What each run took."""
        return [run.seconds for run in self.runs]

    @property
    def megabytes(self) -> float:
        """The highest peak of the runs."""
        return max(run.megabytes for run in self.runs)

    def ratios_to(self, other: Contender) -> list[float]:
        """How many times as long as the other's run of the same round each run took."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return [mine / theirs for mine, theirs in pairs]


def interleaved(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Contender]:
    """Every candidate once a round, in turns, so that all meet the same machine.

    The answers of all candidates that give one must be equal. Raises CandidateError.
    """
    contenders = {name: Contender() for name in commands}
    for _ in range(rounds):
        runs = {name: measured(name, command) for name, command in commands.items()}
        _same_answers(runs)
        for name, run in runs.items():
            contenders[name].runs.append(run)
    return contenders


def measured(
    name: str,
    command: Sequence[str],
    codes: Sequence[int] = (0,),
    variables: Mapping[str, str] | None = None,
    sampling_seconds: float = _SAMPLING_SECONDS,
) -> Run:
    """Runs a command to its end, with one of `codes`; its last line of output is its answer.

    Its memory is looked at every `sampling_seconds`, which costs CPU time.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(variables or {})},
    )
    peak = _Peak(process.pid, sampling_seconds)
    output, errors = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode not in codes:
        raise CandidateError(f"{name} ended with {process.returncode}: {command}\n{errors}")
    lines = output.strip().splitlines()
    return Run(seconds, peak.stop(), lines[-1] if lines else "")


def candidate(name: str, *arguments: str) -> list[str]:
    """The command that runs a function of `bench.candidates`."""
    return [sys.executable, "-m", "bench.candidates", name, *arguments]


def _same_answers(runs: Mapping[str, Run]) -> None:
    """Raise CandidateError if candidates count the same thing differently."""
    answers = {name: json.loads(run.answer) for name, run in runs.items() if run.answer}
    for what in {what for answer in answers.values() for what in answer}:
        if len({answer[what] for answer in answers.values() if what in answer}) > 1:
            raise CandidateError(f"The candidates disagree about {what}: {answers}")


class _Peak:
    """The most memory a process and its descendants held at one time (Linux; elsewhere 0)."""

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid = pid
        self._seconds = seconds
        self._highest = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The peak, in megabytes."""
        self._done.set()
        self._thread.join()
        return self._highest / 1e6

    def _watch(self) -> None:
        while not self._done.wait(self._seconds):
            self._highest = max(self._highest, sum(map(_resident, family(self._pid))))


def family(pid: int) -> list[int]:
    """The process and its descendants."""
    try:
        own = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    children = [int(child) for text in own for child in text.split()]
    return [pid, *(one for child in children for one in family(child))]


def cpu_seconds(pid: int, *, of_ended: bool = False) -> float:
    """CPU time of a process so far, or of all that have ended under it (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    times = fields[13:15] if of_ended else fields[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
