"""What a stack's failed creation, update or deletion leaves, and takes back."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    ROLE,
    UNSUPPORTED,
    Stacks,
    bucket,
    own_tags,
    refused,
)
from tests.local_aws.delivered import client


def test_a_failed_create_deletes_what_it_made_in_reverse(stacks: Stacks, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="taken")
    resources = {
        "First": bucket(),
        "Second": {**bucket(), "DependsOn": "First"},
        "Third": {**bucket("taken"), "DependsOn": "Second"},
    }
    stacks.create("failing", resources)
    assert stacks.status("failing") == "ROLLBACK_COMPLETE"
    assert stacks.steps("failing", "DELETE_COMPLETE") == ["Second", "First"]
    assert "taken already exists" in stacks.reason("failing", "Third", "CREATE_FAILED")
    found = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
    assert found == ["taken"]


def test_the_stack_event_names_the_resource_that_failed(stacks: Stacks, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="taken")
    stacks.create("failing", {"Mine": bucket("taken")})
    assert stacks.reason("failing", "failing", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Mine]. Rollback requested by user."
    )


def test_disable_rollback_keeps_what_was_made(stacks: Stacks, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="taken")
    resources = {"A": bucket("kept"), "B": {**bucket("taken"), "DependsOn": "A"}}
    stacks.create("kept", resources, DisableRollback=True)
    assert stacks.status("kept") == "CREATE_FAILED"
    assert stacks.steps("kept", "DELETE_COMPLETE") == []


def test_what_failed_half_way_goes_with_its_stack(stacks: Stacks, aws: LocalAws) -> None:
    half = bucket("half", LoggingConfiguration={"DestinationBucketName": "nowhere"})
    stack_id = stacks.create("half", {"B": half}, DisableRollback=True)
    assert stacks.status("half") == "CREATE_FAILED"
    assert client(aws, "s3").head_bucket(Bucket="half")
    stacks.client.delete_stack(StackName="half")
    assert stacks.steps(stack_id, "DELETE_COMPLETE") == ["B"]
    assert client(aws, "s3").list_buckets()["Buckets"] == []


def test_on_failure_delete_deletes_the_stack(stacks: Stacks, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="taken")
    stack_id = stacks.create("gone", {"B": bucket("taken")}, OnFailure="DELETE")
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def test_the_create_waiter_sees_the_failure(stacks: Stacks) -> None:
    stacks.create("waited", {"Odd": UNSUPPORTED})
    waiter = stacks.client.get_waiter("stack_create_complete")
    with pytest.raises(Exception, match="terminal failure state"):
        waiter.wait(StackName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 240})


def test_a_rolled_back_stack_cannot_be_updated(stacks: Stacks) -> None:
    stacks.create("rolled", {"Odd": UNSUPPORTED})
    code, message = refused(lambda: stacks.update("rolled", {"B": bucket()}))
    assert code == "ValidationError"
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in message


def test_a_failed_update_restores_template_and_properties(stacks: Stacks, aws: LocalAws) -> None:
    tags = [{"Key": "version", "Value": "1"}]
    stacks.create("back", {"A": bucket("restored", Tags=tags)})
    changed = bucket("restored", Tags=[{"Key": "version", "Value": "2"}])
    client(aws, "s3").create_bucket(Bucket="taken")
    stacks.update("back", {"A": changed, "B": {**bucket("taken"), "DependsOn": "A"}})
    assert stacks.status("back") == "UPDATE_ROLLBACK_COMPLETE"
    found = client(aws, "s3").get_bucket_tagging(Bucket="restored")["TagSet"]
    assert own_tags(found) == tags
    kept = stacks.client.get_template(StackName="back")["TemplateBody"]
    assert kept["Resources"]["A"]["Properties"]["Tags"] == tags
    assert "taken already exists" in stacks.reason("back", "B", "CREATE_FAILED")


def test_a_change_that_failed_half_way_is_undone(stacks: Stacks, aws: LocalAws) -> None:
    def role(*arns: str, **more: str) -> dict[str, Any]:
        properties = {**ROLE["Properties"], "RoleName": "r", "ManagedPolicyArns": arns, **more}
        return {"R": {**ROLE, "Properties": properties}}

    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    stacks.create("half", role(read_only))
    stacks.update("half", role("arn:aws:iam::aws:policy/NoSuchPolicy", Description="changed"))
    assert stacks.status("half") == "UPDATE_ROLLBACK_COMPLETE"
    assert "NoSuchPolicy" in stacks.reason("half", "R", "UPDATE_FAILED")
    iam = client(aws, "iam")
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [read_only]
    assert iam.get_role(RoleName="r")["Role"].get("Description", "") == ""


def test_a_failed_update_without_rollback_can_be_tried_again(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("again", {"A": bucket()})
    client(aws, "s3").create_bucket(Bucket="taken")
    wanted = {"A": bucket(), "B": bucket("taken")}
    stacks.update("again", wanted, DisableRollback=True)
    assert stacks.status("again") == "UPDATE_FAILED"
    client(aws, "s3").delete_bucket(Bucket="taken")
    stacks.update("again", wanted)
    assert stacks.status("again") == "UPDATE_COMPLETE"


def test_a_failed_update_deletes_what_it_added(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("back", {"A": bucket("stays")})
    client(aws, "s3").create_bucket(Bucket="taken")
    added = {"A": bucket("stays"), "B": bucket("added")}
    stacks.update("back", {**added, "C": {**bucket("taken"), "DependsOn": "B"}})
    assert stacks.steps("back", "DELETE_COMPLETE") == ["B"]
    names = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["stays", "taken"]


def test_a_full_bucket_fails_the_deletion(stacks: Stacks, aws: LocalAws) -> None:
    stacks.create("full", {"Bucket": bucket("full-bucket")})
    client(aws, "s3").put_object(Bucket="full-bucket", Key="key", Body=b"")
    stacks.client.delete_stack(StackName="full")
    assert stacks.status("full") == "DELETE_FAILED"
    reason = stacks.reason("full", "Bucket", "DELETE_FAILED")
    assert "The bucket you tried to delete is not empty" in reason
    client(aws, "s3").delete_object(Bucket="full-bucket", Key="key")
    stacks.client.delete_stack(StackName="full")
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_what_a_failed_deletion_needs_stays(stacks: Stacks, aws: LocalAws) -> None:
    resources = {"Needed": bucket("needed"), "Full": {**bucket("full"), "DependsOn": "Needed"}}
    stacks.create("full", resources)
    client(aws, "s3").put_object(Bucket="full", Key="key", Body=b"")
    stacks.client.delete_stack(StackName="full")
    names = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["full", "needed"]
    stacks.client.delete_stack(StackName="full", RetainResources=["Full"])
    names = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
    assert names == ["full"]


@pytest.mark.parametrize(
    ("deletion_policy", "left"), [("Retain", ["kept"]), ("RetainExceptOnCreate", [])]
)
def test_a_rollback_respects_the_deletion_policy(
    stacks: Stacks, aws: LocalAws, deletion_policy: str, left: list[str]
) -> None:
    client(aws, "s3").create_bucket(Bucket="taken")
    kept = {**bucket("kept"), "DeletionPolicy": deletion_policy}
    stacks.create("retain", {"A": kept, "B": {**bucket("taken"), "DependsOn": "A"}})
    names = [item["Name"] for item in client(aws, "s3").list_buckets()["Buckets"]]
    assert sorted(names) == sorted([*left, "taken"])
