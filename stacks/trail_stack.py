"""One trail and its bucket: the construct for every trail, and a stack for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import (
    CfnOutput,
    DefaultStackSynthesizer,
    Environment,
    Fn,
    Stack,
    Tags,
)
from aws_cdk import aws_cloudtrail as cloudtrail
from constructs import Construct

from stacks.log_bucket import LogBucket, bound_roles
from stacks.settings import LabSettings, bucket_name
from stacks.tag import PROJECT_TAG

# As CloudFormation's parameters, so that a template fits any account and Region.
ACCOUNT = "${AWS::AccountId}"
TRAIL_ARN = f"arn:${{AWS::Partition}}:cloudtrail:${{AWS::Region}}:{ACCOUNT}:trail/"

Selector = cloudtrail.CfnTrail.AdvancedEventSelectorProperty
FieldSelector = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty


@dataclass(frozen=True, slots=True)
class TrailProps:
    """What makes one trail differ from another. `purpose` is the part of the bucket name that
    distinguishes its bucket from the others'.
    """

    name: str
    purpose: str
    description: str
    selectors: Sequence[Selector]
    insight_types: Sequence[str] = ()


def selector(name: str, equals: Mapping[str, str]) -> Selector:
    """A named advanced event selector: all fields equal their value."""
    conditions = [FieldSelector(field=field, equal_to=[value]) for field, value in equals.items()]
    return Selector(name=name, field_selectors=conditions)


class LoggedTrail(Construct):
    """A trail as the lab's console steps make it, with its own bucket.

    Multi-Region, with global service events, logging, without SSE-KMS and without log file
    validation. Its selectors are advanced ones, as the console makes them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, props: TrailProps, settings: LabSettings
    ) -> None:
        super().__init__(scope, construct_id)
        logs = LogBucket(
            self,
            # CDK leaves `Default` out of logical ids.
            "Default",
            name=settings.bucket_name(props.purpose, ACCOUNT),
            name_pattern=bucket_name(props.purpose, ACCOUNT, "*"),
            log_folder=settings.log_folder(ACCOUNT),
            trail_arn=TRAIL_ARN + props.name,
            removes_logs=settings.removes_logs,
        )
        self.bucket = logs.bucket
        self.trail = cloudtrail.CfnTrail(
            self,
            "Trail",
            trail_name=props.name,
            s3_bucket_name=logs.bucket.ref,
            s3_key_prefix=settings.prefix or None,
            is_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=False,
            advanced_event_selectors=list(props.selectors),
            insight_selectors=[{"insightType": kind} for kind in props.insight_types] or None,
        )
        self.trail.add_resource_dependency(logs.policy)


class TrailStack(Stack):
    """A stack named for its trail. Outputs: `TrailArn`, `BucketName`, `LogLocation`.

    Its template has no assets, so CloudFormation needs nothing else to deploy it, in any account.
    """

    def __init__(self, scope: Construct, props: TrailProps, settings: LabSettings) -> None:
        super().__init__(
            scope,
            props.name,
            description=props.description,
            env=Environment(account=settings.account, region=settings.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
            tags=dict([PROJECT_TAG]),
        )
        logged = LoggedTrail(self, "Default", props, settings)
        location = f"s3://${{Bucket}}/{settings.log_folder(ACCOUNT)}CloudTrail/"
        for name, description, value in (
            ("TrailArn", "The trail", logged.trail.attr_arn),
            ("BucketName", "The bucket that the trail delivers to", logged.bucket.ref),
            ("LogLocation", "Where its log files are, by Region and day", Fn.sub(location)),
        ):
            CfnOutput(self, name, description=description, value=value)
        Tags.of(self).add(*PROJECT_TAG)
        bound_roles(self, settings.permissions_boundary)
