from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from botocore.config import Config

from local_aws import LocalAws
from local_aws.recording.callers import Credential, credential_of
from tests.local_aws.delivered import ACCOUNT, account, client, history
from tests.local_aws.wire import Wire, authorization, s3_call, send

_SCOPE = "AKIA/20260101/eu-west-1/s3/aws4_request"


def _identity_of_last_call(aws: LocalAws, **who: str) -> dict[str, Any]:
    """userIdentity of a ListTopics call of `who`, as recorded in the caller's account."""
    client(aws, "sns", **who).list_topics()
    identity: dict[str, Any] = history(aws, **who)[-1]["userIdentity"]
    return identity


def _user(aws: LocalAws, name: str = "alice") -> dict[str, str]:
    iam = client(aws, "iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host"},
        {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={_SCOPE},SignedHeaders=host"},
        {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 SignedHeaders=host, Credential={_SCOPE}"},
        {"QUERY_STRING": f"X-Amz-Credential={_SCOPE.replace('/', '%2F')}&X-Amz-Date=1"},
        {"HTTP_AUTHORIZATION": "AWS AKIA:signature"},
        {"QUERY_STRING": "AWSAccessKeyId=AKIA&Signature=x&Expires=1"},
        {"QUERY_STRING": f"a=b&X-Amz-Credential={_SCOPE}"},
    ],
)
def test_reads_the_credential_of_a_signature(environ: dict[str, str]) -> None:
    region = "eu-west-1" if _SCOPE in unquote(str(environ)) else "us-east-1"
    assert credential_of(environ) == Credential("AKIA", region)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_AUTHORIZATION": "Basic dGVzdA=="},
        {"HTTP_AUTHORIZATION": "AWS :signature"},
        {"QUERY_STRING": "AWSAccessKeyId="},
        {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential="},
        {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential= , x"},
        {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=AKIA/us-east-1"},
        {"QUERY_STRING": "X-Amz-Credential="},
        {"QUERY_STRING": "X-Amz-Credential"},
    ],
)
def test_finds_no_credential_where_there_is_none(environ: dict[str, str]) -> None:
    assert credential_of(environ) is None


def test_a_dummy_key_is_the_root_user(aws: LocalAws) -> None:
    assert _identity_of_last_call(aws) == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "test",
    }


def test_a_users_key_is_the_user(aws: LocalAws) -> None:
    alice = _user(aws)
    user = client(aws, "iam").get_user(UserName="alice")["User"]
    assert _identity_of_last_call(aws, **alice) == {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": ACCOUNT,
        "accessKeyId": alice["key"],
        "userName": "alice",
    }


def test_an_assumed_role_is_its_session(aws: LocalAws) -> None:
    role = client(aws, "iam").create_role(
        RoleName="auditor", Path="/team/", AssumeRolePolicyDocument="{}"
    )["Role"]
    sts = client(aws, "sts")
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="night")
    given = answer["Credentials"]
    identity = _identity_of_last_call(
        aws,
        key=given["AccessKeyId"],
        secret=given["SecretAccessKey"],
        token=given["SessionToken"],
    )
    attributes = identity.pop("sessionContext")
    assert identity == {
        "type": "AssumedRole",
        "principalId": answer["AssumedRoleUser"]["AssumedRoleId"],
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/night",
        "accountId": ACCOUNT,
        "accessKeyId": given["AccessKeyId"],
    }
    assert attributes["sessionIssuer"] == {
        "type": "Role",
        "principalId": role["RoleId"],
        "arn": role["Arn"],
        "accountId": ACCOUNT,
        "userName": "auditor",
    }
    assert attributes["attributes"]["mfaAuthenticated"] == "false"


def test_a_session_of_a_role_that_iam_does_not_have_keeps_its_principal_id(aws: LocalAws) -> None:
    other = account(aws, "222222222222")
    first, second = (_identity_of_last_call(aws, **other) for _ in range(2))
    assert first == second
    told = client(aws, "sts", **other).get_caller_identity()
    assert (told["UserId"], told["Arn"]) == (first["principalId"], first["arn"])


def test_a_role_of_another_account_acts_in_that_account_only(aws: LocalAws) -> None:
    other = account(aws, "222222222222")
    identity = _identity_of_last_call(aws, **other)
    assert identity["accountId"] == "222222222222"
    assert identity["arn"] == "arn:aws:sts::222222222222:assumed-role/admin/tests"
    assert "ListTopics" not in [record["eventName"] for record in history(aws)]


def test_a_deleted_key_is_no_longer_the_user(aws: LocalAws) -> None:
    alice = _user(aws)
    client(aws, "iam").delete_access_key(UserName="alice", AccessKeyId=alice["key"])
    assert _identity_of_last_call(aws, **alice)["type"] == "Root"


