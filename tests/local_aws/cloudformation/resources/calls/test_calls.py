"""What CloudFormation does for its caller, as Event history and trails show it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends

from local_aws import LocalAws
from local_aws.cloudformation.resources import calls
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import Answer, read
from tests.local_aws import delivered
from tests.local_aws.cloudformation.resources.calls.deployer import (
    BUCKET,
    BUCKET_POLICY,
    CLOUDFORMATION,
    LAB,
    POLICY,
    ROLE,
    TABLE,
    TRAIL,
    TRAIL_ARN,
    Deployer,
    resource,
)
from tests.local_aws.delivered import ACCOUNT, client

BUILT = [
    "CreateBucket",
    "PutBucketEncryption",
    "PutBucketPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutBucketVersioning",
    "PutBucketTagging",
    "PutBucketPolicy",
    "CreateTrail",
    "PutEventSelectors",
    "PutInsightSelectors",
    "StartLogging",
    "CreateTable",
    "CreateRole",
    "PutRolePolicy",
    "AttachRolePolicy",
]

# --- creating ----------------------------------------------------------------------------


def test_resources_leave_the_calls_that_make_them(deployer: Deployer) -> None:
    deployer.create(**LAB)
    assert sorted(deployer.names()) == sorted(BUILT)


def test_the_calls_are_the_callers_through_cloudformation(deployer: Deployer) -> None:
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "test",
        "invokedBy": CLOUDFORMATION,
    }
    assert (record["sourceIPAddress"], record["userAgent"]) == (CLOUDFORMATION, CLOUDFORMATION)
    assert "tlsDetails" not in record


def system_tags(logical_id: str) -> list[dict[str, Any]]:
    """The tags that CloudFormation gives, as records have them."""
    stack = cloudformation_backends[ACCOUNT]["us-east-1"].get_stack("lab")
    values = {"stack-name": "lab", "stack-id": stack.stack_id, "logical-id": logical_id}
    return [{"key": f"aws:cloudformation:{name}", "value": value} for name, value in values.items()]


def test_a_table_is_recorded_as_dynamodb_answers(deployer: Deployer) -> None:
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
    assert record["requestParameters"] == {
        "attributeDefinitions": [{"attributeName": "id", "attributeType": "N"}],
        "tableName": "Users",
        "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
        "billingMode": "PAY_PER_REQUEST",
        "tags": system_tags("Table"),
    }
    assert record["responseElements"]["tableDescription"]["tableStatus"] == "CREATING"
    assert [resource["ARN"] for resource in record["resources"]] == [arn]


def test_a_buckets_settings_are_the_requests_that_s3_gets(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET)
    block = deployer.record("PutBucketPublicAccessBlock")["requestParameters"]
    assert block == {
        "bucketName": "stack-logs",
        "Host": "stack-logs.s3.us-east-1.amazonaws.com",
        "publicAccessBlock": "",
        "PublicAccessBlockConfiguration": {
            "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
        },
    }
    encryption = deployer.record("PutBucketEncryption")["requestParameters"]
    assert encryption["ServerSideEncryptionConfiguration"]["Rule"] == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}
    }


def test_a_bucket_policy_is_recorded_as_an_object(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY)
    recorded = deployer.record("PutBucketPolicy")["requestParameters"]["bucketPolicy"]
    assert recorded == BUCKET_POLICY["Properties"]["PolicyDocument"]


def test_a_trail_is_recorded_with_cloudtrails_own_answers(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL)
    created = deployer.record("CreateTrail")
    assert created["requestParameters"] == {
        "name": "stack-trail",
        "s3BucketName": "stack-logs",
        "includeGlobalServiceEvents": False,
        "tagsList": system_tags("Trail"),
    }
    assert created["responseElements"]["trailARN"] == TRAIL_ARN
    selectors = deployer.record("PutEventSelectors")["responseElements"]["eventSelectors"]
    assert selectors[0]["includeManagementEvents"] is True


def test_a_role_is_recorded_with_the_policies_it_is_given(deployer: Deployer) -> None:
    deployer.create(Role=ROLE)
    arn = f"arn:aws:iam::{ACCOUNT}:role/stack-role"
    assert deployer.record("CreateRole")["responseElements"]["role"]["arn"] == arn
    put = deployer.record("PutRolePolicy")["requestParameters"]
    assert (put["policyName"], json.loads(put["policyDocument"])) == ("list", POLICY)


def test_a_trail_of_the_stack_sees_what_is_made_once_it_logs(aws: LocalAws) -> None:
    resources = {**LAB, "Table": {**TABLE, "DependsOn": "Trail"}}
    Deployer(aws, client(aws, "cloudformation")).create(**resources)
    seen = set(delivered.names(delivered.records(aws, "stack-logs")))
    assert "CreateTable" in seen
    assert not seen & {"CreateBucket", "CreateTrail", "StartLogging"}


# --- failing -----------------------------------------------------------------------------


def test_a_refused_creation_is_recorded_with_its_error(aws: LocalAws, deployer: Deployer) -> None:
    client(aws, "dynamodb").create_table(**TABLE["Properties"])
    deployer.create(Table=TABLE)
    record = deployer.record("CreateTable")
    assert record["errorCode"] == "ResourceInUseException"
    assert record["errorMessage"] == "Table already exists: Users"
    assert record["responseElements"] is None


def test_a_trail_without_a_bucket_policy_is_recorded_as_refused(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Trail={**TRAIL, "DependsOn": "Bucket"})
    record = deployer.record("CreateTrail")
    assert record["errorCode"] == "InsufficientS3BucketPolicyException"
    assert deployer.names()[-2:] == ["CreateTrail", "DeleteBucket"]


def test_refused_selectors_come_after_the_trail_and_before_its_end(deployer: Deployer) -> None:
    objects = [{"Type": "AWS::S3::Object", "Values": ["no-arn"]}]
    selectors = [{"ReadWriteType": "All", "DataResources": objects}]
    trail = {**TRAIL, "Properties": {**TRAIL["Properties"], "EventSelectors": selectors}}
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=trail)
    outcomes = [(record["eventName"], record.get("errorCode")) for record in deployer.records()]
    assert outcomes[-5:] == [
        ("CreateTrail", None),
        ("PutEventSelectors", "InvalidEventSelectorsException"),
        ("DeleteTrail", None),
        ("DeleteBucketPolicy", None),
        ("DeleteBucket", None),
    ]


def test_what_cloudformation_refuses_itself_is_no_call(aws: LocalAws, deployer: Deployer) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="stack-logs")
    document = json.dumps(BUCKET_POLICY["Properties"]["PolicyDocument"])
    s3.put_bucket_policy(Bucket="stack-logs", Policy=document)
    properties = {**BUCKET_POLICY["Properties"], "Bucket": "stack-logs"}
    deployer.create(Policy={**BUCKET_POLICY, "Properties": properties})
    assert deployer.status() == "ROLLBACK_COMPLETE"
    assert deployer.names() == []


def test_a_bucket_that_is_not_empty_is_recorded_as_not_deleted(
    aws: LocalAws, deployer: Deployer
) -> None:
    deployer.create(Bucket=BUCKET)
    client(aws, "s3").put_object(Bucket="stack-logs", Key="left", Body=b"")
    deployer.delete()
    assert deployer.record("DeleteBucket")["errorCode"] == "BucketNotEmpty"


def test_properties_that_no_api_takes_are_no_call(aws: LocalAws, deployer: Deployer) -> None:
    table = {**TABLE["Properties"], "KeySchema": "id"}
    deployer.create(Table={**TABLE, "Properties": table})
    assert (deployer.status(), deployer.names()) == ("ROLLBACK_COMPLETE", [])
    events = client(aws, "cloudformation").describe_stack_events(StackName="lab")["StackEvents"]
    (reason,) = [
        event["ResourceStatusReason"]
        for event in events
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert reason.startswith("Properties validation failed: Invalid type for parameter KeySchema")


# --- changing and deleting ---------------------------------------------------------------


def test_an_update_leaves_only_the_calls_that_change_something(deployer: Deployer) -> None:
    deployer.create(**LAB)
    before = len(deployer.names())
    table = {**TABLE["Properties"], "DeletionProtectionEnabled": "true"}
    tags = [{"Key": "lab", "Value": "changed"}]
    bucket = {**BUCKET["Properties"], "Tags": tags}
    deployer.update(
        **{
            **LAB,
            "Table": {**TABLE, "Properties": table},
            "Bucket": {**BUCKET, "Properties": bucket},
        }
    )
    assert sorted(deployer.names()[before:]) == ["PutBucketTagging", "UpdateTable"]
    changed = deployer.record("UpdateTable")["requestParameters"]
    assert changed == {"tableName": "Users", "deletionProtectionEnabled": True}


def test_settings_that_are_no_longer_given_are_taken_away(deployer: Deployer) -> None:
    life = {"Rules": [{"Status": "Enabled", "ExpirationInDays": "7"}]}
    given = {**BUCKET["Properties"], "LifecycleConfiguration": life}
    deployer.create(Bucket={**BUCKET, "Properties": given})
    before = len(deployer.names())
    deployer.update(Bucket=resource("AWS::S3::Bucket", BucketName="stack-logs"))
    assert sorted(deployer.names()[before:]) == [
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPublicAccessBlock",
        "PutBucketTagging",
        "PutBucketVersioning",
    ]


def test_a_trail_is_stopped_by_an_update_that_says_so(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL)
    stopped = {**TRAIL, "Properties": {**TRAIL["Properties"], "IsLogging": False}}
    deployer.update(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=stopped)
    assert deployer.names()[-1] == "StopLogging"


def test_deletion_leaves_the_calls_in_its_order(deployer: Deployer) -> None:
    deployer.create(Bucket=BUCKET, Policy=BUCKET_POLICY, Trail=TRAIL, Role=ROLE)
    before = len(deployer.names())
    deployer.delete()
    deleted = deployer.names()[before:]
    assert [name for name in deleted if "Role" not in name] == [
        "DeleteTrail",
        "DeleteBucketPolicy",
        "DeleteBucket",
    ]
    assert [name for name in deleted if "Role" in name] == [
        "DetachRolePolicy",
        "DeleteRolePolicy",
        "DeleteRole",
    ]


THROTTLED = (400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
LISTED = (200, b'{"Trails": []}')


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Call a service that gives these answers, one after the other."""
    monkeypatch.setattr(calls, "_PAUSES", (0.0, 0.0))

    def ask(*answers: tuple[int, bytes]) -> Answer:
        left = iter(answers)

        def serve(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
            status, body = next(left)
            start_response(f"{status} Whatever", [("Content-Type", "application/x-amz-json-1.1")])
            return [body]

        recorder: Any = serve
        services = calls.Services(recorder, "http://127.0.0.1:1")
        mine = calls.on_behalf_of(None, ACCOUNT, "us-east-1", services)
        return mine.send(read("cloudtrail", "ListTrails", {}))

    return ask


def test_a_throttled_call_is_tried_again(ask: Callable[..., Answer]) -> None:
    assert ask(THROTTLED, THROTTLED, LISTED) == {"Trails": []}


def test_a_call_that_stays_throttled_fails(ask: Callable[..., Answer]) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(THROTTLED, THROTTLED, THROTTLED)
    assert (failed.value.code, failed.value.status) == ("ThrottlingException", 400)
