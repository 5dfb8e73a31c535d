"""Control policies limit the members of an organization, and are named in refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import client
from tests.local_aws.wire import Wire, send

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ELSEWHERE = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}


class Organization:
    """A management account, and a member's user who may do everything that the others let."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.organizations = client(aws, "organizations")
        self.organizations.create_organization(FeatureSet="ALL")
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        unit = self.organizations.create_organizational_unit(ParentId=self.root, Name="labs")
        self.unit = unit["OrganizationalUnit"]["Id"]
        begun = self.organizations.create_account(AccountName="a", Email="a@example.com")
        asked = {"CreateAccountRequestId": begun["CreateAccountStatus"]["Id"]}
        made = self.organizations.describe_create_account_status(**asked)
        self.member = made["CreateAccountStatus"]["AccountId"]
        self.organizations.move_account(
            AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit
        )
        role = f"arn:aws:iam::{self.member}:role/OrganizationAccountAccessRole"
        entered = client(aws, "sts").assume_role(RoleArn=role, RoleSessionName="student")[
            "Credentials"
        ]
        self.session = boto3.Session(
            entered["AccessKeyId"],
            entered["SecretAccessKey"],
            entered["SessionToken"],
            region_name="us-east-1",
        )

    def attach(
        self, target: str, *statements: dict[str, Any], kind: str = "SERVICE_CONTROL_POLICY"
    ) -> str:
        """A policy for `target`, and its id."""
        content = json.dumps({"Version": "2012-10-17", "Statement": statements})
        made = self.organizations.create_policy(
            Content=content, Description="d", Name="n", Type=kind
        )
        policy = str(made["Policy"]["PolicySummary"]["Id"])
        self.organizations.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    def judge(self, calls: bytes = b"0") -> None:
        send(self.aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=calls))

    def ask(self, service: str, method: str, region: str = "us-east-1", **given: Any) -> str:
        """What is said to the member's call; nothing where it is answered."""
        caller: Any = self.session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.aws.endpoint_url,
            region_name=region,
        )
        try:
            getattr(caller, method)(**given)
        except ClientError as error:
            return error.response["Error"]["Message"]
        return ""


@pytest.fixture
def organization(aws: LocalAws) -> Iterator[Organization]:
    made = Organization(aws)
    yield made
    made.judge(b"inf")


def test_what_a_policy_denies_nobody_in_the_account_may(organization: Organization) -> None:
    organization.attach(
        organization.unit, {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}, EVERYTHING
    )
    organization.judge()
    said = organization.ask("sqs", "list_queues")
    assert said.endswith("with an explicit deny in a service control policy"), said
    assert organization.ask("sns", "list_topics") == ""


