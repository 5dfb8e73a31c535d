"""AWS Budgets' budgets. moto has no UpdateBudget: a budget that changes is replaced."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    ResourceType,
    Steps,
    call,
    one,
)


def _create(change: Change) -> Steps:
    budget = {**change.properties["Budget"]}
    budget.setdefault("BudgetName", change.name)
    limit = budget.get("BudgetLimit")
    if limit:  # a number in a template, a text in a call
        budget["BudgetLimit"] = {**limit, "Amount": str(limit["Amount"])}
    wanted: dict[str, Any] = {
        "AccountId": change.account_id,
        "Budget": budget,
        "NotificationsWithSubscribers": change.properties.get("NotificationsWithSubscribers"),
    }
    yield call("budgets", "CreateBudget", wanted)
    yield Made(budget["BudgetName"])


TYPES = (
    ResourceType(
        name="AWS::Budgets::Budget",
        properties=("Budget", "NotificationsWithSubscribers"),
        create=_create,
        delete=one("budgets", "DeleteBudget", AccountId="account_id", BudgetName="physical_id"),
    ),
)
