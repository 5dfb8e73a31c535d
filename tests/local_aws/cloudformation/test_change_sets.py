"""Change sets: what they show, and when they can be executed."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from local_aws import LocalAws
from local_aws.cloudformation.change_sets import ChangeSet
from local_aws.cloudformation.exceptions import InvalidChangeSetStatusException
from local_aws.cloudformation.stacks import StackInput
from tests.local_aws.cloudformation.deployed import (
    ACCOUNT,
    Stacks,
    bucket,
    refused,
)


def change_set(stacks: Stacks, kind: str, resources: dict[str, Any]) -> dict[str, Any]:
    created = stacks.client.create_change_set(
        StackName="changing",
        ChangeSetName="change",
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
    )
    described: dict[str, Any] = stacks.client.describe_change_set(ChangeSetName=created["Id"])
    return described


def test_a_change_set_shows_a_new_stack_for_review_then_creates_it(stacks: Stacks) -> None:
    described = change_set(stacks, "CREATE", {"B": bucket()})
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert stacks.status("changing") == "REVIEW_IN_PROGRESS"
    stacks.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert stacks.status("changing") == "CREATE_COMPLETE"
    assert stacks.steps("changing", "CREATE_COMPLETE") == ["B"]


def test_a_change_set_lists_additions_modifications_and_removals(stacks: Stacks) -> None:
    stacks.create("changing", {"Gone": bucket(), "Kept": bucket(), "Same": bucket()})
    kept = bucket(Tags=[{"Key": "a", "Value": "b"}])
    described = change_set(stacks, "UPDATE", {"New": bucket(), "Kept": kept, "Same": bucket()})
    changes = [item["ResourceChange"] for item in described["Changes"]]
    assert [(item["Action"], item["LogicalResourceId"]) for item in changes] == [
        ("Add", "New"),
        ("Modify", "Kept"),
        ("Remove", "Gone"),
    ]
    assert stacks.status("changing") == "CREATE_COMPLETE"


def queue(name: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def test_a_change_set_says_what_is_replaced_and_why(stacks: Stacks) -> None:
    def resources(period: str) -> dict[str, Any]:
        reader = {"Type": "String", "Value": {"Fn::GetAtt": ["Named", "Arn"]}}
        named = {"Type": "String", "Value": {"Ref": "Queue"}}
        return {
            "Queue": queue("q", MessageRetentionPeriod={"Ref": "Period"}),
            "Named": queue({"Fn::If": ["Short", "short", "long"]}, DelaySeconds=period),
            "Reader": {"Type": "AWS::SSM::Parameter", "Properties": reader},
            "ByRef": {"Type": "AWS::SSM::Parameter", "Properties": named},
            "Maybe": {**bucket(), "Condition": "Short"},
        }

    sections = {
        "Parameters": {"Period": {"Type": "Number", "Default": 60}},
        "Conditions": {"Short": {"Fn::Equals": [{"Ref": "Period"}, "60"]}},
    }
    stacks.create("changing", resources("1"), sections=sections)
    created = stacks.client.create_change_set(
        StackName="changing",
        ChangeSetName="change",
        TemplateBody=json.dumps({"Resources": resources("2"), **sections}),
        Parameters=[{"ParameterKey": "Period", "ParameterValue": "90"}],
    )
    described = stacks.client.describe_change_set(ChangeSetName=created["Id"])
    found = {
        item["ResourceChange"]["LogicalResourceId"]: (
            item["ResourceChange"]["Action"],
            item["ResourceChange"].get("Replacement"),
            [
                (
                    detail["Target"]["Name"],
                    detail["Target"]["RequiresRecreation"],
                    detail["Evaluation"],
                    detail["ChangeSource"],
                    detail.get("CausingEntity"),
                )
                for detail in item["ResourceChange"]["Details"]
            ],
        )
        for item in described["Changes"]
    }
    period = ("MessageRetentionPeriod", "Never", "Static", "ParameterReference", "Period")
    assert found == {
        "Queue": ("Modify", "False", [period]),
        "Named": (
            "Modify",
            "True",
            [
                ("QueueName", "Always", "Static", "ParameterReference", "Period"),
                ("DelaySeconds", "Never", "Static", "DirectModification", None),
            ],
        ),
        "Reader": (
            "Modify",
            "False",
            [("Value", "Never", "Dynamic", "ResourceAttribute", "Named.Arn")],
        ),
        "Maybe": ("Remove", None, []),
    }


def test_a_change_set_without_changes_fails_with_awss_reason(stacks: Stacks) -> None:
    stacks.create("changing", {"B": bucket()})
    described = change_set(stacks, "UPDATE", {"B": bucket()})
    assert described["Status"] == "FAILED"
    assert described["StatusReason"].startswith("The submitted information didn't contain changes.")
    execute = stacks.client.execute_change_set
    code, _ = refused(lambda: execute(ChangeSetName=described["ChangeSetId"]))
    assert code == "InvalidChangeSetStatus"


def test_an_update_change_set_needs_a_stack(stacks: Stacks) -> None:
    code, message = refused(lambda: change_set(stacks, "UPDATE", {"B": bucket()}))
    assert (code, message) == ("ValidationError", "Stack [changing] does not exist")


def test_a_missing_change_set_is_deleted_already(stacks: Stacks) -> None:
    stacks.create("changing", {"B": bucket()})
    stacks.client.delete_change_set(StackName="changing", ChangeSetName="never-made")
    describe = stacks.client.describe_change_set
    code, _ = refused(lambda: describe(StackName="changing", ChangeSetName="never-made"))
    assert code == "ChangeSetNotFound"


def test_once_executed_a_change_set_frees_its_name_and_ends_all_others(stacks: Stacks) -> None:
    client = stacks.client
    first = change_set(stacks, "CREATE", {"B": bucket()})["ChangeSetId"]
    client.execute_change_set(ChangeSetName=first)
    assert stacks.status("changing") == "CREATE_COMPLETE"
    second = change_set(stacks, "UPDATE", {"B": bucket(), "C": bucket()})["ChangeSetId"]
    other = {"StackName": "changing", "ChangeSetName": "other"}
    resources = {"Resources": {"B": bucket(), "D": bucket()}}
    client.create_change_set(**other, TemplateBody=json.dumps(resources))
    code, _ = refused(lambda: change_set(stacks, "UPDATE", {"B": bucket()}))
    assert code == "AlreadyExistsException"
    client.execute_change_set(StackName="changing", ChangeSetName="change")
    found = client.describe_change_set(StackName="changing", ChangeSetName="change")
    assert (found["ChangeSetId"], found["ExecutionStatus"]) == (second, "EXECUTE_COMPLETE")
    code, _ = refused(lambda: client.describe_change_set(**other))
    assert code == "ChangeSetNotFound"


def test_a_name_alone_is_of_no_stack(stacks: Stacks) -> None:
    change_set(stacks, "CREATE", {"B": bucket()})
    code, message = refused(lambda: stacks.client.describe_change_set(ChangeSetName="change"))
    assert code == "ValidationError"
    assert message == "StackName must be specified if ChangeSetName is not specified as an ARN."
    code, message = refused(lambda: stacks.client.get_template(ChangeSetName="change"))
    assert (code, message) == ("ValidationError", "StackName is a required parameter.")


class Watched(ChangeSet):
    """A change set of which two who look at its status see it at the same time."""

    both = threading.Barrier(2)

    @property
    def execution_status(self) -> str:
        """AVAILABLE, or what it was set to; known once both have looked, or one looks alone."""
        status = self._status
        with suppress(threading.BrokenBarrierError):
            self.both.wait(0.2)
        return status

    @execution_status.setter
    def execution_status(self, status: str) -> None:
        self._status = status


def test_a_change_set_is_executed_once_however_many_ask_at_once(aws: LocalAws) -> None:
    aws.client("cloudformation").list_stacks()
    backend: Any = cloudformation_backends[ACCOUNT]["us-east-1"]
    wanted = StackInput("", {"Resources": {"H": {"Type": "AWS::CDK::Metadata"}}})
    stack = backend.new_stack("once", StackInput("", {}))
    found = Watched("id", "change", "CREATE", stack, wanted, [])
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(backend.start_change_set, found, None) for _ in range(2)]
    refusals = [one for one in asked if one.exception() is not None]
    assert [type(one.exception()) for one in refusals] == [InvalidChangeSetStatusException]
    made = [event.resource_status for event in stack.events]
    assert made.count("CREATE_COMPLETE") == 2  # the resource's and the stack's
