"""The mark that an account is meant for labs: `up` and `run` look for it before they change it."""

from __future__ import annotations

from aws_cdk import CfnTag, DefaultStackSynthesizer, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.tag import CONSENT_GROUP, CONSENT_TAG, PROJECT_TAG


class ConsentStack(Stack):
    """The mark of an account in one Region, `named` or `unasked`: an empty log group with a tag."""

    def __init__(self, scope: Construct, construct_id: str, consent: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description="CloudTrail lab: this account is meant for labs",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
        )
        logs.CfnLogGroup(
            self,
            "Consent",
            log_group_name=CONSENT_GROUP,
            tags=[
                CfnTag(key=key, value=value) for key, value in ((CONSENT_TAG, consent), PROJECT_TAG)
            ],
        )
