"""A monthly budget for the account, which warns someone before a forgotten lab costs much."""

from __future__ import annotations

from aws_cdk import DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from stacks.settings import BUDGET_STACK, LabSettings
from stacks.tag import PROJECT_TAG

_ALERTS = (("ACTUAL", 80), ("FORECASTED", 100))
"""Kinds of costs, and the percentage of the budget that sends an email."""


class BudgetStack(Stack):
    """One budget of all that the account costs: a filter by tag would need cost allocation tags,
    which only the management account can switch on."""

    def __init__(self, scope: Construct, settings: LabSettings) -> None:
        super().__init__(
            scope,
            BUDGET_STACK,
            description="CloudTrail lab: a budget for the account",
            env=Environment(account=settings.account, region=settings.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
            tags=dict([PROJECT_TAG]),
        )
        subscriber = {"subscriptionType": "EMAIL", "address": settings.budget_email}
        budgets.CfnBudget(
            self,
            "Budget",
            budget={
                "budgetType": "COST",
                "timeUnit": "MONTHLY",
                "budgetLimit": {"amount": float(settings.budget), "unit": "USD"},
            },
            notifications_with_subscribers=[
                {
                    "notification": {
                        "notificationType": kind,
                        "comparisonOperator": "GREATER_THAN",
                        "threshold": share,
                        "thresholdType": "PERCENTAGE",
                    },
                    "subscribers": [subscriber],
                }
                for kind, share in _ALERTS
            ],
        )
