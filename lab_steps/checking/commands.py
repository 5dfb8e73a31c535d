"""Commands that work when pasted into bash: what is known about a place is filled in.

Declared commands may contain `<account>`, `<suffix>`, `<region>`, `<location>` (what CreateBucket
needs outside us-east-1) and `<here>` (the options of the lab's own commands). They call the AWS CLI
as `aws`; the options that lead it to the lab are added.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

FIRST_REGION = "us-east-1"
"""The one Region whose buckets are made without a LocationConstraint."""

_CLI = re.compile(r"(?:(?<=^)|(?<=&& )|(?<=\|\| )|(?<=; )|(?<=\$\()|(?<=CLI: ))aws (?=[a-z0-9]+ )")
_WORD = re.compile(r"[A-Za-z0-9-]*")
_ASK_ACCOUNT = "ACCOUNT=$(aws sts get-caller-identity --query Account --output text) && "


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Where commands should work. If `account` is None, the command itself asks for it.

    `enters` goes before the AWS CLI if its own credentials belong to another account.
    """

    region: str
    account: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    suffix: str = "lab"
    enters: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a value that is not one word in bash: bundles may be others'."""
        for value in (self.region, self.account or "", self.suffix):
            if not _WORD.fullmatch(value):
                raise ValueError(f"wanted letters, digits and hyphens, got {value!r}")

    def of_lab(self, settings: Mapping[str, str]) -> CommandContext:
        """The same place for a lab with these settings: with its suffix, if it has one."""
        suffix = settings.get("suffix")
        return replace(self, suffix=suffix) if suffix else self

    @property
    def options(self) -> str:
        """The options of the AWS CLI, and of our own commands, that lead there."""
        named = (
            ("--profile", self.profile),
            ("--endpoint-url", self.endpoint_url),
            ("--region", self.region),
        )
        return " ".join(f"{name} {shlex.quote(value)}" for name, value in named if value)

    def text(self, told: str) -> str:
        """`told` with what is known filled in, for people to read."""
        known = {
            "<account>": self.account or "<account>",
            "<suffix>": self.suffix,
            "<region>": self.region,
            "<here>": self.options,
        }
        for mark, value in known.items():
            told = told.replace(mark, value)
        return told

    def command(self, declared: str) -> str:
        """`declared` with what is known filled in, to be pasted."""
        elsewhere = self.region != FIRST_REGION
        location = f" --create-bucket-configuration LocationConstraint={self.region}"
        command = declared.replace(" <location>", location * elsewhere)
        if self.account is None and "<account>" in command:
            command = _ASK_ACCOUNT + "".join(_asking(command))
        return _CLI.sub(lambda _: f"{self.enters}aws {self.options} ", self.text(command))


def _asking(command: str) -> Iterator[str]:
    """The command with the shell's variable for the account, within single quotes, too."""
    for number, part in enumerate(command.split("'")):
        inside = number % 2
        yield "'" * bool(number)
        yield part.replace("<account>", "'\"$ACCOUNT\"'" if inside else "$ACCOUNT")
