"""Deploying through CloudFormation, and what is said when it does not work."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any

import pytest

from lab_steps.errors import DeployError
from lab_steps.place.deploy import all_at_once, deploy
from lab_steps.place.state import Phase
from lab_steps.place.synth import Template
from lab_steps.session import LabSession
from lab_steps.targets.target import Target
from tests.lab_steps.by_hand import ByHand
from tests.waiting import LONG


def template(**resources: dict[str, Any]) -> Template:
    return Template("small", json.dumps({"Resources": resources}))


def bucket(name: str) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}


def brought_up(lab: LabSession, *templates: Template) -> list[str]:
    said: list[str] = []
    deploy(lab.target, lab.state, templates, said.append)
    return said


def test_a_stack_is_created_then_unchanged_then_updated(lab: LabSession, by_hand: ByHand) -> None:
    one, two = bucket("first-bucket"), bucket("second-bucket")
    assert brought_up(lab, template(One=one))[-1] == "stack small: created"
    assert brought_up(lab, template(One=one)) == ["stack small: no changes"]
    assert brought_up(lab, template(One=one, Two=two))[-1] == "stack small: updated"
    names = {each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]}
    assert names == {"first-bucket", "second-bucket"}


def test_the_labs_stacks_bring_its_trails(
    lab: LabSession, templates: tuple[Template, ...], by_hand: ByHand
) -> None:
    brought_up(lab, *templates)
    names = {each["Name"] for each in by_hand.cloudtrail.list_trails()["Trails"]}
    assert {"student-management-events", "student-data-events"} <= names
    actions = lab.state.load().actions
    assert {each.phase for each in actions.values()} == {Phase.DONE}
    assert set(actions) == {f"stack {each.stack}" for each in templates}


def test_a_bucket_name_that_is_taken_is_the_reason_given(lab: LabSession, by_hand: ByHand) -> None:
    by_hand.s3.create_bucket(Bucket="taken-bucket")
    with pytest.raises(DeployError, match=r"small: .*ROLLBACK.*One: .*taken-bucket.*exists"):
        brought_up(lab, template(One=bucket("taken-bucket")))
    assert lab.state.load().actions["stack small"].phase is Phase.STARTED


def test_an_unsupported_type_is_the_reason_given(lab: LabSession) -> None:
    with pytest.raises(DeployError, match="AWS::Nothing::Known"):
        brought_up(lab, template(One={"Type": "AWS::Nothing::Known", "Properties": {}}))


def test_a_stack_that_was_rolled_back_says_what_to_do_next(
    lab: LabSession, by_hand: ByHand
) -> None:
    by_hand.s3.create_bucket(Bucket="taken-bucket")
    for _ in range(2):
        with pytest.raises(DeployError) as error:
            brought_up(lab, template(One=bucket("taken-bucket")))
    assert "It can only be deleted: run `down`" in error.value.advice


def test_a_template_that_is_none_is_refused(lab: LabSession) -> None:
    with pytest.raises(DeployError, match="refused the template of small"):
        brought_up(lab, Template("small", "{"))


def test_ctrl_c_ends_what_the_threads_wait_for(target: Target) -> None:
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def wait(_name: str) -> None:
        begun.release()
        try:
            target.pause(600)
        finally:
            ended.release()

    def interrupt() -> None:
        assert all(begun.acquire(timeout=LONG) for _ in range(2))
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        all_at_once(target, wait, ["one", "other"])
    interrupter.join()
    assert all(ended.acquire(timeout=LONG) for _ in range(2))
