"""The walkthrough's lab: its steps in order, its stacks, its workload, its texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lab_steps.lab import AthenaNames, Deployment, Help, Lab, Parameter, Part, Say
from lab_steps.process import COMMAND
from lab_steps.walkthrough.expected_records import ANY, EXPECTED_TRAIL, NONE
from lab_steps.walkthrough.steps import (
    step_38_event_history,
    steps_01_04_sign_in,
    steps_05_10_management_trail,
    steps_11_16_data_trail,
    steps_17_22_users_table,
    steps_23_28_users_items,
    steps_29_37_log_files,
)
from lab_steps.walkthrough.trails import DATA, MANAGEMENT
from lab_steps.walkthrough.usage import USAGE
from stacks.settings import (
    ATHENA_DATABASE,
    ATHENA_STACK,
    ATHENA_WORKGROUP,
    ORGANIZATION_TRAIL_NAME,
    athena_table,
)

if TYPE_CHECKING:
    from lab_steps.checking.view import View
    from lab_steps.place.state import StateFile
    from lab_steps.targets.target import Target

_PARTS = (
    Part("Signing in", steps_01_04_sign_in.STEPS),
    Part("The trail for management events", steps_05_10_management_trail.STEPS),
    Part("The trail for data events", steps_11_16_data_trail.STEPS),
    Part("The table Users", (*steps_17_22_users_table.STEPS, *steps_23_28_users_items.STEPS)),
    Part("The log files", steps_29_37_log_files.STEPS),
    Part("Event history", step_38_event_history.STEPS),
)
_STEPS = sum(len(part.steps) for part in _PARTS)

HELP = Help(
    description=f"""\
The CloudTrail lab: two trails, a DynamoDB table, and the log files CloudTrail delivers,
in the {_STEPS} steps of the walkthrough. Each step is done or checked, on a local AWS or in your
own account.
""",
    examples=f"""\
  {COMMAND} run
      everything, on a local AWS started for it
  {COMMAND} explain 15
      what step 15 asks for, and how to do it
  {COMMAND} local
      serve a local AWS, then in another shell:
  {COMMAND} check --endpoint-url http://127.0.0.1:4566
      what is missing there, and why
  {COMMAND} check --profile sandbox --step 33-37 --timeout 1200
      wait for the log files in an account, and check them
  {COMMAND} watch --endpoint-url http://127.0.0.1:4566
      the one next thing to do, as you work
  {COMMAND} report --format html --output lab.html --profile sandbox
      what was found, as a web page
  {COMMAND} run --profile sandbox --account 111122223333
      do the lab in an account
  {COMMAND} down --profile sandbox --account 111122223333
      and remove it again
""",
    stands="The trails are deployed.",
    verbs={
        "up": "deploy only the two trails with their buckets, steps 5 to 16",
        "status": "show what exists: stacks, trails, table, and what was started; read-only",
        "down": "remove the lab: its table, both stacks, buckets and log files",
    },
)


def _access(verb: str) -> tuple[str, ...]:
    from lab_steps.walkthrough.iam_actions import ACCESS, BY_CLOUDFORMATION, UNRECORDED

    return (*ACCESS[verb].always, *BY_CLOUDFORMATION, *UNRECORDED)


def _deployed(region: str, account: str | None, parameters: Mapping[str, str]) -> Deployment:
    from lab_steps.walkthrough.deployment import deployed

    return deployed(region, account, parameters)


def _work(target: Target, state: StateFile, say: Say) -> None:
    from lab_steps.walkthrough.workload import Workload

    Workload(target, state, say).run()


def _other_content(view: View, table: str) -> str:
    from lab_steps.walkthrough.table import other_content

    return other_content(view, table)


WALKTHROUGH = Lab(
    title="the walkthrough",
    parts=_PARTS,
    help=HELP,
    trails=(MANAGEMENT, DATA),
    parameters=(
        Parameter("suffix", "ending of both buckets' names"),
        Parameter("prefix", "prefix of the log files in the buckets"),
        Parameter(
            "removal", ("what `down` does with buckets and log files: destroy (default) or retain")
        ),
        Parameter("permissions-boundary", "ARN of a permissions boundary for the stacks' roles"),
        Parameter(
            EXPECTED_TRAIL,
            f"the organization trail that step 2 expects: its name, {ANY} (default) or {NONE}",
        ),
        Parameter("budget", "add an AWS budget for the whole account, in dollars a month"),
        Parameter(
            "budget-email",
            ("who gets an email at 80 %% of the budget, and when the forecast exceeds it"),
        ),
    ),
    deployed=_deployed,
    workload=_work,
    organization_trail=ORGANIZATION_TRAIL_NAME,
    athena=AthenaNames(ATHENA_STACK, ATHENA_WORKGROUP, ATHENA_DATABASE, athena_table),
    usage=USAGE,
    access=_access,
    other_content=_other_content,
    policies=Path(__file__).with_name("policies"),
)
