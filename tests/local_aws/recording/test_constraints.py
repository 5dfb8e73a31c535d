"""Requests that their service's model does not allow are refused, and never break the server."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.recording.constraints import check_xml_body, refusal
from local_aws.recording.deserializing import Refused
from tests.local_aws.wire import s3_call, send

TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
RULE = b"<Rule><Status>%s</Status><Filter><Prefix/></Filter></Rule>"


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("PutBucketTagging", TAGS, None),
        ("PutBucketTagging", TAGS.replace(b"<Tagging>", b'<Tagging xmlns="http://x/">'), None),
        ("PutBucketTagging", b"<Tagging><TagSet/></Tagging>", None),
        ("PutBucketTagging", b"<Tagging/>", "MalformedXML"),
        ("PutBucketTagging", b"<Foo/>", "MalformedXML"),
        ("PutBucketTagging", b"", "MissingRequestBodyError"),
        ("PutBucketAcl", b"", None),
        ("PutBucketAcl", b"<AccessControlPolicy><Grants/></AccessControlPolicy>", None),
        ("PutBucketAcl", b"<Foo/>", "MalformedACLError"),
        (
            "CreateBucket",
            b"<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint>%s"
            % b"</CreateBucketConfiguration>",
            None,
        ),
        ("PutBucketVersioning", b"<VersioningConfiguration/>", None),
        (
            "PutBucketVersioning",
            b"<VersioningConfiguration><Status>On</Status></VersioningConfiguration>",
            "MalformedXML",
        ),
        (
            "PutBucketLifecycleConfiguration",
            b"<LifecycleConfiguration>" + RULE % b"Enabled" + b"</LifecycleConfiguration>",
            None,
        ),
        (
            "PutBucketLifecycleConfiguration",
            b"<LifecycleConfiguration>" + RULE % b"Maybe" + b"</LifecycleConfiguration>",
            "MalformedXML",
        ),
        ("PutBucketLifecycleConfiguration", b"<LifecycleConfiguration/>", "MalformedXML"),
        ("PutBucketLogging", b"<BucketLoggingStatus/>", None),
        ("PutObject", b"anything", None),
    ],
)
def test_xml_is_what_s3s_schema_says(operation: str, body: bytes, code: str | None) -> None:
    def found() -> str | None:
        try:
            check_xml_body(operation, body)
        except Refused as refused:
            return refused.code
        return None

    assert found() == code


@pytest.mark.parametrize(
    "setting",
    [
        *("acl", "cors", "lifecycle", "logging", "notification", "tagging", "website"),
        *("encryption", "ownershipControls", "publicAccessBlock", "accelerate", "replication"),
        "object-lock",
    ],
)
@pytest.mark.parametrize("body", [b"", b"<Foo/>", b"<nope", b"not at all"])
def test_no_body_of_a_buckets_setting_breaks(aws: LocalAws, setting: str, body: bytes) -> None:
    aws.client("s3").create_bucket(Bucket="settings")
    reply = send(aws.endpoint_url, s3_call("PUT", f"/settings?{setting}", body))
    assert reply.status == 400, reply.body


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("dynamodb", "put_item", {"TableName": "x"}, "ValidationException"),
        ("kms", "encrypt", {}, "ValidationException"),
        ("logs", "start_query", {}, "InvalidParameterException"),
        ("glue", "create_table", {}, "InvalidInputException"),
        ("secretsmanager", "create_secret", {}, "ValidationException"),
        ("stepfunctions", "create_state_machine", {}, "ValidationException"),
        ("iam", "attach_role_policy", {}, "ValidationError"),
        ("sts", "assume_role", {}, "ValidationError"),
        ("cloudformation", "create_stack", {}, "ValidationError"),
        ("s3", "put_bucket_acl", {"Bucket": "settings", "ACL": "nope"}, "InvalidArgument"),
        ("s3", "list_objects_v2", {"Bucket": "settings", "MaxKeys": -1}, "InvalidArgument"),
        ("s3", "list_object_versions", {"Bucket": "settings", "MaxKeys": -1}, "InvalidArgument"),
        ("cloudformation", "describe_stacks", {"NextToken": "x"}, "ValidationError"),
        ("kinesis", "describe_stream", {"StreamARN": "x"}, "ValidationException"),
        ("kinesis", "list_stream_consumers", {"StreamARN": "x"}, "ValidationException"),
        ("dynamodb", "list_tables", {"Limit": -1}, "ValidationException"),
        ("iam", "create_service_linked_role", {"AWSServiceName": "a b"}, "ValidationError"),
        ("kms", "list_grants", {"KeyId": "x"}, "NotFoundException"),
        ("logs", "get_query_results", {"queryId": "x"}, "ResourceNotFoundException"),
        ("sns", "list_topics", {"NextToken": "x"}, "InvalidParameter"),
        ("kinesis", "list_streams", {"ExclusiveStartStreamName": "x"}, "InvalidArgumentException"),
        ("logs", "disassociate_kms_key", {}, "ResourceNotFoundException"),
        ("dynamodb", "list_exports", {}, "ValidationException"),
        ("events", "put_partner_events", {"Entries": [{}]}, "ValidationException"),
    ],
)
def test_what_no_service_takes_is_no_failure_of_it(
    aws: LocalAws, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    aws.client("s3").create_bucket(Bucket="settings")
    lax = Config(parameter_validation=False, retries={"max_attempts": 0})
    session: Any = boto3.Session("test", "test", region_name="us-east-1")
    client = session.client(service, endpoint_url=aws.endpoint_url, config=lax)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_the_model_wants_is_said_as_services_say_it() -> None:
    def said(service: str, operation: str, **parameters: Any) -> str:
        found = refusal(service, operation, parameters)
        assert found is not None
        return str(found.message)

    at = "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must"
    assert said("dynamodb", "ListTables", Limit=0) == (
        f"{at.format(0, 'limit')} have value greater than or equal to 1"
    )
    assert said("kinesis", "DescribeStream", StreamName="a" * 129) == (
        f"{at.format('a' * 129, 'streamName')} have length less than or equal to 128"
    )
    assert said("kinesis", "DescribeStream", StreamARN="x") == (
        f"{at.format('x', 'streamARN')} satisfy regular expression pattern: "
        r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"
    )
    assert refusal("kinesis", "DescribeStream", {"StreamName": "events"}) is None
