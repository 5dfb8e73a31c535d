"""Sample events of the walkthrough's trails: what they must record, and what they must not."""

from __future__ import annotations

from cloudtrail.records.data_events import RESOURCE_TYPES, TABLE
from cloudtrail.records.services import is_read_only
from lab_steps.checking.probes import ANY_ENDPOINT, Event
from stacks.settings import TABLE_NAME


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
    *(
        _on_table(name, "AnyOtherTable", read_only=is_read_only(service, name))
        for (service, name), kind in RESOURCE_TYPES.items()
        if kind == TABLE
    ),
)
"""All writes and reads, on the lab's table and on another: *Log all events* takes them all."""

OTHER_DATA_EVENTS = (
    Event("s3", "PutObject", False, "AWS::S3::Object", "arn:aws:s3:::any-bucket-{account}/any-key"),
    Event(
        "lambda",
        "Invoke",
        False,
        "AWS::Lambda::Function",
        "arn:aws:lambda:{region}:{account}:function:any",
    ),
)
NETWORK_EVENTS = (
    Event("dynamodb", "PutItem", read_only=False, vpc_endpoint=ANY_ENDPOINT),
    Event("s3", "GetObject", read_only=True, vpc_endpoint=ANY_ENDPOINT),
)
"""Calls through a VPC endpoint, of the services that the lab uses. A selector has to name the
services that it wants, so that those which others want are found in `named_by`."""
