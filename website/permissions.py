"""The lists of docs/permissions.md, from the lab's: as a program it renews them there."""

from __future__ import annotations

import textwrap
from pathlib import Path

from lab_steps.command_line.verb_table import VERBS
from lab_steps.walkthrough.iam_actions import (
    ACCESS,
    BY_CLOUDFORMATION,
    FOR_ATHENA_BY_CLOUDFORMATION,
    FOR_BUDGET_BY_CLOUDFORMATION,
    OF_ORGANIZATION,
    UNRECORDED,
    Access,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"

_WITH_OPTIONS = {
    "check-athena": "... --engine athena",
    OF_ORGANIZATION: "class check --organization-logs",
    "down-by-hand": "down --by-hand",
}


def text() -> str:
    """The page, as the lab is now: the lists are its end."""
    before, start, _ = PAGE.read_text(encoding="utf-8").partition("\n\n- `")
    assert start, f"{PAGE} has no list"
    return f"{before}\n\n{_lists()}\n"


def _lists() -> str:
    """The lists in Markdown."""
    parts = [
        *(_part(_commands(policy), access) for policy, access in ACCESS.items()),
        _wrapped(
            "CloudFormation creates and deletes the stacks' resources with the caller's "
            "permissions, so `run`, `up` and `down` also need: "
            f"{_codes((*BY_CLOUDFORMATION, *UNRECORDED))}. With Athena's stack: "
            f"{_codes(FOR_ATHENA_BY_CLOUDFORMATION)}. With a budget: "
            f"{_codes(FOR_BUDGET_BY_CLOUDFORMATION)}."
        ),
    ]
    return "\n".join(parts)


def _part(commands: str, access: Access) -> str:
    sometimes = f" Where {access.when}: {_codes(access.then)}." if access.then else ""
    return _wrapped(f"{commands}: {_codes(access.always)}.{sometimes}")


def _commands(policy: str) -> str:
    verbs = [name for name, verb in VERBS.items() if verb.policy == policy]
    return ", ".join(f"`{each}`" for each in verbs or [_WITH_OPTIONS[policy]])


def _wrapped(text: str) -> str:
    return textwrap.fill(
        f"- {text}",
        98,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _codes(actions: tuple[str, ...]) -> str:
    """`cloudtrail:DescribeTrails`, `ListTrails`; `s3:GetObject`."""
    services: dict[str, list[str]] = {}
    for each in sorted(actions):
        service, _, name = each.partition(":")
        services.setdefault(service, []).append(name)
    told = [
        ", ".join([f"`{service}:{names[0]}`", *(f"`{name}`" for name in names[1:])])
        for service, names in services.items()
    ]
    return "; ".join(told)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
