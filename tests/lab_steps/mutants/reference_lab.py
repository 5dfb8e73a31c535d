"""The lab as a value: a student's whole work as data, made through boto3 on the local AWS.

A `Lab` says what is made and in which order; `build` makes it. `REFERENCE` is the lab as the
walkthrough has it, `SPELLINGS` are labs that do the same in other words: all pass all steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from cloudtrail.policies.bucket_policy import delivery_policy
from lab_steps.walkthrough.expected_records import ANY
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, account, client

MANAGEMENT = "student-management-events"
DATA = "student-data-events"
MANAGEMENT_BUCKET = f"aws-cloudtrail-logs-management-events-{ACCOUNT}-1a2b3c4d"
DATA_BUCKET = f"aws-cloudtrail-logs-data-events-{ACCOUNT}-1a2b3c4d"

Fields = Mapping[str, Any]
Act = Callable[[LocalAws], None]
"""Something done at the local AWS: a call, a delivery, time that passes."""


@dataclass(frozen=True, slots=True)
class Call:
    """An API call, in the lab's account or in another one."""

    service: str
    operation: str
    parameters: Fields
    account_id: str = ACCOUNT

    def __call__(self, aws: LocalAws) -> None:
        own = self.account_id in {ACCOUNT, _account_of(aws)}
        who = {} if own else account(aws, self.account_id)
        getattr(client(aws, self.service, **who), self.operation)(**self.parameters)


def call(service: str, operation: str, **parameters: Any) -> Call:
    """A call of the student's: boto3's name of the operation, and its parameters."""
    return Call(service, operation, parameters)


def deliver(aws: LocalAws) -> None:
    """CloudTrail delivers what it has."""
    aws.deliver_now()


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes."""

    step: timedelta

    def __call__(self, aws: LocalAws) -> None:
        aws.advance(self.step)


def advanced(name: str | None, *fields: tuple[str, str] | tuple[str, str, str]) -> dict[str, Any]:
    """An advanced selector of (field, value) or (field, operator, value)."""
    named = {"Name": name} if name else {}
    parts = [(f[0], "Equals", f[1]) if len(f) == 2 else f for f in fields]
    return named | {"FieldSelectors": [{"Field": f, op: [value]} for f, op, value in parts]}


def basic(read_write: str, *, management: bool, **resources: list[str]) -> dict[str, Any]:
    """A basic selector; `resources` is the ARNs of `tables` or `objects`."""
    types = {"tables": "AWS::DynamoDB::Table", "objects": "AWS::S3::Object"}
    return {
        "ReadWriteType": read_write,
        "IncludeManagementEvents": management,
        "DataResources": [{"Type": types[k], "Values": v} for k, v in resources.items()],
    }


IS_MANAGEMENT = ("eventCategory", "Management")
IS_DATA = ("eventCategory", "Data")
IS_NETWORK = ("eventCategory", "NetworkActivity")
ON_TABLES = ("resources.type", "AWS::DynamoDB::Table")
ALL_MANAGEMENT = advanced("Management events", IS_MANAGEMENT)
ALL_TABLES = advanced("All DynamoDB", IS_DATA, ON_TABLES)
CALL_RATE, ERROR_RATE = "ApiCallRateInsight", "ApiErrorRateInsight"


@dataclass(frozen=True, slots=True)
class TrailPlan:
    """A trail and its bucket. `settings` are further parameters of CreateTrail."""

    name: str
    bucket: str
    selectors: tuple[Fields, ...]
    insights: tuple[str, ...] = ()
    prefix: str = ""
    settings: Fields = field(default_factory=lambda: {"IsMultiRegionTrail": True})
    logging: bool = True
    region: str = "us-east-1"

    @property
    def arn(self) -> str:
        """The ARN that the trail will have."""
        return f"arn:aws:cloudtrail:{self.region}:{ACCOUNT}:trail/{self.name}"


@dataclass(frozen=True, slots=True)
class Lab:
    """All that a student did, in this order. A field that is None or False was not done.

    `table` is the parameters of CreateTable, `updated` those of UpdateTable. `before` comes
    first of all, `between` after the trails, `after` when the work's records were delivered.
    `expected_account` is whose credentials the check is told to expect, `organization_trail` the
    trail of step 2. `table_status` is what DescribeTable is made to answer on the wire: moto's
    tables are always ACTIVE.
    """

    before: tuple[Act, ...] = ()
    management: TrailPlan | None = None
    data: TrailPlan | None = None
    others: tuple[TrailPlan, ...] = ()
    between: tuple[Act, ...] = ()
    listed: bool = True
    table: Fields | None = None
    scanned: bool = True
    items: tuple[Fields, ...] = ()
    read: bool = True
    updated: Fields | None = None
    after: tuple[Act, ...] = ()
    expected_account: str | None = None
    organization_trail: str = ANY
    table_status: str | None = None

    @property
    def trails(self) -> tuple[TrailPlan, ...]:
        """The student's trails, in the order they are made."""
        return tuple(each for each in (self.management, self.data, *self.others) if each)

    @property
    def work(self) -> tuple[Act, ...]:
        """Steps 17 to 28: the calls on the table."""
        acts: list[Act] = [call("dynamodb", "list_tables")] * self.listed
        if self.table is not None:
            acts.append(call("dynamodb", "create_table", **self.table))
            scan = call("dynamodb", "scan", TableName=self.table["TableName"])
            acts += [scan] * self.scanned
            acts += self._item_calls(self.table)
            if self.updated is not None:
                acts.append(call("dynamodb", "update_table", **self.updated))
        return tuple(acts)

    def _item_calls(self, table: Fields) -> list[Act]:
        key = [each["AttributeName"] for each in table["KeySchema"]]
        name = table["TableName"]
        acts: list[Act] = []
        for item in self.items:
            acts.append(call("dynamodb", "put_item", TableName=name, Item=item))
            if self.read:
                found = {part: item[part] for part in key}
                acts.append(call("dynamodb", "get_item", TableName=name, Key=found))
        return acts


