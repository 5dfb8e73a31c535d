"""Bucket policies: what their conditions mean for a client of this endpoint."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, account, client, history
from tests.local_aws.wire import Wire, send

ONLY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::files", "arn:aws:s3:::files/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def put(aws: LocalAws, statement: dict[str, Any]) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="files")
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_object(Bucket="files", Key="key", Body=b"old")
    s3.put_bucket_policy(Bucket="files", Policy=json.dumps(policy))
    return s3


def test_loopback_counts_as_secure_transport(aws: LocalAws) -> None:
    s3 = put(aws, ONLY_TLS)
    s3.put_object(Bucket="files", Key="key", Body=b"new")
    assert s3.get_object(Bucket="files", Key="key")["Body"].read() == b"new"


def test_a_denial_of_secure_transport_denies(aws: LocalAws) -> None:
    s3 = put(aws, {**ONLY_TLS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}})
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="files", Key="key", Body=b"new")


def test_a_denial_without_condition_denies(aws: LocalAws) -> None:
    statement = {key: value for key, value in ONLY_TLS.items() if key != "Condition"}
    s3 = put(aws, statement)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket="files", Key="key")


def test_leave_for_cloudtrail_alone_does_not_keep_the_owner_out(aws: LocalAws) -> None:
    s3 = put(
        aws,
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::files/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )
    assert s3.put_object(Bucket="files", Key="key", Body=b"new")


def test_a_condition_on_the_network_leaves_the_statement_out(aws: LocalAws) -> None:
    elsewhere = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    s3 = put(aws, {**ONLY_TLS, "Condition": elsewhere})
    assert s3.put_object(Bucket="files", Key="key", Body=b"new")


def test_null_of_a_known_key_does_not_hold(aws: LocalAws) -> None:
    s3 = put(aws, {**ONLY_TLS, "Condition": {"Null": {"aws:SecureTransport": "true"}}})
    assert s3.put_object(Bucket="files", Key="key", Body=b"new")


OBJECTS = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"}
ANONYMOUS = Config(signature_version=UNSIGNED)


def denied(call: Any, *arguments: Any, **parameters: Any) -> str:
    """The message of the AccessDenied that a call gets; of HEAD, its status."""
    with pytest.raises(ClientError) as refused:
        call(*arguments, **parameters)
    error = refused.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "403")
    message: str = error["Message"]
    return message


@pytest.fixture
def nobody(aws: LocalAws) -> Any:
    return boto3.client(
        "s3", region_name="us-east-1", endpoint_url=aws.endpoint_url, config=ANONYMOUS
    )


@pytest.fixture
def stranger(aws: LocalAws) -> Any:
    """A client of another account."""
    return client(aws, "s3", **account(aws, "210987654321"))


def test_nobody_and_another_account_need_leave(aws: LocalAws, nobody: Any, stranger: Any) -> None:
    s3 = put(aws, ONLY_TLS)
    for who in (nobody, stranger):
        assert denied(who.get_object, Bucket="files", Key="key") == "Access Denied"
        assert denied(who.list_objects_v2, Bucket="files") == "Access Denied"
        denied(who.head_bucket, Bucket="files")
        denied(who.put_object, Bucket="files", Key="key", Body=b"")
    policy = {"Statement": {"Effect": "Allow", "Principal": "*", **OBJECTS}}
    s3.put_bucket_policy(Bucket="files", Policy=json.dumps(policy))
    for who in (nobody, stranger):
        assert who.get_object(Bucket="files", Key="key")["Body"].read() == b"old"
        assert who.head_object(Bucket="files", Key="key")
        denied(who.list_objects_v2, Bucket="files")


@pytest.mark.parametrize(
    "named",
    ["210987654321", "arn:aws:iam::210987654321:root", "arn:aws:iam::210987654321:role/admin"],
)
def test_leave_for_an_account_or_a_role_is_for_its_sessions(
    named: str, aws: LocalAws, nobody: Any, stranger: Any
) -> None:
    put(aws, {"Effect": "Allow", "Principal": {"AWS": named}, **OBJECTS})
    assert stranger.get_object(Bucket="files", Key="key")
    denied(nobody.get_object, Bucket="files", Key="key")


def test_an_acl_grants(aws: LocalAws, nobody: Any, stranger: Any) -> None:
    s3 = put(aws, ONLY_TLS)
    s3.put_object(Bucket="files", Key="all", Body=b"x", ACL="public-read")
    s3.put_object(Bucket="files", Key="known", Body=b"x", ACL="authenticated-read")
    assert nobody.get_object(Bucket="files", Key="all")
    assert stranger.get_object(Bucket="files", Key="known")
    denied(nobody.get_object, Bucket="files", Key="known")


def test_a_denial_binds_the_owner_and_says_so(aws: LocalAws) -> None:
    uploader = "arn:aws:iam::123456789012:role/uploader"
    condition = {"ArnNotLikeIfExists": {"aws:PrincipalArn": uploader}}
    puts = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::files/*"}
    s3 = put(aws, {"Effect": "Deny", "Principal": "*", **puts, "Condition": condition})
    assert denied(s3.put_object, Bucket="files", Key="key", Body=b"new") == (
        "User: arn:aws:iam::123456789012:root is not authorized to perform: s3:PutObject on "
        'resource: "arn:aws:s3:::files/key" with an explicit deny in a resource-based policy'
    )
    given = client(aws, "sts").assume_role(RoleArn=uploader, RoleSessionName="up")["Credentials"]
    session = client(
        aws,
        "s3",
        key=given["AccessKeyId"],
        secret=given["SecretAccessKey"],
        token=given["SessionToken"],
    )
    assert session.put_object(Bucket="files", Key="key", Body=b"new")


def test_root_takes_away_a_policy_that_denies_everything(aws: LocalAws) -> None:
    everything = {name: each for name, each in ONLY_TLS.items() if name != "Condition"}
    s3 = put(aws, everything)
    denied(s3.list_objects_v2, Bucket="files")
    s3.delete_bucket_policy(Bucket="files")
    assert s3.list_objects_v2(Bucket="files")


def test_each_deletion_of_several_is_judged(aws: LocalAws) -> None:
    kept = {"Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::files/key"}
    s3 = put(aws, {"Effect": "Deny", "Principal": "*", **kept})
    s3.put_object(Bucket="files", Key="other", Body=b"x")
    objects = {"Objects": [{"Key": "key"}, {"Key": "other"}]}
    answer = s3.delete_objects(Bucket="files", Delete=objects)
    assert [each["Key"] for each in answer["Deleted"]] == ["other"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("key", "AccessDenied")]


def test_a_condition_on_what_is_asked_for_counts(aws: LocalAws) -> None:
    listing = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::files"}
    condition = {"StringNotLike": {"s3:prefix": "mine/*"}}
    s3 = put(aws, {"Effect": "Deny", "Principal": "*", **listing, "Condition": condition})
    assert s3.list_objects_v2(Bucket="files", Prefix="mine/")
    denied(s3.list_objects_v2, Bucket="files", Prefix="yours/")


def test_a_block_that_was_asked_for_keeps_the_public_out(
    aws: LocalAws, nobody: Any, stranger: Any
) -> None:
    public = {"Effect": "Allow", "Principal": "*", **OBJECTS}
    s3 = put(aws, public)
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket="files", PublicAccessBlockConfiguration=blocked)
    denied(nobody.get_object, Bucket="files", Key="key")
    denied(stranger.get_object, Bucket="files", Key="key")
    policy = json.dumps({"Statement": [public]})
    message = denied(s3.put_bucket_policy, Bucket="files", Policy=policy)
    assert "public policies are blocked by the BlockPublicPolicy" in message


def test_what_nobody_may_do_is_recorded_as_nobodys(aws: LocalAws, nobody: Any) -> None:
    s3 = put(aws, ONLY_TLS)
    denied(nobody.get_bucket_location, Bucket="files")
    (record,) = [each for each in history(aws) if each["eventName"] == "GetBucketLocation"]
    assert record["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": "",
        "accountId": "anonymous",
    }
    assert (record["errorCode"], record["errorMessage"]) == ("AccessDenied", "Access Denied")
    assert s3.get_bucket_location(Bucket="files")


def test_what_is_copied_must_be_readable(aws: LocalAws, stranger: Any) -> None:
    s3 = put(aws, ONLY_TLS)
    s3.put_object(Bucket="files", Key="a key", Body=b"x")
    stranger.create_bucket(Bucket="theirs")
    copied = {"Bucket": "theirs", "Key": "copy", "CopySource": "files/a key"}
    denied(stranger.copy_object, **copied)
    only = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/a key"}
    policy = {"Statement": {"Effect": "Allow", "Principal": "*", **only}}
    s3.put_bucket_policy(Bucket="files", Policy=json.dumps(policy))
    assert stranger.copy_object(**copied)


def block_account(aws: LocalAws, method: str, body: bytes = b"") -> None:
    """Ask S3 Control, whose clients put the account before the host's name: not with an address."""
    scope = "test/20260101/us-east-1/s3/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x",
        "x-amz-account-id": ACCOUNT,
    }
    path = "/v20180820/configuration/publicAccessBlock"
    assert send(aws.endpoint_url, Wire(method, path, headers, body)).status in (200, 201, 204)


