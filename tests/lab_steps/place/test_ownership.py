"""What is not the lab's is never changed, whatever its name: the rule, and every verb."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from lab_steps.checking.commands import CommandContext
from lab_steps.errors import RefusedError
from lab_steps.place.deploy import deploy
from lab_steps.place.ownership import Thing, ownership, refuse_foreign
from lab_steps.place.synth import Template
from lab_steps.place.teardown import Teardown
from lab_steps.session import LabSession
from stacks.tag import PROJECT_TAG
from tests.lab_steps.by_hand import DATA, MANAGEMENT, ByHand
from tests.lab_steps.conftest import CliRun
from tests.local_aws.aws_cli import run_aws

BUCKET = "aws-cloudtrail-logs-data-events-123456789012-lab"
PRODUCTION = {"Key": "Environment", "Value": "production"}
TEMPLATE = '{"Resources": {"Theirs": {"Type": "AWS::S3::Bucket"}}}'
OURS = dict([PROJECT_TAG])


def thing(**changes: Any) -> Thing:
    return Thing("table", "Users", **{"tags": {}, "removal": "aws dynamodb x"} | changes)


def test_what_carries_the_tag_under_a_name_of_the_lab_is_its_own() -> None:
    assert ownership(thing(tags=OURS)).ours


@pytest.mark.parametrize(
    "tags", [None, {}, {"Environment": "production"}, {PROJECT_TAG[0]: "other"}], ids=str
)
def test_what_lacks_the_tag_is_not_even_where_the_state_notes_one(
    tags: dict[str, str] | None,
) -> None:
    assert not ownership(thing(tags=tags)).ours
    whose = ownership(thing(tags=tags), noted=True)
    assert not whose.ours
    assert "was replaced since, or lost its tag" in whose.reason


def test_the_tag_under_another_name_is_another_labs() -> None:
    whose = ownership(thing(tags=OURS, named=False))
    assert (whose.ours, whose.others_lab) == (False, True)


def test_the_refusal_says_what_it_is_and_what_to_do() -> None:
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    tags = {"Environment": "production\x1b[2J"}
    with pytest.raises(RefusedError) as refused:
        refuse_foreign([thing(tags=tags, created=made)], CommandContext("us-east-1"))
    assert (
        "table Users, without the lab's tag Project=cloudtrail-lab (created 2026-01-02T03:04:05Z, "
        "tag Environment=production\\x1b[2J)" in str(refused.value)
    )
    assert "aws --region us-east-1 dynamodb x" in refused.value.advice
    assert "`check`" in refused.value.advice


def a_table(by_hand: ByHand) -> None:
    by_hand.table(Tags=[PRODUCTION])


def a_stack(by_hand: ByHand) -> None:
    by_hand.cloudformation.create_stack(StackName=DATA, TemplateBody=TEMPLATE, Tags=[PRODUCTION])


def a_stack_in_review(by_hand: ByHand) -> None:
    by_hand.cloudformation.create_change_set(
        StackName=MANAGEMENT, ChangeSetName="theirs", ChangeSetType="CREATE", TemplateBody=TEMPLATE
    )


def a_bucket(by_hand: ByHand) -> None:
    by_hand.s3.create_bucket(Bucket=BUCKET)
    by_hand.s3.put_object(Bucket=BUCKET, Key="theirs", Body=b"precious")
    tags = {"TagSet": [PRODUCTION, {"Key": "EmptyOnDelete", "Value": "true"}]}
    by_hand.s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)


def a_trail(by_hand: ByHand) -> None:
    by_hand.management_trail(logging=False)


FOREIGN = {
    "table Users": a_table,
    f"stack {DATA}": a_stack,
    f"stack {MANAGEMENT}": a_stack_in_review,
    f"bucket {BUCKET}": a_bucket,
    f"trail {MANAGEMENT}": a_trail,
}


def everything(by_hand: ByHand) -> dict[str, Any]:
    """All that there is of the kinds that the lab makes, with what they hold."""
    cloudformation, dynamodb, s3 = by_hand.cloudformation, by_hand.dynamodb, by_hand.s3
    buckets = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    trails = by_hand.cloudtrail.describe_trails()["trailList"]
    tables = [dynamodb.describe_table(TableName=t) for t in dynamodb.list_tables()["TableNames"]]
    answers = {
        "stacks": cloudformation.describe_stacks()["Stacks"],
        "change sets": [
            cloudformation.list_change_sets(StackName=each["StackName"])["Summaries"]
            for each in cloudformation.describe_stacks()["Stacks"]
        ],
        "objects": {each: s3.list_object_versions(Bucket=each).get("Versions") for each in buckets},
        "trails": trails,
        "selectors": [
            by_hand.cloudtrail.get_event_selectors(TrailName=each["TrailARN"]) for each in trails
        ],
        "tables": tables,
        "items": [dynamodb.scan(TableName=t["Table"]["TableName"])["Items"] for t in tables],
        "functions": getattr(by_hand, "lambda").list_functions()["Functions"],
        "roles": by_hand.iam.list_roles()["Roles"],
    }
    return {what: _without_metadata(answer) for what, answer in answers.items()}


def _without_metadata(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {k: _without_metadata(v) for k, v in answer.items() if k != "ResponseMetadata"}
    return [_without_metadata(each) for each in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("title", FOREIGN)
def test_each_verb_leaves_what_is_foreign_as_it_is_and_says_why(
    title: str, cli: CliRun, by_hand: ByHand
) -> None:
    FOREIGN[title](by_hand)
    before = everything(by_hand)
    for verb in ("run", "down", "up"):
        code, _, err = cli(verb)
        if (verb, title) == ("up", "table Users"):
            # Not in the way of the two trails: students make the table by hand after `up`.
            assert code == 0
            assert everything(by_hand)["tables"] == before["tables"]
        else:
            assert (code, everything(by_hand)) == (5, before), verb
            assert f"{title}, without the lab's tag Project=cloudtrail-lab" in err


def test_down_takes_the_lab_and_leaves_what_is_foreign(cli: CliRun, by_hand: ByHand) -> None:
    before = everything(by_hand)["stacks"]
    assert cli("up")[0] == 0
    a_table(by_hand)
    table = everything(by_hand)["tables"]
    code, out, err = cli("down")
    assert code == 5
    assert out.startswith("Nothing that this lab created is left. 1 thing with its names was not")
    assert "table Users" in err
    assert (everything(by_hand)["stacks"], everything(by_hand)["tables"]) == (before, table)


def test_down_names_trails_and_buckets_that_go_on_costing(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.trail("my-own")
    by_hand.bucket("student-data-events")
    assert cli("up")[0] == 0
    by_hand.s3.put_bucket_policy(Bucket=BUCKET, Policy=_policy_of(by_hand, DATA, "copy"))
    by_hand.cloudtrail.create_trail(Name="copy", S3BucketName=BUCKET)
    code, _, err = cli("down")
    assert code == 0
    assert "trail copy" in err
    assert f"delivers to {BUCKET}" in err
    assert "bucket aws-cloudtrail-logs-data-events-123456789012-1a2b3c4d" in err
    assert "my-own" not in err
    pasted = {_pasted(each) for each in re.findall("if nobody needs it: aws (.*)", err)}
    assert pasted == {0}
    assert not by_hand.cloudtrail.describe_trails(trailNameList=["copy"])["trailList"]


def _pasted(command: str) -> int:
    """The AWS CLI's exit code for a command that was printed."""
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    return run_aws(keys, *shlex.split(command)).returncode


