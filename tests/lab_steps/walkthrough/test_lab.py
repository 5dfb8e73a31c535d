"""The declarations of the steps."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from lab_steps.checking.step import Step
from lab_steps.errors import UsageError
from lab_steps.walkthrough.lab import WALKTHROUGH


def test_there_are_38_steps_under_the_walkthroughs_numbers() -> None:
    assert [step.number for step in WALKTHROUGH.steps] == list(range(1, 39))


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
    with pytest.raises(UsageError, match=r"There is no step 39: .* 1 to 38"):
        WALKTHROUGH.step(39)


def test_steps_are_chosen_in_the_walkthroughs_order() -> None:
    assert [step.number for step in WALKTHROUGH.choose([34, 7, 7])] == [7, 34]
