"""Every API call, however it was sent and however it ended, leaves one true record."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import EnvironBuilder

from cloudtrail.records.calls import Record
from cloudtrail.records.identity import AwsService
from local_aws import LocalAws
from local_aws.recording.receive import ON_BEHALF_OF
from local_aws.recording.recorder import Recorder
from tests.local_aws.delivered import (
    ACCOUNT,
    TABLES,
    client,
    history,
    put_item,
    records,
    request_id,
    table,
    trail,
)
from tests.local_aws.wire import Wire, authorization, form_call, json_call, s3_call, send

UNKNOWN_TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/unknown"
OBJECTS = [
    {
        "Name": "objects",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::lab-bucket/"]},
        ],
    }
]


def _last(aws: LocalAws) -> Record:
    return history(aws)[-1]


def _time(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


@pytest.mark.parametrize(
    ("service", "call", "arguments", "event"),
    [
        ("dynamodb", "list_tables", {}, ("dynamodb.amazonaws.com", "ListTables")),
        ("iam", "create_user", {"UserName": "bob"}, ("iam.amazonaws.com", "CreateUser")),
        ("sts", "get_caller_identity", {}, ("sts.amazonaws.com", "GetCallerIdentity")),
        ("s3", "create_bucket", {"Bucket": "new-bucket"}, ("s3.amazonaws.com", "CreateBucket")),
        ("kms", "list_keys", {}, ("kms.amazonaws.com", "ListKeys")),
        ("lambda", "list_functions", {}, ("lambda.amazonaws.com", "ListFunctions20150331")),
        ("route53", "list_hosted_zones", {}, ("route53.amazonaws.com", "ListHostedZones")),
        ("cloudwatch", "describe_alarms", {}, ("monitoring.amazonaws.com", "DescribeAlarms")),
        ("sqs", "create_queue", {"QueueName": "q"}, ("sqs.amazonaws.com", "CreateQueue")),
        ("cloudtrail", "list_trails", {}, ("cloudtrail.amazonaws.com", "ListTrails")),
    ],
)
def test_records_calls_of_every_protocol_with_the_clients_request_id(
    service: str, call: str, arguments: dict[str, str], event: tuple[str, str], aws: LocalAws
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    answer = getattr(client(aws, service), call)(**arguments)
    after = datetime.now(UTC)
    record = _last(aws)
    assert (record["eventSource"], record["eventName"]) == event
    assert record["requestID"] == request_id(answer)
    assert before <= _time(record) <= after
    assert record["recipientAccountId"] == ACCOUNT
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert "Boto3" in record["userAgent"]
    assert "errorCode" not in record


@pytest.mark.parametrize(
    ("service", "call", "arguments", "code", "message"),
    [
        (
            "dynamodb",
            "describe_table",
            {"TableName": "Unknown"},
            "ResourceNotFoundException",
            "Requested resource not found: Table: Unknown not found",
        ),
        (
            "iam",
            "get_user",
            {"UserName": "nobody"},
            "NoSuchEntityException",
            "The user with name nobody cannot be found.",
        ),
        (
            "s3",
            "get_bucket_policy",
            {"Bucket": "unknown-bucket"},
            "NoSuchBucket",
            "The specified bucket does not exist",
        ),
        (
            "cloudtrail",
            "get_trail",
            {"Name": "unknown"},
            "TrailNotFoundException",
            f"Unknown trail: {UNKNOWN_TRAIL} for the user: {ACCOUNT}",
        ),
    ],
)
def test_records_failed_calls_with_code_and_message(
    service: str, call: str, arguments: dict[str, str], code: str, message: str, aws: LocalAws
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(aws, service), call)(**arguments)
    record = _last(aws)
    assert (record["errorCode"], record["errorMessage"]) == (code, message)
    assert record["requestID"] == request_id(refused.value.response)
    assert record["responseElements"] is None


def test_records_a_refused_data_event(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    with pytest.raises(ClientError):
        client(aws, "dynamodb").get_item(TableName="Unknown", Key={"id": {"S": "1"}})
    [record] = records(aws, "tables-logs")
    assert record["eventName"] == "GetItem"
    assert record["errorCode"] == "ResourceNotFoundException"


def test_records_the_aws_cli(aws: LocalAws) -> None:
    aws_cli = Path(sys.executable).with_name("aws")
    command = [str(aws_cli), "dynamodb", "list-tables", "--limit", "7"]
    subprocess.run(command, check=True, capture_output=True, env=aws.environment())
    record = _last(aws)
    assert record["eventName"] == "ListTables"
    assert record["requestParameters"] == {"limit": 7}
    assert record["userAgent"].startswith("aws-cli/")


@pytest.mark.parametrize(
    ("wire", "event"),
    [
        (s3_call("PUT", "/lab-bucket/key", b"x"), "PutObject"),
        (s3_call("PUT", "/lab-bucket/key", (b"x", b"y")), "PutObject"),
        (s3_call("PUT", "/key", b"x", Host="lab-bucket.s3.amazonaws.com"), "PutObject"),
        (s3_call("HEAD", "/lab-bucket/key"), "HeadObject"),
        (s3_call("GET", "/lab-bucket/a%20b%2Fc"), "GetObject"),
        (Wire("GET", "/lab-bucket/key"), "GetObject"),
    ],
    ids=["path", "chunked", "virtual host", "head", "odd key", "anonymous"],
)
def test_records_every_way_to_ask_s3(wire: Wire, event: str, aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="lab-bucket")
    trail(aws, "objects", advanced=OBJECTS)
    answer = send(aws.endpoint_url, wire)
    [record] = records(aws, "objects-logs")
    assert record["eventName"] == event
    assert record["requestID"] == answer.headers["x-amz-request-id"]
    assert record["requestParameters"]["bucketName"] == "lab-bucket"
    assert "key" in record["requestParameters"]


def _named(service: str, path: str, body: bytes = b"", **headers: str) -> Wire:
    return Wire(
        "POST",
        path,
        {
            **authorization(service),
            "Content-Type": "application/x-www-form-urlencoded",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
        body,
    )


TOPIC = "Action=CreateTopic&Version=2010-03-31&Name=by-"


@pytest.mark.parametrize(
    "wire",
    [
        _named("sns", f"/?{TOPIC}query"),
        _named("sns", "/", f"{TOPIC}form".encode()),
        _named("sns", "/", f"{TOPIC}form&Action=DeleteTopic".encode()),
        _named("sns", "/?Action=CreateTopic", b"Version=2010-03-31&Name=by-both"),
        _named("sns", "/", f"{TOPIC}form".encode(), X_Amz_Target="SNS.DeleteTopic"),
        _named("sns", "/", f"{TOPIC}type".encode(), Content_Type="text/plain"),
        _named("sns", f"/?{TOPIC}header", Action="DeleteTopic"),
        replace(_named("sns", f"/?{TOPIC}get"), method="GET"),
    ],
    ids=["query", "form", "twice", "both", "target", "plain", "header", "get"],
)
def test_the_record_names_what_was_done_wherever_the_request_named_it(
    wire: Wire, aws: LocalAws
) -> None:
    answer = send(aws.endpoint_url, wire)
    topics = client(aws, "sns").list_topics()["Topics"]
    created = [
        record
        for record in history(aws)
        if record["eventName"] == "CreateTopic" and "errorCode" not in record
    ]
    assert len(created) == len(topics) == (1 if answer.status == 200 else 0)


@pytest.mark.parametrize("action", ["create_topic", "CREATETOPIC", "setup_class", "call_action"])
def test_nothing_but_an_operation_in_its_own_spelling_is_done(action: str, aws: LocalAws) -> None:
    body = f"Action={action}&Name=lab".encode()
    answer = send(aws.endpoint_url, form_call("sns", body))
    assert answer.status == 400
    assert b"<Code>InvalidAction</Code>" in answer.body
    assert client(aws, "sns").list_topics()["Topics"] == []


def test_a_target_is_obeyed_before_an_action_in_the_query(aws: LocalAws) -> None:
    wire = json_call("secretsmanager", "ListSecrets")
    send(aws.endpoint_url, replace(wire, path="/?Action=CreateSecret&Name=lab"))
    assert [record["eventName"] for record in history(aws)] == ["ListSecrets"]
    assert client(aws, "secretsmanager").list_secrets()["SecretList"] == []


def test_load_balancers_of_both_kinds_are_recorded(aws: LocalAws) -> None:
    for service in ("elb", "elbv2"):
        client(aws, service).describe_load_balancers()
    assert [
        (record["eventName"], record["eventSource"], record.get("apiVersion"))
        for record in history(aws)
    ] == [
        ("DescribeLoadBalancers", "elasticloadbalancing.amazonaws.com", "2012-06-01"),
        ("DescribeLoadBalancers", "elasticloadbalancing.amazonaws.com", "2015-12-01"),
    ]


def test_an_upload_by_a_form_is_recorded(aws: LocalAws) -> None:
    client(aws, "s3").create_bucket(Bucket="lab-bucket")
    trail(aws, "objects", advanced=OBJECTS)
    fields = {"key": "a/${filename}", "file": "text"}
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"'
        f"{'; filename=b.txt' if name == 'file' else ''}\r\n\r\n{text}\r\n"
        for name, text in fields.items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    send(aws.endpoint_url, Wire("POST", "/lab-bucket", headers, f"{body}--x--\r\n".encode()))
    [key] = client(aws, "s3").list_objects_v2(Bucket="lab-bucket")["Contents"]
    posted = [each for each in records(aws, "objects-logs") if each["eventName"] == "PostObject"]
    assert [each["requestParameters"]["key"] for each in posted] == [key["Key"]]
    assert posted[0]["resources"][0]["ARN"] == f"arn:aws:s3:::lab-bucket/{key['Key']}"


@pytest.mark.parametrize(
    "body",
    [b'{"TableName":', b"[1]", b"null", b'{"TableName":"\xff\xfe"}', b""],
    ids=["truncated", "list", "null", "not utf-8", "empty"],
)
def test_records_a_call_whose_body_makes_no_sense(body: bytes, aws: LocalAws) -> None:
    answer = send(aws.endpoint_url, json_call("dynamodb", "CreateTable", body))
    record = _last(aws)
    assert answer.status >= 400
    assert record["eventName"] == "CreateTable"
    assert record["requestID"] == answer.headers["x-amzn-requestid"]
    assert record["requestParameters"] is None
    assert record["errorCode"]


@pytest.mark.parametrize(
    "wire",
    [
        json_call("dynamodb", "PutItems"),
        form_call("iam", b"Action=ListUserz&Version=2010-05-08"),
        Wire("POST", "/", authorization("nosuch"), b"{}"),
        Wire("GET", "/moto-api/"),
        Wire("GET", "/favicon.ico"),
    ],
    ids=["unknown operation", "unknown action", "unknown service", "moto's page", "icon"],
)
def test_records_nothing_that_is_no_api_call(wire: Wire, aws: LocalAws) -> None:
    send(aws.endpoint_url, wire)
    assert history(aws) == []


def test_calls_of_two_threads_keep_their_own_request_ids_and_parameters(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    table(aws)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: put_item(aws, str(number)), range(80)))
    found = {
        record["requestID"]: record["requestParameters"]["key"]["id"]
        for record in records(aws, "tables-logs")
    }
    assert found == {each: str(number) for number, each in enumerate(ids)}
    assert len(found) == 80


def test_the_time_of_a_record_is_when_the_request_arrived(aws: LocalAws) -> None:
    trail(aws, "tables", advanced=TABLES)
    table(aws)
    before = datetime.now(UTC).replace(microsecond=0)
    for number in range(5):
        put_item(aws, str(number))
    after = datetime.now(UTC)
    times = [_time(record) for record in records(aws, "tables-logs")]
    assert before <= min(times) <= max(times) <= after


def test_a_call_is_in_the_region_it_was_signed_for(aws: LocalAws) -> None:
    client(aws, "dynamodb", "eu-west-1").list_tables()
    assert history(aws) == []
    [record] = history(aws, "eu-west-1")
    assert record["awsRegion"] == "eu-west-1"


def test_every_record_has_an_id_of_its_own(aws: LocalAws) -> None:
    for _ in range(20):
        client(aws, "dynamodb").list_tables()
    found = history(aws)
    assert len({record["eventID"] for record in found}) == len(found) == 20


@pytest.mark.parametrize("identity", [AwsService("cloudformation.amazonaws.com"), None])
def test_a_request_of_the_servers_own_is_its_principals_or_leaves_no_record(
    identity: AwsService | None, aws: LocalAws
) -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    recorder = Recorder(moto, aws.cloudtrail)
    headers = list(json_call("dynamodb", "ListTables").headers.items())
    request = EnvironBuilder(method="POST", headers=headers, data=b"{}")
    environ = {**request.get_environ(), "RAW_URI": "/", ON_BEHALF_OF: identity}
    assert b"TableNames" in b"".join(recorder(environ, lambda *_: None))
    callers = [record["userIdentity"] for record in history(aws)]
    expected = {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}
    assert callers == ([expected] if identity else [])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_names_no_bucket_is_not_taken_for_a_list_of_them(aws: LocalAws, method: str) -> None:
    answer = send(aws.endpoint_url, s3_call(method, "/?policy", b"a"))
    assert answer.status == 400
    assert b"<Code>MethodNotAllowed</Code>" in answer.body