def test_an_unsigned_request_is_anonymous(aws: LocalAws) -> None:
    send(aws.endpoint_url, s3_call("PUT", "/lab-bucket"))
    send(aws.endpoint_url, Wire("GET", "/lab-bucket?policy"))
    assert history(aws)[-1]["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": "",
        "accountId": "anonymous",
    }


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_request_is_its_signers(version: str, aws: LocalAws) -> None:
    alice = _user(aws)
    client(aws, "s3").create_bucket(Bucket="lab-bucket")
    signer = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=alice["key"],
        aws_secret_access_key=alice["secret"],
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=version),
    )
    url = signer.generate_presigned_url("get_bucket_location", Params={"Bucket": "lab-bucket"})
    assert send(aws.endpoint_url, Wire("GET", url.removeprefix(aws.endpoint_url))).status == 200
    assert history(aws)[-1]["userIdentity"]["userName"] == "alice"


def test_a_presigned_request_of_another_account_is_answered_and_recorded_there(
    aws: LocalAws,
) -> None:
    other = account(aws, "222222222222")
    signer = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=other["key"],
        aws_secret_access_key=other["secret"],
        aws_session_token=other["token"],
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version="s3v4"),
    )
    url = signer.generate_presigned_url("create_bucket", Params={"Bucket": "their-bucket"})
    assert send(aws.endpoint_url, Wire("PUT", url.removeprefix(aws.endpoint_url))).status == 200
    assert history(aws, **other)[-1]["eventName"] == "CreateBucket"
    buckets = client(aws, "s3", **other).list_buckets()["Buckets"]
    assert [each["Name"] for each in buckets] == ["their-bucket"]


def test_motos_account_header_decides_the_account(aws: LocalAws) -> None:
    wire = Wire("GET", "/", {**authorization("s3"), "x-moto-account-id": "333333333333"})
    send(aws.endpoint_url, wire)
    assert "ListBuckets" not in [record["eventName"] for record in history(aws)]


def test_get_caller_identity_agrees_with_the_records(aws: LocalAws) -> None:
    for who in ({}, _user(aws), account(aws, "222222222222")):
        told = client(aws, "sts", **who).get_caller_identity()
        recorded = history(aws, **who)[-1]["userIdentity"]
        assert told["Arn"] == recorded["arn"]
        assert told["Account"] == recorded["accountId"]
        assert told["UserId"] == recorded["principalId"]


def test_a_role_assumed_from_another_account_is_on_record_in_both(aws: LocalAws) -> None:
    user = _user(aws)
    user_id = client(aws, "iam").get_user(UserName="alice")["User"]["UserId"]
    client(aws, "sts", **user).assume_role(
        RoleArn="arn:aws:iam::444444444444:role/auditor", RoleSessionName="night"
    )
    there = account(aws, "444444444444")

    def night(**who: str) -> dict[str, Any]:
        (record,) = (
            each
            for each in history(aws, **who)
            if each["eventName"] == "AssumeRole"
            and each["requestParameters"]["roleSessionName"] == "night"
        )
        return record

    own, other = night(), night(**there)
    assert own["sharedEventID"] == other["sharedEventID"]
    assert own["eventID"] != other["eventID"]
    assert (own["recipientAccountId"], other["recipientAccountId"]) == (ACCOUNT, "444444444444")
    assert own["userIdentity"]["userName"] == "alice"
    assert other["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": user_id,
        "accountId": ACCOUNT,
    }


def test_a_role_of_the_own_account_is_on_record_once(aws: LocalAws) -> None:
    client(aws, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/auditor", RoleSessionName="night"
    )
    (record,) = (each for each in history(aws) if each["eventName"] == "AssumeRole")
    assert "sharedEventID" not in record


def test_a_role_taken_by_a_token_is_on_record_in_its_own_account_alone(aws: LocalAws) -> None:
    token = ".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode()
        for each in ({}, {"iss": "https://oidc.example.org", "aud": "sts", "sub": "carol"}, {})
    )
    given = client(aws, "sts").assume_role_with_web_identity(
        RoleArn="arn:aws:iam::444444444444:role/web",
        RoleSessionName="night",
        WebIdentityToken=token,
    )
    assert given["Provider"] == "arn:aws:iam::444444444444:oidc-provider/oidc.example.org"
    name = "AssumeRoleWithWebIdentity"
    assert name not in [each["eventName"] for each in history(aws)]
    there = history(aws, **account(aws, "444444444444"))
    (record,) = (each for each in there if each["eventName"] == name)
    assert record["recipientAccountId"] == "444444444444"
    assert "sharedEventID" not in record


def test_a_key_of_12_digits_is_the_root_user_of_that_account(aws: LocalAws) -> None:
    other = {"key": "222222222222"}
    assert client(aws, "sts", **other).get_caller_identity()["Arn"] == (
        "arn:aws:iam::222222222222:root"
    )
    identity = _identity_of_last_call(aws, **other)
    assert (identity["type"], identity["accountId"]) == ("Root", "222222222222")
    client(aws, "dynamodb", **other).create_table(
        TableName="Theirs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert client(aws, "dynamodb").list_tables()["TableNames"] == []
    record = aws.records(event_name="CreateTable").one()
    assert record["recipientAccountId"] == "222222222222"


@pytest.mark.parametrize("key", ["22222222222", "2222222222222", "22222222222x", "\u0662" * 12])
def test_other_keys_that_nobody_gave_out_are_of_the_usual_account(key: str, aws: LocalAws) -> None:
    from moto.iam.models import get_account_id_from

    assert get_account_id_from(key) == ACCOUNT
