"""The lab as a value."""

from __future__ import annotations

from lab_steps.lab import Help, Lab, Part
from tests.lab_steps.second_lab.deployment import deployed
from tests.lab_steps.second_lab.steps import LOG_FILES, SETTINGS
from tests.lab_steps.second_lab.trail import OBJECTS
from tests.lab_steps.second_lab.work import work

SECOND_LAB = Lab(
    title="the second lab",
    name="second-lab",
    parts=(Part("The trail", SETTINGS), Part("The log files", LOG_FILES)),
    help=Help(
        "Data events of one bucket's objects.", command="python -m tests.lab_steps.second_lab"
    ),
    trails=(OBJECTS,),
    deployed=deployed,
    workload=work,
    costs={"data events": "$0.10 per 100,000 events delivered"},
    prices_as_of="2026-11",
)
