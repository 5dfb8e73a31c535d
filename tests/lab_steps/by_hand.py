"""The lab made by hand, with boto3 alone, the way a student with the AWS CLI makes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cloudtrail.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.local_aws.delivered import client

ACCOUNT = "123456789012"
MANAGEMENT = "student-management-events"
DATA = "student-data-events"

ALL_MANAGEMENT: list[dict[str, Any]] = [
    {"Name": "mine", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
]
ALL_TABLES: list[dict[str, Any]] = [
    {
        "Name": "tables",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
        ],
    }
]
BOTH_INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
PROVISIONED = {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
USERS: dict[str, Any] = {
    "TableName": "Users",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    **PROVISIONED,
}
ITEM = {"id": {"N": "7"}, "Name": {"S": "Grace Hopper"}}


@dataclass
class ByHand:
    """Makes the parts of the lab one by one; every part can be made wrong by its arguments."""

    aws: LocalAws
    buckets: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, service: str) -> Any:
        return client(self.aws, service)

    def bucket(self, trail: str, name: str | None = None, *, policy: bool = True) -> str:
        """A bucket with the policy of the user guide."""
        purpose = trail.removeprefix("student-")
        name = name or f"aws-cloudtrail-logs-{purpose}-{ACCOUNT}-1a2b3c4d"
        self.s3.create_bucket(Bucket=name)
        if policy:
            arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"
            document = delivery_policy(name, "", ACCOUNT, arn)
            self.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
        self.buckets[trail] = name
        return name

    def trail(self, name: str, *, bucket: str | None = None, **settings: Any) -> None:
        """A trail that is not logging yet."""
        bucket = bucket or self.bucket(name)
        self.cloudtrail.create_trail(Name=name, S3BucketName=bucket, **settings)

    def management_trail(
        self,
        *,
        selectors: list[dict[str, Any]] | None = None,
        insights: tuple[str, ...] = BOTH_INSIGHTS,
        logging: bool = True,
        **settings: Any,
    ) -> None:
        """Steps 5 to 10."""
        self.trail(MANAGEMENT, **settings)
        self.select(MANAGEMENT, ALL_MANAGEMENT if selectors is None else selectors)
        if insights:
            self.cloudtrail.put_insight_selectors(
                TrailName=MANAGEMENT,
                InsightSelectors=[{"InsightType": kind} for kind in insights],
            )
        if logging:
            self.cloudtrail.start_logging(Name=MANAGEMENT)

    def data_trail(
        self,
        *,
        selectors: list[dict[str, Any]] | None = None,
        logging: bool = True,
        **settings: Any,
    ) -> None:
        """Steps 11 to 16."""
        self.trail(DATA, **settings)
        self.select(DATA, ALL_TABLES if selectors is None else selectors)
        if logging:
            self.cloudtrail.start_logging(Name=DATA)

    def select(self, trail: str, selectors: list[dict[str, Any]]) -> None:
        """Advanced selectors, or basic ones where the first has no FieldSelectors."""
        kind = "AdvancedEventSelectors" if "FieldSelectors" in selectors[0] else "EventSelectors"
        self.cloudtrail.put_event_selectors(TrailName=trail, **{kind: selectors})

    def table(self, **changes: Any) -> None:
        """Steps 17 to 22."""
        self.dynamodb.list_tables()
        wanted = {**USERS, **changes}
        self.dynamodb.create_table(**{k: v for k, v in wanted.items() if v is not None})

    def items(self, item: dict[str, Any] | None = None) -> None:
        """Steps 23 to 28."""
        item = item or ITEM
        self.dynamodb.scan(TableName="Users")
        self.dynamodb.put_item(TableName="Users", Item=item)
        self.dynamodb.get_item(TableName="Users", Key={"id": item["id"]})

    def update_table(self) -> None:
        """What auto scaling did in the walkthrough."""
        self.dynamodb.update_table(
            TableName="Users",
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )

    def work(self) -> None:
        """Steps 17 to 28, and UpdateTable."""
        self.table()
        self.items()
        self.update_table()

    def lab(self) -> None:
        """All of it, as it should be."""
        self.management_trail()
        self.data_trail()
        self.work()
