"""What a run does, written down before it does it, so that a killed run can be resumed or removed.

One file for each target, account and Region, under `.lab/` (or `LAB_STATE_DIR`). A lock next to it
keeps two runs from changing the same lab at once. The system releases it when the process ends, for
any reason.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from lab_steps.atomic_files import held, remove, write_atomically
from lab_steps.checking.first_seen import SeenFile
from lab_steps.documents import Document, DocumentError, read
from lab_steps.errors import CannotLookError

FORMAT = 2


class Phase(StrEnum):
    """STARTED is written before anything changes, DONE after."""

    STARTED = "STARTED"
    DONE = "DONE"


class Action(Document, frozen=True, kw_only=True):
    """Something that changes the lab: a deployment, calls of the workload."""

    phase: Phase
    started: datetime
    done: datetime | None = None


class LabState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one lab between runs.

    `parameters` are those it was started with, which its resumption and teardown need; `expires` is
    when it is meant to be gone. An action that makes one thing has its name: `stack small`, `table
    Users`.
    """

    format: int = FORMAT
    parameters: dict[str, str] = {}
    expires: datetime | None = None
    actions: dict[str, Action] = {}

    @property
    def last_time(self) -> datetime | None:
        """When the last action was begun or finished."""
        times = [each.done or each.started for each in self.actions.values()]
        return max(times, default=None)


@dataclass
class StateFile:
    """The state of one lab on disk."""

    path: Path
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def seen(self) -> SeenFile:
        """What checks of this lab saw last. They write to no other file: a run may be at work."""
        return SeenFile(self.path.with_suffix(".seen.json"))

    def load(self) -> LabState:
        """The state; an empty one when there is no file."""
        try:
            return read(self.path, LabState, "format")
        except FileNotFoundError:
            return LabState()
        except DocumentError as error:
            raise CannotLookError(
                f"The state file {self.path} cannot be read: {error}",
                error.advice or "If it is of no use, remove it and repeat the command.",
            ) from error

    def save(self, state: LabState) -> None:
        """Write the state so that a crash leaves the old file or the new one, never a half."""
        write_atomically(self.path, msgspec.json.format(msgspec.json.encode(state)))

    def begin(self, parameters: dict[str, str], expires: datetime | None = None) -> LabState:
        """The state, with `parameters` noted when it has none yet, and `expires` if it is given."""
        state = before = self.load()
        if not state.parameters:
            state = msgspec.structs.replace(state, parameters=parameters)
        if expires:
            state = msgspec.structs.replace(state, expires=expires)
        if state != before:
            self.save(state)
        return state

    @contextmanager
    def doing(self, action: str) -> Iterator[None]:
        """Note `action` as STARTED, and as DONE when the block ends without an exception."""
        started = datetime.now(UTC)
        self._note(action, Action(phase=Phase.STARTED, started=started))
        yield
        done = datetime.now(UTC)
        self._note(action, Action(phase=Phase.DONE, started=started, done=done))

    def forget(self) -> None:
        """Remove the files: nothing of the lab is left."""
        self.seen.forget()
        remove(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs away from this lab. Raises CannotLookError if one is changing it."""
        with held(self.path.with_suffix(".lock"), "changing this lab"):
            yield

    def _note(self, name: str, action: Action) -> None:
        with self._writing:
            state = self.load()
            self.save(msgspec.structs.replace(state, actions={**state.actions, name: action}))


def state_directory() -> Path:
    """The folder of states: `LAB_STATE_DIR`, else `.lab` in the current directory."""
    return Path(os.environ.get("LAB_STATE_DIR") or ".lab").absolute()


def state_file(where: str, account: str, region: str, lab: str = "") -> StateFile:
    """The state of the lab called `lab` at `where` (an endpoint URL, or `aws`) in `account` and
    `region`."""
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"{where}-{account}-{region}-{lab}").strip("-")
    return StateFile(state_directory() / f"{key}.json")
