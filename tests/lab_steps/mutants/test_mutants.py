"""The checks checked: every mutant fails exactly its steps, and every step has its mutant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_steps.bundles import regrading, saving
from lab_steps.checking.finding import GOOD, Finding, Outcome
from lab_steps.checking.known_events import KnownEvents
from lab_steps.session import LabSession
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.mutants import next_actions
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.catalogue.mutant import Mutant
from tests.lab_steps.mutants.conftest import Judged
from tests.lab_steps.mutants.next_actions import assert_repaired
from tests.lab_steps.mutants.texts import assert_kept
from tests.lab_steps.mutants.texts import told as told_texts
from tests.lab_steps.step_numbers import NUMBERS

ONLY_LOOKS = re.compile(r"aws (?:--\S+ \S+ )*[a-z0-9]+ (describe|get(?!-item)|lookup)|s3 ls")
"""Commands that change nothing and leave no event that a step looks for. Only the organization's
trail (step 2) is not the student's to repair."""


def verdict(finding: Finding) -> str:
    """`FAIL`, or `BLOCKED by 6`."""
    by = f" by {finding.blocked_by}" if finding.outcome is Outcome.BLOCKED else ""
    return f"{finding.outcome}{by}"


PAGES = {3, 4, 17, 23, 24}
"""Steps that open a page: judged by calls that are looked for in several places, one by one. They
are as closed in a bundle."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fails_exactly_its_steps_and_says_why(
    mutant: Mutant, judged: Judged, lab: LabSession, tmp_path: Path
) -> None:
    findings = judged(mutant.lab)
    fallen = {n: each for n, each in findings.items() if each.outcome not in GOOD}
    expected = dict.fromkeys(mutant.fails, "FAIL") | {
        number: f"BLOCKED by {step}" for number, step in mutant.blocked.items()
    }
    told = "".join(f"\n{n}: {each.actual}: {each.rationale}" for n, each in fallen.items())
    assert {n: verdict(each) for n, each in fallen.items()} == expected, told
    for number, why in mutant.fails.items():
        finding, action = findings[number], findings[number].next_action
        assert why in finding.rationale
        assert finding.expected
        assert finding.actual
        assert finding.actual != finding.expected
        assert action
        assert action.console
        assert number == 2 or not ONLY_LOOKS.match(action.command), "it repairs nothing"
        assert_repaired(mutant.name, number, finding)
    for number, step in mutant.blocked.items():
        assert findings[number].next_action == findings[step].next_action
    assert_kept(f"{next(iter(mutant.fails)):02} {mutant.name}", told_texts(lab, findings))
    if set(mutant.fails) <= PAGES:
        assert_as_closed_in_a_bundle(mutant, lab, tmp_path / "lab.zip")


def assert_as_closed_in_a_bundle(mutant: Mutant, lab: LabSession, path: Path) -> None:
    lab.known_events = KnownEvents()
    saved = saving.save(path, lab)
    assert regrading.differing(regrading.regrade(WALKTHROUGH, path), saved) == []
    found = {each.number for each in saved.steps if each.outcome is Outcome.FAIL}
    assert found == set(mutant.fails)


def test_the_next_actions_that_are_told_of_are_those_of_mutants() -> None:
    failing = {(mutant.name, number) for mutant in MUTANTS for number in mutant.fails}
    assert {*next_actions.COMMANDS, *next_actions.FOREIGN} <= failing


def test_every_step_is_failed_by_a_mutant_that_it_alone_catches() -> None:
    caught = {number for mutant in MUTANTS if len(mutant.fails) == 1 for number in mutant.fails}
    assert set(NUMBERS) - caught == set(), (
        "no mutant fails these steps alone: add one to the catalogue (docs/writing-a-lab.md)"
    )


def test_names_of_mutants_are_unique_and_there_are_forty_at_least() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 40
