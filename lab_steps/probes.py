"""Events made up to ask a trail's selectors: would you record this?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.settings import TABLE_NAME


@dataclass(frozen=True, slots=True)
class Event:
    """A call that anybody might make. `resource` is an ARN with `{account}` and `{region}`."""

    service: str
    name: str
    read_only: bool
    resource_type: str | None = None
    resource: str = ""

    @property
    def is_data(self) -> bool:
        """True for a data event."""
        return self.resource_type is not None

    @property
    def title(self) -> str:
        """`dynamodb PutItem (data, write)`."""
        kind = "data" if self.is_data else "management"
        return f"{self.service} {self.name} ({kind}, {'read' if self.read_only else 'write'})"

    def record(self, account: str, region: str) -> dict[str, Any]:
        """The event as CloudTrail would write it, as far as selectors can ask."""
        return {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "arn": f"arn:aws:iam::{account}:user/student",
                "accountId": account,
            },
            "eventSource": f"{self.service}.amazonaws.com",
            "eventName": self.name,
            "awsRegion": region,
            "requestParameters": None,
            "responseElements": None,
            "readOnly": self.read_only,
            **self._resources(account, region),
            "eventType": "AwsApiCall",
            "managementEvent": not self.is_data,
            "recipientAccountId": account,
            "eventCategory": "Data" if self.is_data else "Management",
        }

    def _resources(self, account: str, region: str) -> dict[str, Any]:
        if not self.is_data:
            return {}
        arn = self.resource.format(account=account, region=region)
        return {"resources": [{"accountId": account, "type": self.resource_type, "ARN": arn}]}


def _on_table(name: str, table: str, *, read_only: bool) -> Event:
    arn = "arn:aws:dynamodb:{region}:{account}:table/" + table
    return Event("dynamodb", name, read_only, "AWS::DynamoDB::Table", arn)


MANAGEMENT_WRITES = (
    Event("dynamodb", "CreateTable", read_only=False),
    Event("dynamodb", "UpdateTable", read_only=False),
    Event("s3", "CreateBucket", read_only=False),
    Event("ec2", "RunInstances", read_only=False),
)
MANAGEMENT_READS = (
    Event("dynamodb", "ListTables", read_only=True),
    Event("dynamodb", "DescribeTable", read_only=True),
    Event("ec2", "DescribeInstances", read_only=True),
)
TABLE_EVENTS = (
    _on_table("PutItem", TABLE_NAME, read_only=False),
    _on_table("GetItem", TABLE_NAME, read_only=True),
    _on_table("DeleteItem", "AnyOtherTable", read_only=False),
    _on_table("Query", "AnyOtherTable", read_only=True),
)
"""Write and read, on the lab's table and on another: *Log all events* takes them all."""

OTHER_DATA_EVENTS = (
    Event("s3", "PutObject", False, "AWS::S3::Object", "arn:aws:s3:::any-bucket/any-key"),
    Event(
        "lambda",
        "Invoke",
        False,
        "AWS::Lambda::Function",
        "arn:aws:lambda:{region}:{account}:function:any",
    ),
)