def changed(lab: Lab, **changes: Any) -> Lab:
    """`lab` with other values; `management__x=...` changes field x of the management trail."""
    direct: dict[str, Any] = {}
    for name, value in changes.items():
        part, _, inner = name.partition("__")
        direct[part] = (
            replace(direct.get(part, getattr(lab, part)), **{inner: value}) if inner else value
        )
    return replace(lab, **direct)


def table(key_type: str = "N", key: str = "id", name: str = "Users", **more: Any) -> Fields:
    """Parameters of CreateTable, provisioned 5/5 unless `more` says otherwise."""
    return {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": key_type}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        **(more or {"ProvisionedThroughput": throughput(5)}),
    }


def throughput(units: int) -> Fields:
    """As many units for reading as for writing."""
    return {"ReadCapacityUnits": units, "WriteCapacityUnits": units}


USERS = table()
ITEM: Fields = {"id": {"N": "7"}, "Name": {"S": "Grace Hopper"}}
TO_ONE: Fields = {"TableName": "Users", "ProvisionedThroughput": throughput(1)}

REFERENCE = Lab(
    management=TrailPlan(
        MANAGEMENT, MANAGEMENT_BUCKET, (ALL_MANAGEMENT,), insights=(CALL_RATE, ERROR_RATE)
    ),
    data=TrailPlan(DATA, DATA_BUCKET, (ALL_TABLES,)),
    table=USERS,
    items=(ITEM,),
    updated=TO_ONE,
)
"""The lab as the walkthrough has it."""

