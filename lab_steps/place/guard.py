"""The account guard: only accounts that are meant for labs are changed.

The account's mark says so, or the person's own list (`consent`), wherever the account is. A local
AWS that we start has the mark from the start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab_steps.checking.view import View
from lab_steps.errors import RefusedError, UsageError
from lab_steps.targets.caller import Caller
from lab_steps.targets.consent import (
    GROUP,
    TAG,
    Consent,
    consent_of,
    list_command,
    list_path,
    mark_command,
)

_PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|prd|production|live)(?:$|[^a-z])")
"""Words of account aliases that no lab belongs in; AWS has them in lower case."""

UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks before every change of an account; `title` is what people call the place.

    `marks_all` is a command that puts this account and others on the person's own list.
    """

    view: View
    caller: Caller
    title: str
    marks_all: str = ""

    def permit(self, verb: str, named: str | None) -> Consent:
        """How much to ask the person for `verb`; `named` is what `--account` says. Raises
        RefusedError for an account other than the named one, an account that is not meant for labs,
        one with a production-like alias, its root user, and one that is not named.
        """
        account = self.caller.account
        if named is not None and not (named.isdecimal() and len(named) == 12):
            raise UsageError(f"--account: wanted an account's 12 digits, got {named!r}.")
        if named is not None and named != account:
            raise RefusedError(
                f"--account says {named}, but {self.title} belongs to account {account}.",
                f"{UNCHANGED} Choose the profile of the account you mean.",
            )
        self._refuse_production()
        consent = self.consent()
        if consent is Consent.UNASKED:
            return consent
        if self.caller.is_root:
            raise RefusedError(
                f"These are the credentials of the root user of account {account}: IAM policies "
                "do not limit them.",
                f"{UNCHANGED} Sign in as a user or a role, and delete the root user's access keys.",
            )
        if named is None:
            raise RefusedError(
                f"`{verb}` would change account {account} ({self.title}).",
                (
                    f"{UNCHANGED} If that is the right account for the lab, say so: --account "
                    f"{account}"
                ),
            )
        return consent

    def consent(self) -> Consent:
        """What the account or the person's list says.

        Raises RefusedError if neither says anything.
        """
        consent = consent_of(self.view, self.caller.partition)
        if consent is None:
            everyone = self.marks_all and f"\nall of the class:\n  {self.marks_all}"
            raise RefusedError(
                f"Account {self.caller.account} ({self.title}) is not marked as meant for labs: "
                f"it has no log group {GROUP} with the tag {TAG}, and it is not on your own list, "
                f"{list_path()}.",
                f"{UNCHANGED} If it is, mark it:\n  {mark_command(self.view)}\nor, just for "
                f"yourself:\n  {list_command(self.view)}{everyone}",
            )
        return consent

    def _refuse_production(self) -> None:
        for alias in self.view.ask("iam:ListAccountAliases")["AccountAliases"]:
            if _PRODUCTION.search(alias):
                raise RefusedError(
                    (
                        f"Account {self.caller.account} has the alias {alias}, which looks like "
                        "production."
                    ),
                    f"{UNCHANGED} Use an account that exists for labs.",
                )
