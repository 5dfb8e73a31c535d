"""The workload: what it calls, twice, and what it leaves alone."""

from __future__ import annotations

import pytest

from lab_steps.errors import WorkloadError
from lab_steps.session import LabSession
from lab_steps.walkthrough.workload import CALLS, TABLE, Workload
from stacks.tag import PROJECT_TAG
from tests.lab_steps.by_hand import ON_DEMAND, ByHand

LABS_TAG = [dict(zip(("Key", "Value"), PROJECT_TAG, strict=True))]


@pytest.fixture
def workload(lab: LabSession) -> Workload:
    return Workload(lab.target, lab.state, lab.progress.say)


def calls(workload: Workload) -> list[str]:
    made: list[str] = []
    for service in ("cloudtrail", "dynamodb"):
        events = workload.target.client(service).meta.events
        events.register(f"before-call.{service}", lambda model, **_: made.append(model.name))
    workload.run()
    return [each for each in made if each != "DescribeTable"]


def test_it_makes_the_calls_of_the_walkthrough(workload: Workload) -> None:
    assert calls(workload) == [
        "CreateTable",
        "ListTrails",
        "ListTables",
        "Scan",
        "PutItem",
        "UpdateTable",
        "ListTables",
        "GetItem",
    ]


def test_its_table_is_the_labs(workload: Workload, by_hand: ByHand) -> None:
    workload.run()
    table = by_hand.dynamodb.describe_table(TableName="Users")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
    item = by_hand.dynamodb.get_item(TableName="Users", Key={"id": {"N": "1"}})["Item"]
    assert item == {"id": {"N": "1"}, "Name": {"S": "Ada Lovelace"}}


def test_a_second_run_makes_the_calls_again_on_the_same_table(
    workload: Workload, by_hand: ByHand
) -> None:
    workload.run()
    before = by_hand.dynamodb.describe_table(TableName="Users")["Table"]["CreationDateTime"]
    assert "CreateTable" not in calls(workload)
    assert by_hand.dynamodb.describe_table(TableName="Users")["Table"]["CreationDateTime"] == before
    assert by_hand.dynamodb.scan(TableName="Users")["Count"] == 1


def test_an_on_demand_table_is_made_provisioned(workload: Workload, by_hand: ByHand) -> None:
    by_hand.table(Tags=LABS_TAG, ProvisionedThroughput=None, **ON_DEMAND)
    workload.run()
    table = by_hand.dynamodb.describe_table(TableName="Users")["Table"]
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 1


def test_the_students_own_item_is_left_as_it_is(workload: Workload, by_hand: ByHand) -> None:
    own = {"id": {"N": "1"}, "Name": {"S": "Mine"}, "Age": {"N": "30"}}
    by_hand.table(Tags=LABS_TAG)
    by_hand.items(own)
    workload.run()
    assert by_hand.dynamodb.scan(TableName="Users")["Items"] == [own]


def test_a_table_of_another_shape_is_left_alone(workload: Workload, by_hand: ByHand) -> None:
    other_key = [{"AttributeName": "id", "AttributeType": "S"}]
    by_hand.table(Tags=LABS_TAG, AttributeDefinitions=other_key)
    with pytest.raises(
        WorkloadError, match=r"wanted only the key HASH id \(N\), got HASH id \(S\)"
    ):
        workload.run()
    assert by_hand.dynamodb.scan(TableName="Users")["Count"] == 0
    assert workload.state.load().actions == {}


def test_what_it_does_is_in_the_state(workload: Workload) -> None:
    workload.run()
    assert list(workload.state.load().actions) == [TABLE, CALLS]
