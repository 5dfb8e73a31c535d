"""From calls to records: the rules that all services share, and each service's exceptions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import Call, CallError
from cloudtrail.records.identity import (
    AssumedRole,
    AwsAccount,
    AwsService,
    Identity,
    OnBehalfOf,
    Root,
)
from cloudtrail.records.record import is_recorded, needs_output, record_of
from cloudtrail.records.service_models import service_model
from tests.cloudtrail.calls import (
    ACCOUNT,
    ALICE,
    DENIED,
    SECRET,
    THROTTLED,
    TIME,
    call,
    full_call,
    request,
)

CANONICAL_ORDER = (
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
    "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestParameters",
    "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources",
    "eventType", "apiVersion", "managementEvent", "recipientAccountId", "sharedEventID",
    "eventCategory", "tlsDetails",
)  # fmt: skip
ALWAYS = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
    "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID",
    "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId",
    "eventCategory",
}  # fmt: skip
SERVICES = (
    "cloudformation", "cloudtrail", "cloudwatch", "cognito-idp", "dynamodb", "dynamodbstreams",
    "ec2", "ecr", "events", "iam", "kms", "lambda", "logs", "organizations", "rds", "s3",
    "secretsmanager", "sns", "sqs", "ssm", "stepfunctions", "sts",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None,
    "",
    "text",
    5,
    [],
    ["x"],
    {},
    {"x": "y"},
    [{"x": 1}],
    {"x": {"y": []}},
    True,
    b"x",
)


INVALID = CallError("ValidationError", "1 validation error detected", 400)
ROLE = AssumedRole(ACCOUNT, "arn", "AROA:s", "ASIA", "role-arn", "AROA", "admin", TIME)
CALLERS: tuple[Identity, ...] = (
    ALICE,
    ROLE,
    Root(ACCOUNT, "AKIAROOT"),
    AwsAccount("210987654321", "AIDABOB"),
    AwsService("cloudtrail.amazonaws.com"),
    OnBehalfOf(ALICE, "cloudformation.amazonaws.com"),
)


def operations() -> list[tuple[str, str]]:
    """Return every operation of the services that these tests draw from."""
    models = [(service, service_model(service)) for service in SERVICES]
    return [(service, name) for service, model in models if model for name in model.operation_names]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Draw a call of any operation, by any caller, with any parameters, failed or not."""
    service, operation = draw(st.sampled_from(operations()))
    error = draw(st.sampled_from([None, None, None, DENIED, INVALID, THROTTLED]))
    full = full_call(service, operation, identity=draw(st.sampled_from(CALLERS)))
    names = sorted(full.parameters)
    kept = draw(st.sets(st.sampled_from(names))) if names else set()
    return replace(
        full,
        parameters={name: full.parameters[name] for name in names if name in kept},
        output=None if error else draw(st.sampled_from([full.output, {}, None])),
        error=error,
        shared_event_id=draw(st.sampled_from([None, "shared"])),
    )


@given(calls())
def test_keys_stand_in_canonical_order(made: Call) -> None:
    keys = list(record_of(made))
    assert keys == [key for key in CANONICAL_ORDER if key in keys]


@given(calls())
def test_nothing_is_empty_but_what_is_null(made: Call) -> None:
    record = record_of(made)
    assert set(record) >= ALWAYS
    assert {key for key, value in record.items() if value in ("", {}, [], None)} <= {
        "requestParameters",
        "responseElements",
    }
    assert record["requestParameters"] != {}
    assert record["responseElements"] != {}


@given(calls())
def test_a_failed_call_has_no_response(made: Call) -> None:
    record = record_of(made)
    assert (made.error is not None) == ("errorCode" in record)
    assert made.error is None or record["responseElements"] is None


@given(calls())
def test_data_events_are_those_that_manage_nothing(made: Call) -> None:
    record = record_of(made)
    assert record["eventCategory"] == ("Management" if record["managementEvent"] else "Data")
    assert record["managementEvent"] or record["resources"][0]["type"].startswith("AWS::")


@given(calls())
def test_a_service_calls_from_itself_without_tls(made: Call) -> None:
    record = record_of(made)
    invoked_by = record["userIdentity"].get("invokedBy")
    assert (invoked_by is None) == ("tlsDetails" in record)
    assert invoked_by is None or record["sourceIPAddress"] == record["userAgent"] == invoked_by


@given(calls())
def test_no_secret_gets_into_a_record(made: Call) -> None:
    assert SECRET.encode() not in to_json(record_of(made))


@given(calls(), st.data())
def test_a_malformed_request_is_recorded_too(made: Call, data: st.DataObject) -> None:
    names = sorted(made.parameters)
    junk = {name: data.draw(st.sampled_from(JUNK)) for name in names}
    record = record_of(replace(made, parameters=junk))
    assert record["eventID"] == made.event_id


