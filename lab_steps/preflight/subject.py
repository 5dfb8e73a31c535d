"""What is checked before a lab starts: an account, and the lab to be created there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from lab_steps.checking.view import View
from lab_steps.place.guard import Guard
from lab_steps.place.inventory import Inventory, Names, StackNames
from lab_steps.place.state import LabState
from lab_steps.place.synth import Template
from lab_steps.targets.caller import Caller


@dataclass(frozen=True)
class Subject:
    """A look at an account, for a lab with `templates` to deploy there. `of_work`: its workload
    follows. `actions` are the IAM actions that this needs. `origin` says where the caller's
    credentials are from, `lasting` whether they end, and then what happens. `command` makes a
    command line of ours for this place.
    """

    view: View
    guard: Guard
    names: Names
    templates: tuple[Template, ...]
    of_work: bool
    actions: tuple[str, ...]
    state: LabState
    origin: str
    lasting: str
    command: Callable[[str], str]

    @property
    def stacks(self) -> list[StackNames]:
        """The names of what is to be deployed."""
        wanted = {each.stack for each in self.templates}
        return [each for each in self.names.stacks if each.name in wanted]

    @property
    def caller(self) -> Caller:
        """The caller whose credentials are used."""
        return self.guard.caller

    @cached_property
    def inventory(self) -> Inventory:
        """What exists under the lab's names."""
        return Inventory(self.view, self.names)
