"""Showing the person what is going to happen, and asking for a yes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from lab_steps.command_line.options import Given
from lab_steps.errors import UsageError
from lab_steps.place.synth import Template
from lab_steps.preflight import changes
from lab_steps.preflight.changes import PlannedChange
from lab_steps.preflight.examinations import require
from lab_steps.session import LabSession
from lab_steps.targets.consent import Consent

NOT_CONFIRMED = "Not confirmed: nothing was changed."


def prepare(
    session: LabSession,
    templates: Sequence[Template],
    given: Given,
    consent: Consent,
    *,
    of_work: bool,
) -> None:
    """Before `templates` are deployed and the workload runs: check that it can work, and ask for a
    yes.

    Raises RefusedError, with advice, if it cannot; nothing is changed then.
    """
    subject = session.subject(templates, of_work=of_work, verb=given.verb)
    with session.stopwatch.measure("checks before"):
        require(subject)
        planned = [each for template in templates for each in changes.of_stack(subject, template)]
        planned += changes.of_work(subject) if of_work else ()
    happens = [changes.sentence(each) for each in planned if each.change is not PlannedChange.KEEP]
    confirm(consent, given, session.account, "changes", happens)


def confirm(
    consent: Consent, given: Given, account: str, happens: str, what: Iterable[str]
) -> None:
    """Ask on stderr, if the account's consent requires it and `--yes` was not given.

    `happens` says what is done to the things in `what`. Raises UsageError unless the account's
    number is typed.
    """
    if consent is Consent.NAMED and not given.yes:
        typed(account, happens, what, "Use --yes when nobody can answer the question.")


def typed(account: str, happens: str, what: Iterable[str], otherwise: str = "") -> None:
    """Ask in any case; `otherwise` is what else can be done."""
    shown = list(what) or ["nothing"]
    print(f"This {happens} account {account}:", *shown, sep="\n  ", file=sys.stderr)
    print("Type the account number to continue: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline() if sys.stdin else ""
    if line.strip() != account:
        raise UsageError(NOT_CONFIRMED, otherwise)