def test_each_level_must_allow(organization: Organization) -> None:
    only_sns = {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    organization.attach(organization.member, only_sns)
    full = {"PolicyId": "p-FullAWSAccess", "TargetId": organization.member}
    organization.organizations.detach_policy(**full)
    organization.judge()
    assert organization.ask("sns", "list_topics") == ""
    said = organization.ask("sqs", "list_queues")
    assert said.endswith("because no service control policy allows the sqs:ListQueues action")
    organization.judge(b"inf")
    organization.organizations.attach_policy(**full)
    organization.judge()
    assert organization.ask("sqs", "list_queues") == ""


def test_other_regions_may_be_denied(organization: Organization) -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": ELSEWHERE}
    organization.attach(organization.root, deny)
    organization.judge()
    assert organization.ask("sns", "list_topics") == ""
    assert "service control policy" in organization.ask("sns", "list_topics", "eu-west-1")


def test_the_management_account_is_not_limited(organization: Organization) -> None:
    organization.attach(organization.root, {"Effect": "Deny", "Action": "*", "Resource": "*"})
    iam = client(organization.aws, "iam")
    iam.create_user(UserName="boss")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
    iam.put_user_policy(UserName="boss", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="boss")["AccessKey"]
    organization.judge()
    boss = client(organization.aws, "sns", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert boss.list_topics()["Topics"] == []


def test_what_cloudformation_does_for_a_caller_is_limited_too(organization: Organization) -> None:
    deny = {"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"}
    organization.attach(organization.root, deny)
    organization.judge()
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    given = {"StackName": "s", "TemplateBody": body}
    assert organization.ask("cloudformation", "create_stack", **given) == ""
    stacks: Any = organization.session.client(
        "cloudformation", endpoint_url=organization.aws.endpoint_url
    )
    events = stacks.describe_stack_events(StackName="s")["StackEvents"]
    told = [each.get("ResourceStatusReason", "") for each in events]
    assert any("explicit deny in a service control policy" in each for each in told), told


def test_a_simulation_knows_of_policies_without_conditions(organization: Organization) -> None:
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    conditional = {"Effect": "Deny", "Action": "sns:*", "Resource": "*", "Condition": ELSEWHERE}
    organization.attach(organization.root, deny, conditional)
    iam: Any = organization.session.client("iam", endpoint_url=organization.aws.endpoint_url)
    results = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{organization.member}:role/OrganizationAccountAccessRole",
        ActionNames=["sqs:ListQueues", "sns:ListTopics"],
    )["EvaluationResults"]
    told = [
        (each["EvalDecision"], each["OrganizationsDecisionDetail"]["AllowedByOrganizations"])
        for each in results
    ]
    assert told == [("explicitDeny", False), ("allowed", True)]


def attached(organization: Organization, kind: str) -> list[list[str]]:
    """The policies of the root, a unit and an account."""
    asked = organization.organizations.list_policies_for_target
    targets = (organization.root, organization.unit, organization.member)
    found = (asked(TargetId=each, Filter=kind)["Policies"] for each in targets)
    return [[policy["Name"] for policy in each] for each in found]


def test_a_policy_counts_as_long_as_its_type_is_enabled(organization: Organization) -> None:
    asked = {"RootId": organization.root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    policy = organization.attach(organization.unit, deny)
    organization.organizations.disable_policy_type(**asked)
    assert attached(organization, "SERVICE_CONTROL_POLICY") == [[], [], []]
    with pytest.raises(ClientError, match="PolicyTypeNotEnabledException"):
        organization.organizations.attach_policy(PolicyId=policy, TargetId=organization.unit)
    organization.judge()
    assert organization.ask("sqs", "list_queues") == ""
    organization.judge(b"inf")
    organization.organizations.enable_policy_type(**asked)
    assert attached(organization, "SERVICE_CONTROL_POLICY") == [["FullAWSAccess"]] * 3
    organization.judge()
    assert organization.ask("sqs", "list_queues") == ""


def test_something_keeps_a_policy_that_allows(organization: Organization) -> None:
    with pytest.raises(ClientError, match="ConstraintViolationException"):
        organization.organizations.detach_policy(
            PolicyId="p-FullAWSAccess", TargetId=organization.member
        )


def test_a_resource_control_policy_limits_what_is_done_with_a_members_resources(
    organization: Organization,
) -> None:
    kind = "RESOURCE_CONTROL_POLICY"
    assert attached(organization, kind) == [[], [], []]
    organization.organizations.enable_policy_type(RootId=organization.root, PolicyType=kind)
    assert attached(organization, kind) == [["RCPFullAWSAccess"]] * 3
    deny = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    with pytest.raises(ClientError, match="MalformedPolicyDocumentException"):
        organization.attach(organization.root, {**deny, "Effect": "Allow"}, kind=kind)
    organization.attach(organization.root, {**deny, "Action": ["s3:*", "sns:*"]}, kind=kind)
    s3, here = client(organization.aws, "s3"), "managements-own-bucket"
    s3.create_bucket(Bucket=here)
    s3.put_bucket_policy(
        Bucket=here,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": organization.member},
                    "Action": "s3:ListBucket",
                    "Resource": f"arn:aws:s3:::{here}",
                },
            }
        ),
    )
    assert organization.ask("s3", "create_bucket", Bucket="members-bucket") == ""
    organization.judge()
    said = organization.ask("s3", "list_objects_v2", Bucket="members-bucket")
    assert said.endswith("with an explicit deny in a resource control policy"), said
    assert organization.ask("s3", "list_objects_v2", Bucket=here) == ""
    assert organization.ask("sns", "list_topics") == ""


def test_nobody_enters_an_account_that_was_closed(organization: Organization) -> None:
    organization.organizations.close_account(AccountId=organization.member)
    role = f"arn:aws:iam::{organization.member}:role/OrganizationAccountAccessRole"
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        client(organization.aws, "sts").assume_role(RoleArn=role, RoleSessionName="student")
