"""What a bucket tells of its objects, as queues, topics, functions and rules get it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.consumers.functions import function, received
from tests.local_aws.delivered import ACCOUNT, client, keys, log_bucket, records, table, trail
from tests.local_aws.subscribers import messages, queue, rule
from tests.local_aws.wire import Wire, send

EVERYTHING = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]


@pytest.fixture
def aws(patient_aws: LocalAws) -> LocalAws:
    client(patient_aws, "s3").create_bucket(Bucket="things")
    return patient_aws


def configured(aws: LocalAws, bucket: str = "things", **more: Any) -> str:
    """Have a bucket notify a queue of everything; returns the queue's URL, emptied."""
    url, arn = queue(aws, "told")
    listed = [{"Id": "all", "QueueArn": arn, "Events": EVERYTHING, **more}]
    client(aws, "s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": listed}
    )
    (test,) = messages(aws, url)
    assert test.pop("RequestId")
    assert test.pop("HostId")
    assert test.pop("Time")
    assert test == {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket}
    return url


def told(aws: LocalAws, url: str) -> list[Any]:
    aws.deliver_now()
    return [record for message in messages(aws, url) for record in message["Records"]]


def test_record_has_the_form_of_s3(aws: LocalAws) -> None:
    url = configured(aws)
    answer = client(aws, "s3").put_object(Bucket="things", Key="a b/ü=1.txt", Body=b"x")
    (record,) = told(aws, url)
    assert record.pop("eventTime").endswith("Z")
    owner = record["s3"]["bucket"]["ownerIdentity"]["principalId"]
    assert len(record["s3"]["object"].pop("sequencer")) == 18
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": owner},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": answer["ResponseMetadata"]["RequestId"],
            "x-amz-id-2": answer["ResponseMetadata"]["HostId"],
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "all",
            "bucket": {
                "name": "things",
                "ownerIdentity": {"principalId": owner},
                "arn": "arn:aws:s3:::things",
            },
            "object": {
                "key": "a+b/%C3%BC%3D1.txt",
                "size": 1,
                "eTag": answer["ETag"].strip('"'),
            },
        },
    }


def test_user_and_version_are_named(aws: LocalAws) -> None:
    s3, iam = client(aws, "s3"), client(aws, "iam")
    s3.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
    url = configured(aws)
    user = iam.create_user(UserName="alice")["User"]["UserId"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    as_alice = client(aws, "s3", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    version = as_alice.put_object(Bucket="things", Key="a")["VersionId"]
    (record,) = told(aws, url)
    assert record["userIdentity"] == {"principalId": f"AWS:{user}"}
    assert record["s3"]["object"]["versionId"] == version


def test_what_is_done_has_its_name(aws: LocalAws) -> None:
    url, s3 = configured(aws), client(aws, "s3")
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    s3.put_object(Bucket="things", Key="a")
    s3.copy_object(Bucket="things", Key="b", CopySource="things/a")
    s3.put_object_tagging(Bucket="things", Key="a", Tagging=tags)
    s3.delete_object(Bucket="things", Key="a")
    s3.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket="things", Key="b")
    found = told(aws, url)
    assert [record["eventName"] for record in found] == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectTagging:Put",
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
    ]
    assert [record["eventVersion"] for record in found] == ["2.1", "2.1", "2.3", "2.1", "2.1"]
    assert set(found[3]["s3"]["object"]) == {"key", "sequencer"}
    sequencers = [each["s3"]["object"]["sequencer"] for each in found if "2.1" in each.values()]
    assert sequencers == sorted(set(sequencers))


def test_filters_choose(aws: LocalAws) -> None:
    rules = [{"Name": "prefix", "Value": "logs/"}, {"Name": "suffix", "Value": ".gz"}]
    url = configured(aws, Filter={"Key": {"FilterRules": rules}})
    for key in ("logs/a.gz", "logs/a.txt", "a.gz"):
        client(aws, "s3").put_object(Bucket="things", Key=key)
    assert [record["s3"]["object"]["key"] for record in told(aws, url)] == ["logs/a.gz"]


