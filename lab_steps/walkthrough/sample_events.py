"""Sample events of the walkthrough's trails: what they must record, and what they must not."""

from __future__ import annotations

from cloudtrail.records.data_events import RESOURCE_TYPES, TABLE
from cloudtrail.records.services import is_read_only
from cloudtrail.trails import Trail
from lab_steps.checking.probe_events import ANY_ENDPOINT, ProbeEvent
from lab_steps.checking.trails.probes import named_by
from stacks.settings import TABLE_NAME


def _on_table(name: str, table: str, *, read_only: bool) -> ProbeEvent:
    arn = "arn:aws:dynamodb:{region}:{account}:table/" + table
    return ProbeEvent("dynamodb", name, read_only, "AWS::DynamoDB::Table", arn)


MANAGEMENT_WRITES = (
    ProbeEvent("dynamodb", "CreateTable", read_only=False),
    ProbeEvent("dynamodb", "UpdateTable", read_only=False),
    ProbeEvent("s3", "CreateBucket", read_only=False),
    ProbeEvent("ec2", "RunInstances", read_only=False),
)
MANAGEMENT_READS = (
    ProbeEvent("dynamodb", "ListTables", read_only=True),
    ProbeEvent("dynamodb", "DescribeTable", read_only=True),
    ProbeEvent("ec2", "DescribeInstances", read_only=True),
)
TABLE_EVENTS = (
    _on_table("PutItem", TABLE_NAME, read_only=False),
    _on_table("GetItem", TABLE_NAME, read_only=True),
    *(
        _on_table(name, "AnyOtherTable", read_only=is_read_only(service, name))
        for (service, name), kind in RESOURCE_TYPES.items()
        if kind == TABLE
    ),
)
"""All writes and reads, on the lab's table and on another: *Log all events* takes them all."""

OTHER_DATA_EVENTS = (
    ProbeEvent(
        "s3", "PutObject", False, "AWS::S3::Object", "arn:aws:s3:::any-bucket-{account}/any-key"
    ),
    ProbeEvent(
        "lambda",
        "Invoke",
        False,
        "AWS::Lambda::Function",
        "arn:aws:lambda:{region}:{account}:function:any",
    ),
)
NETWORK_EVENTS = (
    ProbeEvent("dynamodb", "PutItem", read_only=False, vpc_endpoint=ANY_ENDPOINT),
    ProbeEvent("s3", "GetObject", read_only=True, vpc_endpoint=ANY_ENDPOINT),
)
"""Calls through a VPC endpoint to the services that the lab uses. A selector of network activity
events names the services it wants; `named_by` finds the others that a trail's selectors name."""


def other_than_data(trail: Trail) -> tuple[ProbeEvent, ...]:
    """What a trail for data events alone must not record: management events, and network
    activity events, including those that its own selectors name."""
    named = (each for each in named_by(trail) if each.vpc_endpoint)
    return (*MANAGEMENT_WRITES, *MANAGEMENT_READS, *NETWORK_EVENTS, *named)