def _policy_of(by_hand: ByHand, trail: str, instead: str) -> str:
    policy: str = by_hand.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    return policy.replace(f"trail/{trail}", f"trail/{instead}")


def test_a_stack_that_turns_up_before_its_deployment_is_not_changed(
    lab: LabSession, by_hand: ByHand, templates: tuple[Template, ...]
) -> None:
    a_stack(by_hand)
    before = everything(by_hand)
    with pytest.raises(RefusedError, match=f"stack {DATA}, without the lab's tag"):
        deploy(lab.target, lab.state, templates[1:], lab.progress.say)
    assert everything(by_hand) == before


def test_a_bucket_that_lost_the_tag_is_not_emptied(
    lab: LabSession, by_hand: ByHand, templates: tuple[Template, ...]
) -> None:
    deploy(lab.target, lab.state, templates[1:], lab.progress.say)
    by_hand.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [PRODUCTION]})
    by_hand.s3.put_object(Bucket=BUCKET, Key="theirs", Body=b"precious")
    said: list[str] = []
    teardown = Teardown(lab.target, lab.state, lab.deployment.names, lab.look, said.append)
    teardown._empty_buckets(teardown._resources(DATA))
    assert by_hand.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
    assert "not emptied, without the lab's tag" in said[0]


def test_the_state_says_that_the_labs_own_table_was_replaced(cli: CliRun, by_hand: ByHand) -> None:
    assert cli("run")[0] == 0
    by_hand.dynamodb.delete_table(TableName="Users")
    a_table(by_hand)
    code, _, err = cli("run")
    assert code == 5
    assert "the lab's own was replaced since, or lost its tag" in err
    assert cli("down")[0] == 5
