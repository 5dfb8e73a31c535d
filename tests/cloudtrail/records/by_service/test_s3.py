"""S3's records, made of the HTTP request."""

from __future__ import annotations

from typing import Any

import pytest

from cloudtrail.compact_json import to_json
from cloudtrail.records.calls import CallError
from cloudtrail.records.identity import AwsService
from cloudtrail.records.record import record_of
from tests.cloudtrail.calls import ACCOUNT, SECRET, call

SIGNED = {"authorization": f"AWS4-HMAC-SHA256 Credential={SECRET}"}
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


def record(operation: str, **fields: Any) -> dict[str, Any]:
    """Return the record of a call on bucket `b` (and key `k`, if data), without secrets."""
    fields.setdefault("parameters", {"Bucket": "b"})
    fields["headers"] = SIGNED | fields.get("headers", {})
    found = record_of(call("s3", operation, **fields))
    assert SECRET.encode() not in to_json(found)
    return found


def test_a_bucket_is_reached_at_its_own_host() -> None:
    found = record("GetBucketAcl", query={"acl": ""})
    host = "b.s3.eu-west-1.amazonaws.com"
    assert found["requestParameters"] == {"bucketName": "b", "Host": host, "acl": ""}
    assert found["tlsDetails"]["clientProvidedHostHeader"] == host


@pytest.mark.parametrize("bucket", ["with.dots", ""])
def test_other_requests_go_to_the_regions_host(bucket: str) -> None:
    found = record("HeadBucket", parameters={"Bucket": bucket})
    assert found["requestParameters"]["Host"] == "s3.eu-west-1.amazonaws.com"


def test_the_user_agent_stands_in_brackets() -> None:
    assert record("ListBuckets")["userAgent"] == "[aws-cli/2.31.0]"


def test_an_xml_body_is_an_object_under_its_root() -> None:
    body = (
        f'<LifecycleConfiguration xmlns="{XMLNS}"><Rule><ID>x</ID><Prefix/>'
        "<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
    )
    found = record("PutBucketLifecycleConfiguration", query={"lifecycle": ""}, body=body.encode())
    assert found["requestParameters"]["LifecycleConfiguration"] == {
        "xmlns": XMLNS,
        "Rule": {"ID": "x", "Prefix": "", "Expiration": {"Days": 1}},
    }


def test_repeated_elements_are_a_list_and_words_become_booleans() -> None:
    tags = "".join(f"<Tag><Key>{n}</Key><Value>true</Value></Tag>" for n in "ab")
    body = f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()
    found = record("PutBucketTagging", body=body)
    assert found["requestParameters"]["Tagging"] == {
        "TagSet": {"Tag": [{"Key": "a", "Value": True}, {"Key": "b", "Value": True}]}
    }


def test_a_bucket_policy_is_an_object() -> None:
    found = record("PutBucketPolicy", query={"policy": ""}, body=b'{"Statement": []}')
    assert found["requestParameters"]["bucketPolicy"] == {"Statement": []}


