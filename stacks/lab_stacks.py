"""The lab's two trails, as stacks of a CDK app."""

from __future__ import annotations

from constructs import Construct

from stacks.settings import LabSettings
from stacks.trail_stack import TrailProps, TrailStack, selector


def lab_trails(settings: LabSettings) -> tuple[TrailProps, ...]:
    """The trail for management events and the one for data events."""
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
