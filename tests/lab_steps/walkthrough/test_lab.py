"""The declarations of the steps."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from lab_steps.checking.step import Step
from lab_steps.errors import UsageError
from lab_steps.walkthrough.lab import WALKTHROUGH
from tests.lab_steps.step_numbers import ALL, NUMBERS


def test_steps_are_numbered_from_one_without_a_gap() -> None:
    assert list(NUMBERS) == list(range(1, ALL + 1))


@pytest.mark.parametrize("step", WALKTHROUGH.steps, ids=lambda step: str(step.number))
def test_a_step_tells_what_to_do_what_is_checked_and_gives_hints(step: Step) -> None:
    assert step.title
    assert step.console
    assert step.command
    assert step.looks_at
    assert step.api
    assert step.hints


@pytest.mark.parametrize("step", WALKTHROUGH.steps, ids=lambda step: str(step.number))
def test_a_step_needs_only_what_other_steps_provide(step: Step) -> None:
    assert all(WALKTHROUGH.provider(need) is not step for need in step.needs)


def test_no_step_needs_itself_by_way_of_others() -> None:
    needed = {
        each: {WALKTHROUGH.provider(need) for need in each.needs} for each in WALKTHROUGH.steps
    }
    assert list(TopologicalSorter(needed).static_order())


def test_an_unknown_step_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=f"There is no step 1000: .* 1 to {ALL}"):
        WALKTHROUGH.step(1000)


def test_steps_are_chosen_in_the_walkthroughs_order() -> None:
    assert [step.number for step in WALKTHROUGH.choose([34, 7, 7])] == [7, 34]