SOMEBODY_ELSES = TrailPlan(
    "audit", f"audit-{ACCOUNT}", (basic("All", management=True, objects=["arn:aws:s3"]),)
)
SPELLINGS: dict[str, Lab] = {
    "as in the walkthrough": REFERENCE,
    "basic selectors": changed(
        REFERENCE,
        management__selectors=(basic("All", management=True),),
        data__selectors=(basic("All", management=False, tables=["arn:aws:dynamodb"]),),
    ),
    "several selectors": changed(
        REFERENCE,
        management__selectors=(
            advanced("reads", IS_MANAGEMENT, ("readOnly", "true")),
            advanced("writes", IS_MANAGEMENT, ("readOnly", "false")),
        ),
        data__selectors=(
            advanced("reads", IS_DATA, ON_TABLES, ("readOnly", "true")),
            advanced("writes", IS_DATA, ON_TABLES, ("readOnly", "false")),
        ),
    ),
    "single-Region trails as the CLI makes them": changed(
        REFERENCE, management__settings={}, data__settings={}
    ),
    "KMS and RDS Data API events left out": changed(
        REFERENCE,
        management__selectors=(
            advanced(
                "all but KMS", IS_MANAGEMENT, ("eventSource", "NotEquals", "kms.amazonaws.com")
            ),
        ),
    ),
    "prefixes": changed(REFERENCE, management__prefix="class/one", data__prefix="logs"),
    "on-demand table with tags, more attributes and items": changed(
        REFERENCE,
        table=table(BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "class", "Value": "one"}]),
        items=(
            {"id": {"N": "1"}},
            {**ITEM, "Name": {"S": "Ada"}, "born": {"N": "1815"}},
        ),
        updated={
            "TableName": "Users",
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": throughput(1),
        },
    ),
    "another trail and other tables around it": changed(
        REFERENCE,
        others=(SOMEBODY_ELSES,),
        between=(call("dynamodb", "create_table", **table("S", name="Orders")),),
    ),
    "the data trail first": changed(REFERENCE, management=None, others=(REFERENCE.management,)),
    "multi-Region trails of another home Region": changed(
        REFERENCE, management__region="us-west-2", data__region="us-west-2"
    ),
    "trails made three months ago, and opened since": changed(
        REFERENCE, between=(Pass(timedelta(days=91)), call("cloudtrail", "list_trails"))
    ),
    "items read one by one, and never scanned": changed(REFERENCE, scanned=False),
}
"""Labs that do what the lab asks, each in its own words."""


SENTINEL = call("sts", "get_caller_identity")
"""A management event that is not older than the last data event: no verdict waits for one, and
no step looks for this."""


def build(aws: LocalAws, lab: Lab) -> None:
    """Make the lab, from the first call to the last; its work is delivered before `after`."""
    for act in lab.before:
        act(aws)
    _make_buckets(aws, lab.trails)
    for trail in lab.trails:
        _make_trail(aws, trail)
    work: tuple[Act, ...] = (*lab.between, *lab.work, SENTINEL, deliver, *lab.after)
    for act in work:
        act(aws)


def _make_buckets(aws: LocalAws, trails: tuple[TrailPlan, ...]) -> None:
    """Each bucket once, with a policy for every trail that delivers to it."""
    s3 = client(aws, "s3")
    for bucket in dict.fromkeys(trail.bucket for trail in trails):
        s3.create_bucket(Bucket=bucket)
        policies = [
            delivery_policy(bucket, trail.prefix, ACCOUNT, trail.arn)
            for trail in trails
            if trail.bucket == bucket
        ]
        statements = [statement for policy in policies for statement in policy["Statement"]]
        document = {**policies[0], "Statement": statements}
        policy = json.dumps(document).replace(ACCOUNT, _account_of(aws))
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def _account_of(aws: LocalAws) -> str:
    """The lab's, unless it is seen as a student of a class sees it."""
    return getattr(aws, "account_id", ACCOUNT)


def _make_trail(aws: LocalAws, trail: TrailPlan) -> None:
    cloudtrail = client(aws, "cloudtrail", trail.region)
    prefix = {"S3KeyPrefix": trail.prefix} if trail.prefix else {}
    cloudtrail.create_trail(Name=trail.name, S3BucketName=trail.bucket, **prefix, **trail.settings)
    selectors = select(trail.name, *trail.selectors).parameters
    cloudtrail.put_event_selectors(**selectors)
    if trail.insights:
        chosen = [{"InsightType": kind} for kind in trail.insights]
        cloudtrail.put_insight_selectors(TrailName=trail.name, InsightSelectors=chosen)
    if trail.logging:
        cloudtrail.start_logging(Name=trail.name)


def select(trail: str, *selectors: Fields) -> Call:
    """PutEventSelectors, advanced or basic, as the first selector is."""
    kind = "AdvancedEventSelectors" if "FieldSelectors" in selectors[0] else "EventSelectors"
    return call("cloudtrail", "put_event_selectors", TrailName=trail, **{kind: list(selectors)})
