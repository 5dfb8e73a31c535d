"""Accounts to deploy stack sets into, and what is to be seen there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from local_aws import LocalAws
from local_aws.cloudformation import background
from local_aws.cloudformation.stack_sets.access import AccountAccess
from tests.local_aws.delivered import client
from tests.local_aws.wire import Wire, send

ADMIN = "123456789012"
FIRST, SECOND, THIRD = "111111111111", "222222222222", "333333333333"
ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"
REGION = "us-east-1"
MINUTE = 60.0


def of_account(aws: LocalAws, account: str, service: str, region: str = REGION) -> Any:
    """A client of the account's root user."""
    return client(aws, service, key=account, region=region)


def allowing(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(principal: dict[str, str], condition: dict[str, Any] | None = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    whole = {**statement, "Condition": condition} if condition else statement
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


def make_role(aws: LocalAws, account: str, name: str, trust: str, policy: str) -> None:
    iam = of_account(aws, account, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="its-own", PolicyDocument=policy)


def administer(aws: LocalAws) -> None:
    """The role of self-managed stack sets in the administrator's account."""
    trust = trusting({"Service": "cloudformation.amazonaws.com"})
    policy = allowing("sts:AssumeRole", resource=f"arn:aws:iam::*:role/{EXECUTION}")
    make_role(aws, ADMIN, ADMINISTRATION, trust, policy)


def let_in(aws: LocalAws, *accounts: str, policy: str | None = None) -> None:
    """The role of self-managed stack sets in accounts to deploy into."""
    for account in accounts:
        trust = trusting({"AWS": f"arn:aws:iam::{ADMIN}:role/{ADMINISTRATION}"})
        make_role(aws, account, EXECUTION, trust, policy or allowing("*"))


def template(**queue: Any) -> str:
    """A queue, named as the parameter says."""
    properties = {"QueueName": {"Ref": "Name"}, **queue}
    return json.dumps(
        {
            "Parameters": {"Name": {"Type": "String", "Default": "lab"}},
            "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}},
        }
    )


class StackSets:
    """Stack sets through boto3."""

    def __init__(self, aws: LocalAws, name: str = "class") -> None:
        self.aws, self.name = aws, name
        self.client = aws.client("cloudformation")

    def create(self, **more: Any) -> None:
        given = {"TemplateBody": template(), **more}
        self.client.create_stack_set(StackSetName=self.name, **given)

    def begin(self, verb: str, **more: Any) -> str:
        """Begin an operation, by the name of the client's method."""
        answer = getattr(self.client, verb)(StackSetName=self.name, **more)
        return str(answer["OperationId"])

    def do(self, verb: str, **more: Any) -> dict[str, Any]:
        """The operation once it is over."""
        return self.finished(self.begin(verb, **more))

    def add(self, *accounts: str, **more: Any) -> dict[str, Any]:
        given = {"Accounts": list(accounts), "Regions": [REGION], **more}
        return self.do("create_stack_instances", **given)

    def remove(self, *accounts: str, **more: Any) -> dict[str, Any]:
        given = {"Accounts": list(accounts), "Regions": [REGION], "RetainStacks": False, **more}
        return self.do("delete_stack_instances", **given)

    def finished(self, operation_id: str) -> dict[str, Any]:
        background.wait_for_all(MINUTE)
        found: dict[str, Any] = self.client.describe_stack_set_operation(
            StackSetName=self.name, OperationId=operation_id
        )["StackSetOperation"]
        return found

    def instances(self, **more: Any) -> list[dict[str, Any]]:
        listed = self.client.get_paginator("list_stack_instances")
        pages = listed.paginate(StackSetName=self.name, **more)
        return [each for page in pages for each in page["Summaries"]]

    def statuses(self) -> dict[str, str]:
        return {each["Account"]: each["Status"] for each in self.instances()}

    def results(self, operation_id: str) -> dict[str, tuple[str, str | None]]:
        """Status and reason of each account."""
        found = self.client.list_stack_set_operation_results(
            StackSetName=self.name, OperationId=operation_id
        )["Summaries"]
        return {each["Account"]: (each["Status"], each.get("StatusReason")) for each in found}


def queues(aws: LocalAws, account: str, region: str = REGION) -> list[str]:
    found = of_account(aws, account, "sqs", region).list_queues().get("QueueUrls", [])
    return [url.rpartition("/")[2] for url in found]


def stacks(aws: LocalAws, account: str, region: str = REGION) -> list[str]:
    """Names of the live stacks."""
    listed = of_account(aws, account, "cloudformation", region).describe_stacks()["Stacks"]
    return [each["StackName"] for each in listed]


@contextmanager
def held() -> Iterator[None]:
    """Let operations enter no account until the block is left."""
    enter, may_enter = AccountAccess.into, threading.Event()

    def into(self: AccountAccess, account: str, region: str) -> Any:
        assert may_enter.wait(MINUTE)
        return enter(self, account, region)

    with patch.object(AccountAccess, "into", into):
        try:
            yield
        finally:
            may_enter.set()


@contextmanager
def enforced(aws: LocalAws) -> Iterator[None]:
    """Let requests need what IAM's policies allow."""
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    try:
        yield
    finally:
        send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))
