"""Taking the lab away, whole, half or twice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab_steps.errors import DeployError
from lab_steps.place.deploy import StackDeployment, deploy
from lab_steps.place.state import StateFile
from lab_steps.place.synth import Template
from lab_steps.place.teardown import Left, Teardown
from lab_steps.preflight.examinations import examine
from lab_steps.session import LabSession, open_session
from lab_steps.terminal.progress import Progress
from lab_steps.walkthrough.lab import WALKTHROUGH
from lab_steps.walkthrough.workload import Workload
from local_aws import LocalAws
from tests.lab_steps.by_hand import ACCOUNT, ByHand
from tests.lab_steps.mutants.pasting import Shell, _cli_port, shell

__all__ = ["_cli_port", "shell"]

DATA, MANAGEMENT = "student-data-events", "student-management-events"
BUCKET = f"aws-cloudtrail-logs-management-events-{ACCOUNT}-lab"
CODE = f"arn:aws:iam::{ACCOUNT}:mfa/root 123456"


@pytest.fixture
def teardown(lab: LabSession) -> Teardown:
    return Teardown(lab.target, lab.state, lab.deployment.names, lab.look, lab.progress.say)


def everything(by_hand: ByHand) -> list[str]:
    """All there is in the account that the lab could have made."""
    trails = [each["Name"] for each in by_hand.cloudtrail.list_trails()["Trails"]]
    stacks = by_hand.cloudformation.describe_stacks()["Stacks"]
    functions = getattr(by_hand, "lambda").list_functions()["Functions"]
    return [
        *(each for each in trails if each.startswith("student")),
        *(each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]),
        *by_hand.dynamodb.list_tables()["TableNames"],
        *(each["StackName"] for each in stacks),
        *(each["FunctionName"] for each in functions),
        *(each["RoleName"] for each in by_hand.iam.list_roles()["Roles"]),
    ]


def stand(lab: LabSession, templates: tuple[Template, ...]) -> None:
    deploy(lab.target, lab.state, templates, lab.progress.say)
    Workload(lab.target, lab.state, lab.progress.say).run()


def test_nothing_is_left_of_a_lab_with_log_files_and_a_second_time_is_harmless(
    aws: LocalAws,
    lab: LabSession,
    templates: tuple[Template, ...],
    teardown: Teardown,
    by_hand: ByHand,
) -> None:
    before = everything(by_hand)
    stand(lab, templates)
    aws.deliver_now()
    assert len(everything(by_hand)) > len(before)
    assert {each.title for each in teardown.will_remove()} == {
        "stack student-data-events",
        "stack student-management-events",
        "bucket aws-cloudtrail-logs-data-events-123456789012-lab",
        "bucket aws-cloudtrail-logs-management-events-123456789012-lab",
        "trail student-management-events",
        "trail student-data-events",
        "table Users",
    }
    assert teardown.run() == Left()
    assert everything(by_hand) == before
    assert not lab.state.path.exists()
    assert teardown.run() == Left()


def test_a_table_that_the_lab_did_not_make_stays(teardown: Teardown, by_hand: ByHand) -> None:
    by_hand.table()
    assert [each.title for each in teardown.run().others] == ["table Users"]
    assert by_hand.dynamodb.list_tables()["TableNames"] == ["Users"]


def test_a_run_that_was_killed_between_its_stacks_comes_down(
    lab: LabSession, templates: tuple[Template, ...], teardown: Teardown, by_hand: ByHand
) -> None:
    before = everything(by_hand)
    deploy(lab.target, lab.state, templates[:1], lab.progress.say)
    assert teardown.run() == Left()
    assert everything(by_hand) == before


def test_a_change_set_that_was_never_executed_comes_down(
    lab: LabSession, templates: tuple[Template, ...], teardown: Teardown, by_hand: ByHand
) -> None:
    before = everything(by_hand)
    StackDeployment(lab.target, templates[0], lab.progress.say)._create_change_set("CREATE")
    assert teardown.run() == Left()
    assert everything(by_hand) == before


def protect(by_hand: ByHand) -> None:
    """All that keeps a lab from being removed until somebody who may takes it away."""
    by_hand.dynamodb.update_table(TableName="Users", DeletionProtectionEnabled=True)
    by_hand.cloudformation.update_termination_protection(
        StackName=DATA, EnableTerminationProtection=True
    )
    versioning = {"Status": "Enabled", "MFADelete": "Enabled"}
    by_hand.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=versioning, MFA=CODE)
    by_hand.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")


def test_what_protects_parts_of_a_lab_is_told_with_a_command_that_helps(
    lab: LabSession,
    templates: tuple[Template, ...],
    teardown: Teardown,
    by_hand: ByHand,
    shell: Shell,
) -> None:
    before = everything(by_hand)
    stand(lab, templates)
    protect(by_hand)
    obstacles: list[str] = []
    while lab.state.path.exists() and len(obstacles) < 4:
        try:
            teardown.run()
        except DeployError as error:
            obstacles.append(str(error))
            [command] = re.findall(r"^  (.*)$", error.advice, re.MULTILINE)
            shell.paste(f"{{ {command}; }} <<< '{CODE}'")
    assert {
        word for each in obstacles for word in ("Mfa", "Termination", "deletion") if word in each
    } == {"Mfa", "Termination", "deletion"}
    assert (len(obstacles), everything(by_hand)) == (3, before)


def test_a_lab_goes_whose_emptying_function_is_gone(
    lab: LabSession, templates: tuple[Template, ...], teardown: Teardown, by_hand: ByHand
) -> None:
    before = everything(by_hand)
    stand(lab, templates)
    by_hand.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    functions = getattr(by_hand, "lambda")
    for each in functions.list_functions()["Functions"]:
        functions.delete_function(FunctionName=each["FunctionName"])
    assert teardown.run() == Left()
    assert everything(by_hand) == before


def test_another_regions_lab_stays_and_is_no_part_of_this_one(
    lab: LabSession, templates: tuple[Template, ...], by_hand: ByHand, tmp_path: Path
) -> None:
    """Its buckets would have the same names, which hold in all Regions."""
    stand(lab, templates)
    before = everything(by_hand)
    there = replace(lab.target, region="eu-west-1", _clients={}, _session=None)
    other = open_session(WALKTHROUGH, there, Progress(), state=StateFile(tmp_path / "other.json"))
    teardown = Teardown(there, other.state, other.deployment.names, other.look, other.progress.say)
    left = teardown.run()
    assert (left.ours, {each.kind for each in left.others}) == ((), {"trail"})
    assert everything(by_hand) == before
    plan = [each for each in examine(other.subject(templates, of_work=False)) if each.do]
    assert any(f"bucket {BUCKET} is in another Region or account" in each.found for each in plan)
    there.close()