def test_function_and_topic_are_told(aws: LocalAws) -> None:
    topic = client(aws, "sns").create_topic(Name="told")["TopicArn"]
    url, arn = queue(aws, "by-topic")
    client(aws, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    lambda_arn = function(aws, "listener")
    client(aws, "s3").put_bucket_notification_configuration(
        Bucket="things",
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectTagging:*"]}],
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": lambda_arn, "Events": ["s3:ObjectCreated:*"]}
            ],
        },
    )
    client(aws, "s3").put_object(Bucket="things", Key="a")
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    client(aws, "s3").put_object_tagging(Bucket="things", Key="a", Tagging=tags)
    aws.deliver_now()
    test, envelope = messages(aws, url)
    assert json.loads(test["Message"])["Event"] == "s3:TestEvent"
    assert envelope["Subject"] == "Amazon S3 Notification"
    (event,) = received(aws)
    by_topic = json.loads(envelope["Message"])["Records"][0]
    by_function = event["Records"][0]
    assert (by_topic["eventName"], by_function["eventName"]) == (
        "ObjectTagging:Put",
        "ObjectCreated:Put",
    )
    assert by_topic["s3"]["object"]["key"] == by_function["s3"]["object"]["key"] == "a"


def test_rules_are_told_by_eventbridge(aws: LocalAws) -> None:
    url = rule(aws, "things", {"source": ["aws.s3"]})
    s3 = client(aws, "s3")
    s3.put_bucket_notification_configuration(
        Bucket="things", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    answer = s3.put_object(Bucket="things", Key="a b/c", Body=b"x")
    s3.delete_object(Bucket="things", Key="a b/c")
    aws.deliver_now()
    created, deleted = messages(aws, url)
    assert created["detail-type"] == "Object Created"
    assert created["resources"] == ["arn:aws:s3:::things"]
    assert created["detail"]["object"].pop("sequencer")
    assert created["detail"] == {
        "version": "0",
        "bucket": {"name": "things"},
        "object": {"key": "a b/c", "size": 1, "etag": answer["ETag"].strip('"')},
        "request-id": answer["ResponseMetadata"]["RequestId"],
        "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["reason"] == "DeleteObject"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_log_file_is_put_by_cloudtrail(aws: LocalAws) -> None:
    log_bucket(aws, "audit-logs")
    url = configured(aws, "audit-logs")
    by_rule = rule(aws, "files", {"source": ["aws.s3"], "detail-type": ["Object Created"]})
    configuration = client(aws, "s3").get_bucket_notification_configuration(Bucket="audit-logs")
    client(aws, "s3").put_bucket_notification_configuration(
        Bucket="audit-logs",
        NotificationConfiguration={
            "QueueConfigurations": configuration["QueueConfigurations"],
            "EventBridgeConfiguration": {},
        },
    )
    messages(aws, url)
    trail(aws, "audit", "audit-logs")
    table(aws)
    found = told(aws, url)
    assert [each["s3"]["object"]["key"] for each in found] == keys(aws, "audit-logs")
    assert found[0]["userIdentity"]["principalId"].startswith("AWS:AROA")
    assert found[0]["userIdentity"]["principalId"].endswith(":regionalDeliverySession")
    (event, *_) = messages(aws, by_rule)
    assert event["detail"]["requester"] == "cloudtrail.amazonaws.com"
    puts = [each for each in records(aws, "audit-logs") if each["eventName"] == "PutObject"]
    assert puts == []


def test_destination_that_is_gone_holds_up_nobody(aws: LocalAws) -> None:
    url = configured(aws)
    client(aws, "sqs").delete_queue(QueueUrl=url)
    client(aws, "s3").put_object(Bucket="things", Key="a")
    assert keys(aws, "things") == ["a"]


@pytest.mark.parametrize(
    ("versioning", "name", "kind"),
    [
        (None, "LifecycleExpiration:Delete", "Permanently Deleted"),
        ("Enabled", "LifecycleExpiration:DeleteMarkerCreated", "Delete Marker Created"),
    ],
)
def test_what_a_lifecycle_rule_expires_is_told(
    aws: LocalAws, versioning: str | None, name: str, kind: str
) -> None:
    s3 = client(aws, "s3")
    if versioning:
        s3.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": versioning})
    expire = {"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(
        Bucket="things", LifecycleConfiguration={"Rules": [expire]}
    )
    s3.put_object(Bucket="things", Key="old", Body=b"x")
    url, arn = queue(aws, "told")
    wanted = [{"QueueArn": arn, "Events": ["s3:LifecycleExpiration:*"]}]
    s3.put_bucket_notification_configuration(
        Bucket="things",
        NotificationConfiguration={"QueueConfigurations": wanted, "EventBridgeConfiguration": {}},
    )
    messages(aws, url)
    events = rule(aws, "expired", {"source": ["aws.s3"], "detail-type": ["Object Deleted"]})
    aws.advance(timedelta(days=3))
    (record,) = told(aws, url)
    assert (record["eventName"], record["s3"]["object"]["key"]) == (name, "old")
    (event,) = messages(aws, events)
    assert event["detail"]["reason"] == "Lifecycle Expiration"
    assert event["detail"]["deletion-type"] == kind
    assert event["detail"]["requester"] == "s3.amazonaws.com"
    assert "source-ip-address" not in event["detail"]


def _configure(aws: LocalAws, *queues: Any, **how: Any) -> None:
    client(aws, "s3").put_bucket_notification_configuration(
        Bucket="things", NotificationConfiguration={"QueueConfigurations": list(queues)}, **how
    )


def _to(arn: str, event: str = "s3:ObjectCreated:*", **rules: str) -> dict[str, Any]:
    listed = [{"Name": name, "Value": value} for name, value in rules.items()]
    filters = {"Filter": {"Key": {"FilterRules": listed}}} if listed else {}
    return {"QueueArn": arn, "Events": [event], **filters}


def test_filter_rules_are_named_in_any_case(aws: LocalAws) -> None:
    url, arn = queue(aws, "told")
    _configure(aws, _to(arn, PREFIX="logs/", Suffix=""))
    (only,) = client(aws, "s3").get_bucket_notification_configuration(Bucket="things")[
        "QueueConfigurations"
    ]
    assert only["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "logs/"},
        {"Name": "Suffix", "Value": ""},
    ]
    for key in ("logs/a", "other"):
        client(aws, "s3").put_object(Bucket="things", Key=key)
    _test, *told = messages(aws, url)
    assert [each["Records"][0]["s3"]["object"]["key"] for each in told] == ["logs/a"]


@pytest.mark.parametrize(
    ("configurations", "code"),
    [
        ([_to("arn:aws:sqs:us-east-1:123456789012:nowhere")], "InvalidArgument"),
        ([_to("arn:aws:sns:us-east-1:123456789012:told")], "InvalidArgument"),
        ([_to("arn:aws:sqs:eu-west-1:123456789012:told")], "InvalidArgument"),
        ([_to("arn:aws:sqs:us-east-1:123456789012:told", middle="x")], "InvalidArgument"),
        (
            [
                _to("arn:aws:sqs:us-east-1:123456789012:told", Prefix="a/"),
                _to("arn:aws:sqs:us-east-1:123456789012:told", "s3:ObjectCreated:Put", Prefix="a"),
            ],
            "InvalidArgument",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(
    configurations: list[Any], code: str, aws: LocalAws
) -> None:
    queue(aws, "told")
    with pytest.raises(ClientError) as error:
        _configure(aws, *configurations)
    assert error.value.response["Error"]["Code"] == code


def test_destinations_are_not_looked_at_where_that_is_asked_for(aws: LocalAws) -> None:
    nowhere = "arn:aws:sqs:us-east-1:123456789012:nowhere"
    _configure(aws, _to(nowhere), SkipDestinationValidation=True)


WITHOUT_EVENTS = b"""
<NotificationConfiguration>
  <QueueConfiguration><Queue>arn:aws:sqs:us-east-1:1:q</Queue></QueueConfiguration>
</NotificationConfiguration>
"""


@pytest.mark.parametrize(
    "body",
    [
        b"<NotificationConfiguration>",
        b"<Other/>",
        b"<NotificationConfiguration><QueueConfiguration/></NotificationConfiguration>",
        WITHOUT_EVENTS,
    ],
)
def test_xml_that_is_no_configuration_is_malformed(body: bytes, aws: LocalAws) -> None:
    url = client(aws, "s3").generate_presigned_url(
        "put_bucket_notification_configuration",
        {"Bucket": "things", "NotificationConfiguration": {}},
    )
    answer = send(
        aws.endpoint_url, Wire("PUT", f"/{url.partition('//')[2].partition('/')[2]}", body=body)
    )
    assert answer.status == 400
    assert b"<Code>MalformedXML</Code>" in answer.body


def test_upload_in_parts_is_one_event(aws: LocalAws) -> None:
    url, arn = queue(aws, "told")
    _configure(aws, _to(arn))
    s3, there = client(aws, "s3"), {"Bucket": "things", "Key": "big"}
    upload = there | {"UploadId": s3.create_multipart_upload(**there)["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    _test, *told = messages(aws, url)
    assert [each["Records"][0]["eventName"] for each in told] == [
        "ObjectCreated:CompleteMultipartUpload"
    ]


def test_settings_are_answered_whole(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.put_bucket_notification_configuration(
        Bucket="things", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    found = s3.get_bucket_notification_configuration(Bucket="things")
    assert found["EventBridgeConfiguration"] == {}
