"""The lab as a value."""

from __future__ import annotations

from lab_steps.costs import Usage
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
    usage=(Usage("data events", 20, 0, "an object put and got, and checks"),),
)
