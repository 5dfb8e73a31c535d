"""What a check concludes from a trail's configuration is what its log files show.

Random trails stand while a workload is done that has an event of every kind their selectors
can tell apart. What steps 8, 9, 14, 15, 10 and 16 say is compared with the delivered files.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudtrail.records.calls import Record
from lab_steps.checking.finding import Finding, Outcome
from local_aws import LocalAws
from tests.lab_steps.mutants.conftest import WITNESS, CheckNow
from tests.lab_steps.mutants.reference_lab import (
    DATA_BUCKET,
    IS_DATA,
    IS_MANAGEMENT,
    IS_NETWORK,
    MANAGEMENT_BUCKET,
    ON_TABLES,
    REFERENCE,
    Act,
    Fields,
    Lab,
    TrailPlan,
    advanced,
    basic,
    build,
    call,
    changed,
    deliver,
    table,
)
from tests.local_aws.delivered import ACCOUNT, log_files
from tests.profiles import IS_LONG

TABLES = ("Users", "Orders")
NAMES = ("PutItem", "GetItem", "DeleteItem", "Scan")
ARNS = tuple(f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}" for name in TABLES)
BUCKET = "holiday-pictures"


def on_table(name: str) -> tuple[Act, ...]:
    key = {"id": {"N": "1"}}
    return (
        call("dynamodb", "put_item", TableName=name, Item=key),
        call("dynamodb", "get_item", TableName=name, Key=key),
        call("dynamodb", "delete_item", TableName=name, Key=key),
        call("dynamodb", "scan", TableName=name),
    )


WORK: tuple[Act, ...] = (
    call("dynamodb", "list_tables"),
    call("dynamodb", "tag_resource", ResourceArn=ARNS[0], Tags=[{"Key": "a", "Value": "b"}]),
    *on_table("Users"),
    *on_table("Orders"),
    call("s3", "put_object", Bucket=BUCKET, Key="beach.jpg", Body=b""),
    call("s3", "get_object", Bucket=BUCKET, Key="beach.jpg"),
)
BEFORE: tuple[Act, ...] = (
    call("dynamodb", "create_table", **table()),
    call("dynamodb", "create_table", **table(name="Orders")),
    call("s3", "create_bucket", Bucket=BUCKET),
)

read_only = st.sampled_from([(), (("readOnly", "true"),), (("readOnly", "false"),)])
operators = st.sampled_from(["Equals", "NotEquals"])
by_name = st.one_of(
    st.just(()),
    st.builds(lambda op, name: (("eventName", op, name),), operators, st.sampled_from(NAMES)),
)
by_arn = st.one_of(
    st.just(()),
    st.builds(lambda op, arn: (("resources.ARN", op, arn),), operators, st.sampled_from(ARNS)),
)
management = read_only.map(lambda fields: advanced("management", IS_MANAGEMENT, *fields))
tables = st.builds(
    lambda *fields: advanced("tables", IS_DATA, ON_TABLES, *(each for f in fields for each in f)),
    read_only,
    by_name,
    by_arn,
)
objects = read_only.map(
    lambda fields: advanced("objects", IS_DATA, ("resources.type", "AWS::S3::Object"), *fields)
)
network = st.just(advanced("endpoints", IS_NETWORK, ("eventSource", "kms.amazonaws.com")))
directions = st.sampled_from(["All", "ReadOnly", "WriteOnly"])
resources = st.sampled_from(
    [
        {},
        {"tables": ["arn:aws:dynamodb"]},
        {"tables": [ARNS[0]]},
        {"objects": [f"arn:aws:s3:::{BUCKET}/"]},
        {"tables": ["arn:aws:dynamodb"], "objects": ["arn:aws:s3"]},
    ]
)


def basic_selector(direction: str, resource: dict[str, list[str]], with_management: bool) -> Any:
    # CloudTrail refuses a basic selector that selects nothing.
    return basic(direction, management=with_management or not resource, **resource)


selectors = st.one_of(
    st.lists(st.one_of(management, tables, objects, network), min_size=1, max_size=3),
    st.lists(
        st.builds(basic_selector, directions, resources, st.booleans()), min_size=1, max_size=2
    ),
)


mostly = st.sampled_from([True, True, True, True, False])


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    first, second = draw(selectors), draw(selectors)
    return changed(
        REFERENCE,
        before=BEFORE,
        management__selectors=tuple(first),
        management__insights=(),
        management__logging=draw(mostly),
        data__selectors=tuple(second),
        data__logging=draw(mostly),
        others=(WITNESS,),
        table=None,
        listed=False,
    )


def kinds(aws: LocalAws, bucket: str) -> set[tuple[str, str]]:
    """(event name, resource) of the workload's events that were delivered to `bucket`."""
    files = log_files(aws, bucket)
    return {kind(each) for file in files.values() for each in file if is_work(each)}


def is_work(record: Record) -> bool:
    ours = record["eventName"] in {*NAMES, "PutObject", "GetObject", "ListTables", "TagResource"}
    return ours and "invokedBy" not in record["userIdentity"]


def kind(record: Record) -> tuple[str, str]:
    parameters: Fields = record["requestParameters"] or {}
    return record["eventName"], str(parameters.get("tableName") or parameters.get("bucketName", ""))


MANAGED = {("ListTables", ""), ("TagResource", "")}
ITEMS = set(product(NAMES, TABLES))
OBJECTS = {("PutObject", BUCKET), ("GetObject", BUCKET)}


@settings(
    max_examples=settings().max_examples // (4 if IS_LONG else 8),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=labs())
def test_configuration_and_log_files_tell_the_same(
    made: Lab, aws: LocalAws, check_now: CheckNow
) -> None:
    aws.reset()
    build(aws, made)
    for act in (*WORK, deliver):
        act(aws)
    found = check_now(8, 9, 10, 14, 15, 16)
    assert kinds(aws, WITNESS.bucket) >= MANAGED | ITEMS | OBJECTS, "the workload was recorded"
    first, second = kinds(aws, MANAGEMENT_BUCKET), kinds(aws, DATA_BUCKET)
    assert made.management
    assert made.data
    if made.management.logging:
        assert_passes(found[9], first >= MANAGED)
        wrong = bool(first & (ITEMS | OBJECTS)) or not first & MANAGED
        wrong |= wants_network_activity(made.management)
        assert ("Insights" in found[8].rationale) == (not wrong), found[8]
    else:
        assert first == set()
    assert (found[16].outcome is Outcome.PASS) == made.data.logging
    if made.data.logging:
        other = bool(second & MANAGED) or wants_network_activity(made.data)
        assert_passes(found[14], not other)
        assert_passes(found[15], second >= ITEMS and not second & OBJECTS)
    else:
        assert second == set()


def wants_network_activity(trail: TrailPlan) -> bool:
    """What no file can show: there is no VPC endpoint on the local AWS to call through."""
    return any(each.get("Name") == "endpoints" for each in trail.selectors)


def assert_passes(finding: Finding, shown: bool) -> None:
    """The finding passes if and only if the files show it."""
    assert (finding.outcome is Outcome.PASS) == shown, finding
    assert finding.outcome in {Outcome.PASS, Outcome.FAIL}
