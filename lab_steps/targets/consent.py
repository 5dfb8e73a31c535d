"""Whether an account is meant for labs: it is marked, or it is on the person's list.

The mark is an empty log group with a tag, which costs nothing, in the lab's Region. It says whether
to ask before changing anything there: `named`, or `unasked` for an account that exists only for
labs, as those of a local AWS do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from lab_steps.atomic_files import replacing
from lab_steps.checking.view import View, error_code
from lab_steps.errors import UsageError
from stacks.tag import CONSENT_GROUP, CONSENT_TAG, CONSENTS

GROUP, TAG = CONSENT_GROUP, CONSENT_TAG

_LINE = re.compile(r"([0-9]{12})\s*(?:#.*)?")


class Consent(StrEnum):
    """What people must confirm before the account is changed.

    NAMED: its number by `--account`, and a yes to what is going to happen; its root user is
    refused. UNASKED: nothing.
    """

    NAMED, UNASKED = CONSENTS


def consent_of(view: View, partition: str) -> Consent | None:
    """What the person's own list or the account's mark says (logs:ListTagsForResource).

    None if neither has the account. Raises UsageError for a list or a mark that says anything else.
    """
    return Consent.NAMED if view.account in listed() else marked(view, partition)


def marked(view: View, partition: str) -> Consent | None:
    """What the account's mark says, None if it has none."""
    group = f"arn:{partition}:logs:{view.region}:{view.account}:log-group:{GROUP}"
    try:
        tags = view.ask("logs:ListTagsForResource", resourceArn=group)["tags"]
    except Exception as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    if TAG not in tags:
        return None
    if tags[TAG] not in set(Consent):
        raise UsageError(
            f"The log group {GROUP} of account {view.account}: wanted its tag {TAG} to be "
            f"{' or '.join(Consent)}, got {tags[TAG]!r}.",
            "Set it with: "
            + view.place.command(
                f"aws logs tag-resource --resource-arn {group} --tags {TAG}={Consent.NAMED}"
            ),
        )
    return Consent(tags[TAG])


def mark_command(view: View) -> str:
    """The command that gives the account its mark."""
    return view.place.command(
        f"aws logs create-log-group --log-group-name {GROUP} --tags {TAG}={Consent.NAMED}"
    )


def list_command(view: View) -> str:
    """The command that puts the account on the person's own list."""
    return f"mkdir -p {list_path().parent} && echo {view.account} >> {list_path()}"


def add_to_list(accounts: Mapping[str, str]) -> None:
    """Put accounts on the person's own list, each with a comment: whose it is."""
    path = list_path()
    with replacing(path) as file:
        before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        added = [f"{account}  # {whose}" for account, whose in accounts.items()]
        file.write("\n".join([*before, *added, ""]).encode())


def list_path() -> Path:
    """The person's own list: an account on each line, `#` starts a comment."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "cloudtrail-lab" / "accounts"


def listed() -> set[str]:
    """The accounts on the person's own list. Raises UsageError for a line of another form."""
    path = list_path()
    if not path.exists():
        return set()
    accounts = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        found = _LINE.fullmatch(text)
        if found:
            accounts.add(found[1])
        elif text and not text.startswith("#"):
            raise UsageError(
                f"{path}, line {number}: wanted an account's 12 digits, got {text[:40]!r}.",
                "Correct the line. # starts a comment.",
            )
    return accounts