def test_a_block_of_the_account_counts_for_its_buckets(aws: LocalAws, nobody: Any) -> None:
    public = {"Effect": "Allow", "Principal": "*", **OBJECTS}
    s3 = put(aws, public)
    s3.put_object_acl(Bucket="files", Key="key", ACL="public-read")
    settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    blocked = "".join(f"<{each}>true</{each}>" for each in settings)
    root = "PublicAccessBlockConfiguration"
    block_account(aws, "PUT", f"<{root}>{blocked}</{root}>".encode())
    denied(nobody.get_object, Bucket="files", Key="key")
    denied(s3.put_bucket_policy, Bucket="files", Policy=json.dumps({"Statement": [public]}))
    denied(s3.put_object_acl, Bucket="files", Key="key", ACL="public-read")
    block_account(aws, "DELETE")
    assert nobody.get_object(Bucket="files", Key="key")


def test_public_acls_are_refused_where_that_was_asked_for(aws: LocalAws) -> None:
    s3 = put(aws, ONLY_TLS)
    s3.put_public_access_block(
        Bucket="files", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    for ask, what in (
        (s3.put_bucket_acl, {}),
        (s3.put_object, {"Key": "other"}),
        (s3.put_object_acl, {"Key": "key"}),
    ):
        denied(ask, Bucket="files", ACL="public-read", **what)
        ask(Bucket="files", ACL="private", **what)
