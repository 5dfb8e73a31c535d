"""The checks checked: every mutant fails exactly its steps, and every step has its mutant."""

from __future__ import annotations

import pytest

from lab_steps.outcomes import Finding, Outcome
from tests.lab_steps.mutants.catalogue import MUTANTS, NUMBERS, Mutant
from tests.lab_steps.mutants.conftest import Judged


def verdict(finding: Finding) -> str:
    """`FAIL`, or `BLOCKED by 6`."""
    by = f" by {finding.blocked_by}" if finding.outcome is Outcome.BLOCKED else ""
    return f"{finding.outcome}{by}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fails_exactly_its_steps_and_says_why(mutant: Mutant, judged: Judged) -> None:
    findings = judged(mutant.lab)
    fallen = {n: each for n, each in findings.items() if each.outcome is not Outcome.PASS}
    expected = dict.fromkeys(mutant.fails, "FAIL") | {
        number: f"BLOCKED by {step}" for number, step in mutant.blocked.items()
    }
    told = "".join(f"\n{n}: {each.actual}: {each.rationale}" for n, each in fallen.items())
    assert {n: verdict(each) for n, each in fallen.items()} == expected, told
    for number, why in mutant.fails.items():
        assert why in findings[number].rationale


@pytest.mark.parametrize("number", NUMBERS)
def test_every_step_is_failed_by_a_mutant_that_it_alone_catches(number: int) -> None:
    assert any(set(mutant.fails) == {number} for mutant in MUTANTS), (
        f"no mutant fails step {number} alone: add one to the catalogue (docs/check-authors.md)"
    )


def test_names_of_mutants_are_unique_and_there_are_forty_at_least() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 40
