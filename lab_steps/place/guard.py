"""The account guard: nothing outside this machine is changed unless its account was named."""

from __future__ import annotations

from lab_steps.errors import RefusedError, UsageError
from lab_steps.place.target import Target


def permit_changes(target: Target, caller_account: str, named: str | None, verb: str) -> None:
    """RefusedError unless `target` is on this machine, or `named` is the caller's account."""
    if named is not None and not (named.isdecimal() and len(named) == 12):
        raise UsageError(f"--account: wanted an account's 12 digits, got {named!r}.")
    if named is not None and named != caller_account:
        raise RefusedError(
            f"--account says {named}, but {target.title} belongs to account {caller_account}.",
            "Nothing was changed. Choose the profile of the account that you mean.",
        )
    if named is None and not target.is_loopback:
        raise RefusedError(
            f"`{verb}` would change account {caller_account} ({target.title}).",
            f"Nothing was changed. If that is the account for the lab, say so: "
            f"--account {caller_account}",
        )
