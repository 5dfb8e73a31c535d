"""The lab made part by part, with boto3 alone, for tests that stand in the middle of it.

Whole labs, right and wrong ones, are values: tests/lab_steps/mutants/reference_lab.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws import LocalAws
from tests.lab_steps.mutants import reference_lab
from tests.lab_steps.mutants.reference_lab import DATA, ITEM, MANAGEMENT, TO_ONE, USERS, Fields
from tests.local_aws.delivered import ACCOUNT, client

__all__ = [
    "ACCOUNT",
    "ALL_MANAGEMENT",
    "ALL_TABLES",
    "DATA",
    "ITEM",
    "MANAGEMENT",
    "ON_DEMAND",
    "ByHand",
    "enforce_rights_after",
]

ALL_MANAGEMENT = (reference_lab.ALL_MANAGEMENT,)
ALL_TABLES = (reference_lab.ALL_TABLES,)
BOTH_INSIGHTS = (reference_lab.CALL_RATE, reference_lab.ERROR_RATE)
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}


@dataclass
class ByHand:
    """Makes the parts of the lab one by one; every part can be made wrong by its arguments."""

    aws: LocalAws
    buckets: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, service: str) -> Any:
        return client(self.aws, service)

    def bucket(self, trail: str) -> str:
        """A bucket with the policy of the user guide."""
        name = f"aws-cloudtrail-logs-{trail.removeprefix('student-')}-{ACCOUNT}-1a2b3c4d"
        self.s3.create_bucket(Bucket=name)
        arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"
        document = delivery_policy(name, "", ACCOUNT, arn)
        self.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
        self.buckets[trail] = name
        return name

    def trail(self, name: str, **settings: Any) -> None:
        """A trail that is not logging yet."""
        self.cloudtrail.create_trail(Name=name, S3BucketName=self.bucket(name), **settings)

    def management_trail(
        self,
        *,
        selectors: Sequence[Fields] = ALL_MANAGEMENT,
        insights: tuple[str, ...] = BOTH_INSIGHTS,
        logging: bool = True,
        **settings: Any,
    ) -> None:
        """Steps 5 to 10."""
        self.trail(MANAGEMENT, **settings)
        self.select(MANAGEMENT, selectors)
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
        selectors: Sequence[Fields] = ALL_TABLES,
        logging: bool = True,
        **settings: Any,
    ) -> None:
        """Steps 11 to 16."""
        self.trail(DATA, **settings)
        self.select(DATA, selectors)
        if logging:
            self.cloudtrail.start_logging(Name=DATA)

    def select(self, trail: str, selectors: Sequence[Fields]) -> None:
        """Advanced selectors, or basic ones, as the first is."""
        reference_lab.select(trail, *selectors)(self.aws)

    def table(self, **changes: Any) -> None:
        """Steps 17 to 22."""
        self.dynamodb.list_tables()
        wanted = {**USERS, **changes}
        self.dynamodb.create_table(**{k: v for k, v in wanted.items() if v is not None})

    def items(self, item: Fields = ITEM) -> None:
        """Steps 23 to 28."""
        self.dynamodb.scan(TableName="Users")
        self.dynamodb.put_item(TableName="Users", Item=item)
        self.dynamodb.get_item(TableName="Users", Key={"id": item["id"]})

    def work(self) -> None:
        """Steps 17 to 28, and UpdateTable, as auto scaling called it in the walkthrough."""
        self.table()
        self.items()
        self.dynamodb.update_table(**TO_ONE)

    def lab(self) -> None:
        """All of it, as it should be."""
        self.management_trail()
        self.data_trail()
        self.work()


def enforce_rights_after(by_hand: ByHand, calls: bytes) -> None:
    """Let moto ask for IAM permissions, as AWS does, after so many calls."""
    url = f"{by_hand.aws.endpoint_url}/moto-api/reset-auth"
    urlopen(Request(url, data=calls, headers={"Content-Type": "text/plain"})).close()
