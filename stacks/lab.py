"""The lab as a CDK app: its two trails, and the review that every synth passes."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from stacks.settings import LabSettings
from stacks.trail_stack import TrailProps, TrailStack, selector


def lab_trails(settings: LabSettings) -> tuple[TrailProps, ...]:
    """The trails of steps 5 to 10 and 11 to 16."""
    return (
        TrailProps(
            name=settings.management_trail,
            purpose=settings.management_purpose,
            description="CloudTrail lab, steps 5-10: management events and Insights",
            # Read and write: a condition on readOnly would narrow it to one of them.
            selectors=[selector("Management events selector", {"eventCategory": "Management"})],
            insight_types=settings.insight_types,
        ),
        TrailProps(
            name=settings.data_trail,
            purpose=settings.data_purpose,
            description="CloudTrail lab, steps 11-16: data events of DynamoDB",
            selectors=[
                selector(
                    settings.selector_name,
                    {"eventCategory": "Data", "resources.type": "AWS::DynamoDB::Table"},
                )
            ],
        ),
    )


def add_lab(scope: Construct, settings: LabSettings) -> None:
    """Add the lab's stacks to an app or, with names that start with the stage's, to a stage."""
    for props in lab_trails(settings):
        TrailStack(scope, props, settings)


def reviewed_app(outdir: Path | None = None) -> App:
    """An app with a synth that fails if cdk-nag's AwsSolutions rules find something not
    acknowledged.

    Without `outdir` it writes where the CDK CLI asks for (`CDK_OUTDIR`).
    """
    app = App(
        outdir=None if outdir is None else str(outdir),
        analytics_reporting=False,
        tree_metadata=False,
    )
    checks = AwsSolutionsChecks(app, write_suppressions_to_cloud_formation=True)
    Validations.of(app).add_plugins(checks)
    return app
