"""Taking the lab away, whole, half or twice."""

from __future__ import annotations

import pytest

from lab_steps.place.deploy import StackDeployment, deploy
from lab_steps.place.synth import Template
from lab_steps.place.teardown import Left, Teardown
from lab_steps.session import LabSession
from lab_steps.walkthrough.workload import Workload
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand


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


def test_nothing_is_left_of_a_lab_with_log_files(
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
    assert teardown.run() == Left()
    assert everything(by_hand) == before
    assert not lab.state.path.exists()


def test_a_second_time_is_harmless(
    lab: LabSession, templates: tuple[Template, ...], teardown: Teardown
) -> None:
    stand(lab, templates)
    assert teardown.run() == Left()
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


def test_what_would_be_removed_is_told_first(
    lab: LabSession, templates: tuple[Template, ...], teardown: Teardown
) -> None:
    stand(lab, templates)
    assert {each.title for each in teardown.will_remove()} == {
        "stack student-data-events",
        "stack student-management-events",
        "bucket aws-cloudtrail-logs-data-events-123456789012-lab",
        "bucket aws-cloudtrail-logs-management-events-123456789012-lab",
        "trail student-management-events",
        "trail student-data-events",
        "table Users",
    }
