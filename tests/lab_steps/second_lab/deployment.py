"""The template for an account, and the names in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_steps.place.inventory import Names, StackNames
from lab_steps.place.synth import Template

STACK = "second-lab"
TRAIL = "second-lab-objects"


@dataclass(frozen=True, slots=True)
class OneStack:
    """One stack, which nobody can choose anything about."""

    account: str | None

    @property
    def parameters(self) -> dict[str, str]:
        """None."""
        return {}

    @property
    def names(self) -> Names:
        """As stack.json gives them."""
        account = self.account or "<account>"
        buckets = (bucket_name("objects", account), bucket_name("logs", account))
        return Names(stacks=(StackNames(STACK, buckets=buckets, trails=(TRAIL,)),))

    def templates(self, *, athena: bool = False) -> tuple[tuple[Template, ...], bool]:
        """The file as it is: there is nothing to synthesize."""
        text = Path(__file__).with_name("stack.json").read_text(encoding="utf-8")
        return (Template(STACK, text),), True


def bucket_name(purpose: str, account: str) -> str:
    """The name of the bucket for `objects` or `logs`."""
    return f"second-lab-{purpose}-{account}"


def deployed(_region: str, account: str | None, _parameters: Mapping[str, str]) -> OneStack:
    """The stack in an account."""
    return OneStack(account)
