"""AWS Budgets' budgets. moto has no UpdateBudget: a budget that changes is made anew."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    ResourceType,
    Steps,
    call,
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
    yield Made(budget["BudgetName"], {})


def _delete(change: Change) -> Steps:
    wanted = {"AccountId": change.account_id, "BudgetName": change.physical_id}
    yield call("budgets", "DeleteBudget", wanted)


TYPES = (
    ResourceType(
        name="AWS::Budgets::Budget",
        properties=("Budget", "NotificationsWithSubscribers"),
        create=_create,
        delete=_delete,
    ),
)
