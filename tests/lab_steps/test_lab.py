"""A lab is whole when it is made, or it is not made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab_steps.command_line.options import Given
from lab_steps.errors import UsageError
from lab_steps.lab import Part
from lab_steps.verbs import hint
from tests.lab_steps.second_lab.lab import SECOND_LAB
from tests.lab_steps.second_lab.steps import LOG_FILES, SETTINGS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": ()}, r"wanted steps with one number each, got \[\]"),
        ({"parts": (Part("Twice", (*SETTINGS, *SETTINGS)),)}, r"got \[1, 1, 2, 2, 3, 3\]"),
        ({"parts": (Part("Half", LOG_FILES),)}, "wanted one step that provides .*, got 0"),
        ({"name": "../elsewhere"}, "wanted a name like second-lab, got '../elsewhere'"),
    ],
    ids=["no step", "two of a number", "no provider", "a path"],
)
def test_a_lab_that_cannot_be_run_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SECOND_LAB, **changes)


def test_a_need_has_one_provider() -> None:
    again = replace(SETTINGS[0], number=9)
    with pytest.raises(ValueError, match=r"wanted one step that provides .*, got 2"):
        replace(SECOND_LAB, parts=(*SECOND_LAB.parts, Part("Again", (again,))))


def test_a_step_without_hints_says_so() -> None:
    silent = replace(SETTINGS[0], hints=())
    lab = replace(SECOND_LAB, parts=(Part("All", (silent, *SETTINGS[1:], *LOG_FILES)),))
    with pytest.raises(UsageError, match="Step 1 has no hints"):
        hint.run(Given(lab=lab, step="1", reset=False, all=False))