@pytest.mark.parametrize("junk", JUNK)
def test_a_malformed_request_of_a_data_plane_is_recorded_too(junk: Any) -> None:
    for service, operation in operations():
        if service in ("dynamodb", "dynamodbstreams", "s3", "kms", "sts", "ssm", "sqs", "ecr"):
            full = full_call(service, operation)
            parameters = dict.fromkeys(full.parameters, junk)
            assert to_json(record_of(replace(full, parameters=parameters)))


@given(calls())
def test_json_is_compact_and_keeps_the_order(made: Call) -> None:
    record = record_of(made)
    text = to_json(record)
    decoded = json.loads(text)
    assert list(decoded) == list(record)
    assert text.decode() == json.dumps(decoded, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("service", SERVICES)
def test_output_is_needed_wherever_it_changes_the_record(service: str) -> None:
    model = service_model(service)
    assert model is not None
    for operation in model.operation_names:
        full = full_call(service, operation)
        without = replace(full, output=None)
        if not needs_output(service, operation):
            assert record_of(full) == record_of(without), operation


def test_the_time_is_utc_to_the_second() -> None:
    assert record_of(call("sts", "GetCallerIdentity"))["eventTime"] == "2026-05-03T14:05:09Z"


def test_a_client_is_taken_to_reach_the_service_at_its_own_name() -> None:
    assert record_of(call("dynamodb", "ListTables"))["tlsDetails"] == {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": "dynamodb.eu-west-1.amazonaws.com",
    }


@pytest.mark.parametrize("service", ["iam", "organizations", "cloudfront", "route53"])
def test_global_services_are_recorded_in_us_east_1(service: str) -> None:
    model = service_model(service)
    assert model is not None
    record = record_of(call(service, model.operation_names[0]))
    assert record["awsRegion"] == "us-east-1"


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("cloudwatch", "monitoring.amazonaws.com"),
        ("stepfunctions", "states.amazonaws.com"),
        ("dynamodbstreams", "dynamodb.amazonaws.com"),
        ("ecr", "ecr.amazonaws.com"),
        ("rds-data", "rdsdata.amazonaws.com"),
        ("s3control", "s3.amazonaws.com"),
        ("sesv2", "ses.amazonaws.com"),
        ("elbv2", "elasticloadbalancing.amazonaws.com"),
        ("opensearch", "es.amazonaws.com"),
        ("application-autoscaling", "autoscaling.amazonaws.com"),
    ],
)
def test_the_source_is_the_services_own_name(service: str, source: str) -> None:
    model = service_model(service)
    assert model is not None
    assert record_of(call(service, model.operation_names[0]))["eventSource"] == source


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("lambda", "CreateFunction", "CreateFunction20150331"),
        ("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2"),
        ("lambda", "GetAccountSettings", "GetAccountSettings20160819"),
        ("lambda", "GetFunctionCodeSigningConfig", "GetFunctionCodeSigningConfig"),
        ("lambda", "Invoke", "Invoke"),
        ("cloudfront", "CreateDistribution", "CreateDistribution"),
        ("cloudfront", "CreateFunction", "CreateFunction2020_05_31"),
        ("s3", "ListObjectsV2", "ListObjects"),
        ("s3", "PutBucketLifecycleConfiguration", "PutBucketLifecycle"),
        ("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
        ("s3control", "GetPublicAccessBlock", "GetAccountPublicAccessBlock"),
        ("iam", "CreateUser", "CreateUser"),
    ],
)
def test_some_events_are_not_named_as_their_operations(
    service: str, operation: str, name: str
) -> None:
    assert record_of(call(service, operation))["eventName"] == name


@pytest.mark.parametrize(
    ("service", "operation", "read_only"),
    [
        ("kms", "Encrypt", True),
        ("kms", "DisableKey", False),
        ("sts", "AssumeRole", True),
        ("sts", "GetSessionToken", False),
        ("dynamodb", "ListExports", False),
        ("dynamodb", "Scan", True),
        ("dynamodb", "ExecuteStatement", False),
        ("dynamodb", "BatchGetItem", True),
        ("iam", "CreateUser", False),
        ("rds", "DownloadDBLogFilePortion", True),
        ("cloudtrail", "LookupEvents", True),
        ("sqs", "ReceiveMessage", True),
        ("ses", "VerifyEmailIdentity", False),
    ],
)
def test_reads_are_known_by_their_verbs_and_a_few_exceptions(
    service: str, operation: str, read_only: bool
) -> None:
    assert record_of(call(service, operation))["readOnly"] is read_only


@pytest.mark.parametrize(
    ("service", "operation", "version"),
    [
        ("dynamodb", "ListTables", "2012-08-10"),
        ("logs", "DescribeLogGroups", "20140328"),
        ("elb", "DescribeLoadBalancers", "2012-06-01"),
        ("elbv2", "DescribeLoadBalancers", "2015-12-01"),
        ("cloudtrail", "DescribeTrails", None),
        ("s3", "ListBuckets", None),
    ],
)
def test_few_services_write_their_api_version(
    service: str, operation: str, version: str | None
) -> None:
    assert record_of(call(service, operation)).get("apiVersion") == version


