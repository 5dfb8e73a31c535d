"""DynamoDB tables as the API shows them."""

from __future__ import annotations

from typing import Any

from lab_steps.checking.view import View, error_code


def described(view: View, name: str) -> dict[str, Any] | None:
    """What DescribeTable says of the table; None if there is no such table."""
    try:
        answer = view.ask("dynamodb:DescribeTable", TableName=name)
    except Exception as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    return dict(answer["Table"])


def billing(description: dict[str, Any]) -> str:
    """`on-demand`, or `provisioned 5/5` (read/write capacity units)."""
    if description.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return "on-demand"
    throughput = description.get("ProvisionedThroughput", {})
    return (
        f"provisioned {throughput.get('ReadCapacityUnits')}/{throughput.get('WriteCapacityUnits')}"
    )
