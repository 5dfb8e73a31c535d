"""A step of the lab as declared: its number, what to do, what is checked, and how to do it by
hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab_steps.checking.finding import Finding, NextAction
from lab_steps.checking.view import View

if TYPE_CHECKING:
    from lab_steps.checking.probe_events import ProbeEvent
    from trail_logs.expectations import Expectation

Check = Callable[[View], Finding]


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """What a check needs: `there` is called before the check. The step that creates it lists it
    under `provides`. A variant is provided by the step that provides the need it is a variant `of`.
    """

    what: str
    there: Callable[[View], bool]
    of: Need | None = None

    @property
    def root(self) -> Need:
        """The need that a step provides: this one, or the one it is a variant of."""
        return self.of.root if self.of else self

    def unless(self, found: Callable[[View], bool]) -> Need:
        """A variant that also holds if `found` returns True; `found` is called first."""
        return Need(self.what, lambda view: found(view) or self.there(view), of=self)


def _nothing(_record: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class ByRecords:
    """How an account's records alone decide a step, for a grader who sees nothing else.

    The step passes if there is a record of one of `made` that is later than every record of
    `undone`. It is not decided if there is a later record of `unclear`. `wrong` says what is wrong
    with the latest record of `made`, within one second of the last of them; an empty text if
    nothing is. Records of any account count, in the lab's Region. `samples` are events like those:
    if a trail does not record all of them, a missing record says nothing. Without any samples, a
    missing record never says anything: there are other ways to do the step.
    """

    made: tuple[Expectation, ...]
    samples: tuple[ProbeEvent, ...]
    undone: tuple[Expectation, ...] = ()
    unclear: tuple[Expectation, ...] = ()
    wrong: Callable[[Mapping[str, Any]], str] = _nothing

    def expectations(self) -> Iterator[Expectation]:
        """All expectations of the rule."""
        yield from (*self.made, *self.undone, *self.unclear)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One numbered step of a lab.

    `console` is what the student does, `command` the same with the AWS CLI, `action` what the
    runner does instead (None: the step changes nothing). `looks_at` is the check's docstring: what
    must be true, and where the check looks. `api` names the operations behind the step. `hints` go
    from a small one to the answer. `remedy` is what to do if the check fails: repeating the step
    rarely helps if something wrong is already there. With `may_be_undone`, the remedy is also shown
    while the step waits for what it needs. `by_records` is for a grader who only has an
    organization's log files; most steps have none.
    """

    number: int
    title: str
    console: str
    command: str
    looks_at: str
    check: Check
    api: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    provides: tuple[Need, ...] = ()
    hints: tuple[str, ...] = ()
    action: str | None = None
    own_remedy: NextAction | None = None
    may_be_undone: bool = False
    by_records: ByRecords | None = None

    @property
    def remedy(self) -> NextAction:
        """The step's own remedy, or else the step itself."""
        return self.own_remedy or NextAction(console=self.console, command=self.command)


def step(
    number: int,
    title: str,
    *,
    console: str,
    command: str,
    api: tuple[str, ...] = (),
    needs: tuple[Need, ...] = (),
    provides: tuple[Need, ...] = (),
    hints: tuple[str, ...] = (),
    action: str | None = None,
    remedy: NextAction | None = None,
    may_be_undone: bool = False,
    by_records: ByRecords | None = None,
    looks_at: str = "",
) -> Callable[[Check], Step]:
    """Declare the decorated check as step `number`. People read its docstring, or `looks_at` if
    several steps share a check."""

    def declare(check: Check) -> Step:
        return Step(
            number=number,
            title=title,
            console=console,
            command=command,
            looks_at=" ".join((looks_at or check.__doc__ or "").split()),
            check=check,
            api=api,
            needs=needs,
            provides=provides,
            hints=hints,
            action=action,
            own_remedy=remedy,
            may_be_undone=may_be_undone,
            by_records=by_records,
        )

    return declare