@pytest.mark.parametrize(("service", "version"), [("sts", "1.08"), ("iam", "1.11")])
def test_services_are_on_different_event_versions(service: str, version: str) -> None:
    operation = {"sts": "GetCallerIdentity", "iam": "ListUsers"}[service]
    assert record_of(call(service, operation))["eventVersion"] == version


def test_only_the_first_letter_of_a_member_changes() -> None:
    record = record_of(
        call(
            "rds",
            "CreateDBInstance",
            {"DBInstanceIdentifier": "db", "EnableIAMDatabaseAuthentication": True},
        )
    )
    assert list(request(record)) == ["dBInstanceIdentifier", "enableIAMDatabaseAuthentication"]


def test_the_keys_of_maps_stay_as_sent() -> None:
    record = record_of(call("sns", "CreateTopic", {"Name": "t", "Attributes": {"FifoTopic": "x"}}))
    assert request(record) == {"name": "t", "attributes": {"FifoTopic": "x"}}


def test_members_stand_in_the_models_order() -> None:
    record = record_of(call("cloudtrail", "CreateTrail", {"IsMultiRegionTrail": True, "Name": "t"}))
    assert list(request(record)) == ["name", "isMultiRegionTrail"]


def test_a_service_without_a_model_records_no_parameters() -> None:
    record = record_of(call("not-a-service", "DoThings", {"Password": "x"}))
    assert (record["eventSource"], request(record)) == ("not-a-service.amazonaws.com", None)


def test_what_does_not_fit_the_model_is_left_out() -> None:
    record = record_of(call("cloudtrail", "CreateTrail", {"Name": "t", "TagsList": "x"}))
    assert request(record) == {"name": "t", "tagsList": []}


@pytest.mark.parametrize(
    ("service", "operation", "written"),
    [
        ("dynamodb", "CreateTable", "May 3, 2026, 2:05:09 PM"),
        ("iam", "CreateUser", "May 3, 2026 2:05:09 PM"),
        ("ec2", "RunInstances", 1777817109987),
    ],
)
def test_services_write_dates_in_their_own_ways(
    service: str, operation: str, written: str | int
) -> None:
    text = to_json(record_of(full_call(service, operation))).decode()
    assert json.dumps(written) in text


def test_midnight_is_twelve() -> None:
    output = {"User": {"CreateDate": datetime(2026, 12, 1, 0, 5, 9, tzinfo=UTC)}}
    record = record_of(call("iam", "CreateUser", output=output))
    assert record["responseElements"] == {"user": {"createDate": "Dec 1, 2026 12:05:09 AM"}}


def test_long_texts_are_cut_to_a_kilobyte() -> None:
    failed = call("iam", "GetUser", user_agent="a" * 2000, error=CallError("E", "m" * 2000, 400))
    record = record_of(failed)
    assert (len(record["userAgent"]), len(record["errorMessage"])) == (1024, 1024)


def test_large_requests_are_left_out() -> None:
    record = record_of(call("iam", "PutUserPolicy", {"PolicyDocument": "x" * 103_000}))
    assert request(record) is None


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "resource_type", "arn"),
    [
        ("lambda", "Invoke", {"FunctionName": "f"}, "AWS::Lambda::Function", "function:f"),
        ("sqs", "SendMessage", {"QueueUrl": "https://q/1/jobs"}, "AWS::SQS::Queue", ":jobs"),
        ("sns", "Publish", {"TopicArn": "arn:aws:sns:e:1:t"}, "AWS::SNS::Topic", ":t"),
        ("kinesis", "PutRecord", {"StreamName": "s"}, "AWS::Kinesis::Stream", "stream/s"),
    ],
)
def test_data_events_name_their_resource(
    service: str, operation: str, parameters: dict[str, Any], resource_type: str, arn: str
) -> None:
    resource = record_of(call(service, operation, parameters))["resources"][0]
    assert resource["type"] == resource_type
    assert resource["ARN"].endswith(arn)


@pytest.mark.parametrize(
    ("service", "operation", "recorded"),
    [
        ("logs", "PutLogEvents", False),
        ("logs", "CreateLogStream", True),
        ("apigatewaymanagementapi", "PostToConnection", False),
        ("sqs", "SendMessage", True),
    ],
)
def test_some_data_planes_have_no_events(service: str, operation: str, recorded: bool) -> None:
    assert is_recorded(service, operation) is recorded


@pytest.mark.parametrize(
    ("service", "operation", "needed"),
    [
        ("dynamodb", "PutItem", False),
        ("dynamodb", "CreateTable", True),
        ("iam", "GetUser", False),
        ("iam", "CreateUser", True),
        ("iam", "DeleteUser", False),
        ("sts", "AssumeRole", True),
        ("s3", "PutObject", False),
        ("kms", "Decrypt", True),
        ("cloudtrail", "StartLogging", False),
    ],
)
def test_few_calls_need_their_output_parsed(service: str, operation: str, needed: bool) -> None:
    assert needs_output(service, operation) is needed
