"""The reference lab passes every step, in whatever words it is spelled."""

from __future__ import annotations

import pytest

from tests.lab_steps.mutants.conftest import Judged
from tests.lab_steps.mutants.reference_lab import SPELLINGS
from tests.lab_steps.step_numbers import ALL


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_the_lab_passes_all_steps(spelling: str, judged: Judged) -> None:
    findings = judged(SPELLINGS[spelling])
    assert len(findings) == ALL
    assert {n: each for n, each in findings.items() if each.outcome != "PASS"} == {}