@pytest.mark.parametrize("body", [b"<broken", b"\xff", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_a_body_that_cannot_be_read_is_left_out(body: bytes) -> None:
    assert set(record("PutBucketTagging", body=body)["requestParameters"]) == {"bucketName", "Host"}


def test_credentials_in_a_query_are_left_out() -> None:
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": SECRET,
        "X-Amz-Signature": SECRET,
        "X-Amz-Security-Token": SECRET,
        "X-Amz-Expires": "300",
    }
    found = record("GetObject", query=query, headers={"authorization": ""})
    assert {name for name in found["requestParameters"] if name.startswith("X-")} == {
        "X-Amz-Algorithm",
        "X-Amz-Expires",
    }
    assert found["additionalEventData"]["AuthenticationMethod"] == "QueryString"


def test_put_object_is_a_data_event_on_the_object_and_its_bucket() -> None:
    found = record(
        "PutObject",
        parameters={"Bucket": "b", "Key": "k/1"},
        headers={
            "x-amz-acl": "private",
            "x-amz-server-side-encryption-customer-key": SECRET,
            "x-amz-meta-note": SECRET,
            "x-amz-grant-read": "id=1",
        },
        body=SECRET.encode(),
        response_headers={"x-amz-server-side-encryption": "AES256", "x-amz-id-2": "abc"},
    )
    assert found["requestParameters"] == {
        "bucketName": "b",
        "Host": "b.s3.eu-west-1.amazonaws.com",
        "x-amz-acl": "private",
        "accessControlList": {"x-amz-grant-read": "id=1"},
        "key": "k/1",
    }
    assert found["responseElements"] == {"x-amz-server-side-encryption": "AES256"}
    assert found["resources"] == [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k/1"},
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"},
    ]
    assert list(found["additionalEventData"].items()) == [
        ("SignatureVersion", "SigV4"),
        ("CipherSuite", "TLS_AES_128_GCM_SHA256"),
        ("bytesTransferredIn", float(len(SECRET))),
        ("SSEApplied", "Default_SSE_S3"),
        ("AuthenticationMethod", "AuthHeader"),
        ("x-amz-id-2", "abc"),
        ("bytesTransferredOut", 0.0),
    ]


def test_sizes_of_management_events_are_integers() -> None:
    data = record("GetBucketPolicy", response_size=12)["additionalEventData"]
    assert str(data["bytesTransferredOut"]) == "12"


def test_a_chunked_upload_is_as_long_as_its_content() -> None:
    found = record("PutObject", headers={"x-amz-decoded-content-length": "3"}, body=b"x" * 99)
    assert found["additionalEventData"]["bytesTransferredIn"] == 3.0


@pytest.mark.parametrize(
    ("operation", "query", "prefix"),
    [
        ("ListObjectsV2", {"list-type": "2", "prefix": "a/"}, "arn:aws:s3:::b/a/"),
        ("HeadBucket", {}, "arn:aws:s3:::b/"),
        ("DeleteObjects", {"delete": ""}, "arn:aws:s3:::b/"),
    ],
)
def test_calls_on_many_objects_name_a_prefix(
    operation: str, query: dict[str, str], prefix: str
) -> None:
    found = record(operation, query=query)
    assert found["resources"][0] == {"type": "AWS::S3::Object", "ARNPrefix": prefix}
    assert not found["managementEvent"]


def test_a_copy_names_its_source_too() -> None:
    found = record(
        "CopyObject",
        parameters={"Bucket": "b", "Key": "k"},
        headers={"x-amz-copy-source": "/from/a%20b?versionId=1"},
    )
    assert [resource["ARN"] for resource in found["resources"]] == [
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::b",
        "arn:aws:s3:::from",
        "arn:aws:s3:::from/a b",
    ]


def test_a_bucket_that_is_not_there_is_no_resource() -> None:
    missing = record("GetBucketAcl", error=CallError("NoSuchBucket", "", 404))
    assert not any("resources" in found for found in (missing, record("CreateBucket")))


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("HeadBucket", 404, "NoSuchBucket"),
        ("HeadObject", 404, "NoSuchKey"),
        ("HeadObject", 403, "AccessDenied"),
    ],
)
def test_a_failed_head_says_why_though_its_answer_has_no_body(
    operation: str, status: int, code: str
) -> None:
    found = record(operation, error=CallError(str(status), "Not Found", status))
    assert found["errorCode"] == code


def test_a_delivery_of_cloudtrail_is_a_call_of_the_service() -> None:
    found = record_of(
        call(
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "AWSLogs/x.json.gz"},
            identity=AwsService("cloudtrail.amazonaws.com"),
            headers={"x-amz-acl": "bucket-owner-full-control"},
            shared_event_id="S",
        )
    )
    assert found["userAgent"] == "cloudtrail.amazonaws.com"
    assert found["requestParameters"]["x-amz-acl"] == "bucket-owner-full-control"
    assert found["additionalEventData"]["AuthenticationMethod"] == "AuthHeader"
    assert (found["sharedEventID"], "tlsDetails" in found) == ("S", False)
