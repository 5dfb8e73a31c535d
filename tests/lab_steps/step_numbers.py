"""How many steps the walkthrough has: tests that count them take it from here, so that a new step
changes none of them.
"""

from lab_steps.walkthrough.lab import WALKTHROUGH

NUMBERS = tuple(step.number for step in WALKTHROUGH.steps)
ALL = len(NUMBERS)
ALL_PASSED = f"{ALL} passed"
"""As `check` and `run` say it."""
