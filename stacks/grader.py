"""The role by which a trainer enters a student's account, for grading or for other verbs.

Its policies are those of `python -m lab_steps policy VERB`: the files that the command prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnOutput, CfnParameter, DefaultStackSynthesizer, Fn, Stack, Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.class_settings import EXTERNAL_ID, TRAINER
from stacks.log_bucket import bound_roles
from stacks.review import acknowledge
from stacks.settings import GRADER_ROLE, LabSettings
from stacks.tag import PROJECT_TAG


class GraderStack(Stack):
    """The role GRADER_ROLE. Output: `RoleArn`. Parameters: `Trainer`, an account or the ARN of a
    user or role, and `ExternalId`, with these defaults, if any.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        settings: LabSettings,
        *,
        policies: Mapping[str, dict[str, Any]],
        trainer: str | None = None,
        external_id: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="CloudTrail lab: the trainer's role",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
            tags=dict([PROJECT_TAG]),
        )
        who = self._parameter(
            "Trainer", TRAINER, "Who may assume the role: an account or an ARN", trainer
        )
        agreed = self._parameter(
            "ExternalId", EXTERNAL_ID, "The external ID that the trainer gives", external_id
        )
        role = iam.CfnRole(
            self,
            "Grader",
            role_name=GRADER_ROLE,
            description="What the trainer of a CloudTrail lab does here",
            assume_role_policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": who.value_as_string},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": agreed.value_as_string}},
                    }
                ],
            },
            policies=[
                {"policyName": name, "policyDocument": document}
                for name, document in policies.items()
            ],
        )
        for document in policies.values():
            _accept_wildcards(role, document)
        CfnOutput(
            self,
            "RoleArn",
            description="The role, for class.csv",
            value=Fn.get_att("Grader", "Arn").to_string(),
        )
        Tags.of(self).add(*PROJECT_TAG)
        bound_roles(self, settings.permissions_boundary)

    def _parameter(
        self, name: str, pattern: str, description: str, default: str | None
    ) -> CfnParameter:
        return CfnParameter(
            self, name, description=description, allowed_pattern=pattern, default=default
        )


def _accept_wildcards(role: iam.CfnRole, policy: dict[str, Any]) -> None:
    resources = {each for statement in policy["Statement"] for each in statement["Resource"]}
    for resource in sorted(each for each in resources if "*" in each):
        acknowledge(
            role,
            f"AwsSolutions-IAM5[Resource::{resource}]",
            "The lab's own trails, table, stacks and buckets: their names contain the account and "
            "a suffix. Trails and events are listed, and IAM has no resources for that.",
        )
