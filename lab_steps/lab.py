"""A lab as a value: what the runner gets, and all it knows about the lab it runs.

`docs/writing-a-lab.md` goes through one, field by field. The walkthrough is one, and
`tests/lab_steps/second_lab/` is a small one: start a lab of your own from that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from lab_steps.checking.step import Need, Step
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.costs import Usage
from lab_steps.errors import UsageError
from lab_steps.process import COMMAND

if TYPE_CHECKING:
    from lab_steps.checking.view import View
    from lab_steps.place.inventory import Names
    from lab_steps.place.state import StateFile
    from lab_steps.place.synth import Template
    from lab_steps.targets.target import Target

_NAME = re.compile(r"[a-z0-9-]*")

Say = Callable[[str], None]
Workload: TypeAlias = "Callable[[Target, StateFile, Say], None]"
"""What `run` does once the stacks are deployed: the calls that the log files will show."""


@dataclass(frozen=True, slots=True)
class Part:
    """Steps that belong together, under the title that lists and reports give them."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that people may choose when they start a lab, by the option `--name`."""

    name: str
    help: str

    @property
    def option(self) -> str:
        """The attribute that it has on the parsed command line."""
        return self.name.replace("-", "_")


class Deployment(Protocol):
    """A lab's stacks for one account and Region, with every parameter filled in."""

    @property
    def parameters(self) -> dict[str, str]:
        """What a later command needs to know to find this lab again."""

    @property
    def names(self) -> Names:
        """The names that are given to what is deployed, and to what the workload makes."""

    def templates(self, *, athena: bool = False) -> tuple[tuple[Template, ...], bool]:
        """The templates, in the order of deployment; True if they were kept from earlier.

        `athena`: include the stack that `Lab.athena` names. Raises LabError.
        """


Deployed = Callable[[str, str | None, Mapping[str, str]], Deployment]
"""Makes a Deployment for a Region, an account (None for one that is not known yet) and parameters.

Raises UsageError for a parameter that AWS does not accept.
"""


def _not_known(_view: View, _table: str) -> str:
    return "it is not known what else it holds"


def _no_actions(_verb: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class AthenaNames:
    """The optional stack of Athena tables over a lab's log files, and what it creates. `table`
    returns the table of a trail by its `purpose`.
    """

    stack: str
    workgroup: str
    database: str
    table: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Help:
    """What `--help` says that is this lab's: what it is, and examples.

    `command` is how the lab's command line is called. `verbs` says what verbs do that do something
    else here than in other labs.
    """

    description: str
    command: str = COMMAND
    examples: str = ""
    stands: str = "The stacks are deployed."
    verbs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lab:
    """One lab: its steps in order, in parts; its trails; what is deployed, and the work on it.

    `policies` is a folder with IAM policies, `NAME.json` by the names in the table of verbs. `name`
    keeps its notes separate from those of other labs at the same place, and may be empty for one
    lab. `organization_trail` must exist before the lab: the trail of an organization that the lab's
    account is a member of. `usage` is what `plan` estimates the price of. `access` has the IAM
    actions that a verb needs, by its name. `other_content` says what a table of a lab made by hand
    holds that the lab does not make, an empty text for nothing.

    Raises ValueError for a lab without steps, for two steps of one number, for a need that no step
    provides, or two do, and for a name with anything but lower-case letters, digits and hyphens.
    """

    title: str
    parts: tuple[Part, ...]
    help: Help
    deployed: Deployed
    workload: Workload
    name: str = ""
    trails: tuple[LabTrail, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    athena: AthenaNames | None = None
    organization_trail: str | None = None
    usage: tuple[Usage, ...] = ()
    access: Callable[[str], tuple[str, ...]] = _no_actions
    other_content: Callable[[View, str], str] = _not_known
    policies: Path | None = None

    def __post_init__(self) -> None:
        numbers = [each.number for each in self.steps]
        if not numbers or len(set(numbers)) < len(numbers):
            raise ValueError(
                f"{self.title}: wanted steps with one number each, got {sorted(numbers)}"
            )
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.title}: wanted a name like second-lab, got {self.name!r}")
        provided = [need for each in self.steps for need in each.provides]
        needed = [need.root for each in self.steps for need in each.needs]
        for need in {*needed, *provided}:
            if provided.count(need) != 1:
                raise ValueError(
                    f"{self.title}: wanted one step that provides {need.what!r}, "
                    f"got {provided.count(need)}"
                )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for part in self.parts for step in part.steps)

    @property
    def numbers(self) -> str:
        """`1 to 5` for a lab of five steps."""
        return f"{self.steps[0].number} to {self.steps[-1].number}"

    @cached_property
    def _providers(self) -> Mapping[Need, Step]:
        return {need: step for step in self.steps for need in step.provides}

    @cached_property
    def _parts(self) -> Mapping[Step, Part]:
        return {step: part for part in self.parts for step in part.steps}

    def command(self, rest: str) -> str:
        """`python -m lab_steps check` for `check`."""
        return f"{self.help.command} {rest}"

    def provider(self, need: Need) -> Step:
        """The step that provides what `need` asks for."""
        return self._providers[need.root]

    def part_of(self, step: Step) -> Part:
        """The part that `step`, which is one of this lab's, belongs to."""
        return self._parts[step]

    def step(self, number: int) -> Step:
        """The step with `number`. Raises UsageError if there is none."""
        for each in self.steps:
            if each.number == number:
                return each
        raise UsageError(
            f"There is no step {number}: {self.title} has steps {self.numbers}.",
            f"See them all with: {self.command('explain')}",
        )

    def choose(self, numbers: Iterable[int] | None) -> tuple[Step, ...]:
        """The steps with `numbers`, in the lab's order; all of them for None."""
        if not numbers:
            return self.steps
        wanted = {self.step(number) for number in numbers}
        return tuple(step for step in self.steps if step in wanted)
