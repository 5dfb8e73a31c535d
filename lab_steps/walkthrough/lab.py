"""The lab of the walkthrough: 38 steps in its order."""

from __future__ import annotations

from lab_steps.lab import Lab, Part
from lab_steps.walkthrough.steps import (
    data_trail,
    event_history,
    log_files,
    management_trail,
    sign_in,
    users_table,
)
from lab_steps.walkthrough.trails import DATA, MANAGEMENT

WALKTHROUGH = Lab(
    title="the walkthrough",
    parts=(
        Part("Signing in", sign_in.STEPS),
        Part("The trail for management events", management_trail.STEPS),
        Part("The trail for data events", data_trail.STEPS),
        Part("The table Users", users_table.STEPS),
        Part("The log files", log_files.STEPS),
        Part("Event history", event_history.STEPS),
    ),
    trails=(MANAGEMENT, DATA),
)
