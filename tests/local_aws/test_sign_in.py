"""Signing in to the console, and what is recorded of it and of what is done there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudtrail.records.calls import Record
from local_aws import LocalAws
from local_aws.console.user import ConsoleUser
from tests.conftest import OneAtATime
from tests.local_aws.delivered import ACCOUNT, client, history
from tests.local_aws.wire import Wire, send

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
PASSWORD = "Pa55word!"


def post(aws: LocalAws, path: str, **asked: Any) -> tuple[int, Any]:
    body = json.dumps(asked).encode()
    headers = {"User-Agent": BROWSER, "Content-Type": "application/json"}
    reply = send(aws.endpoint_url, Wire("POST", f"/_local-aws/{path}", headers, body))
    return reply.status, json.loads(reply.body)


def keys(answer: dict[str, str]) -> dict[str, str]:
    return {
        "key": answer["AccessKeyId"],
        "secret": answer["SecretAccessKey"],
        "token": answer["SessionToken"],
    }


def latest(aws: LocalAws, name: str) -> Record:
    return next(each for each in history(aws) if each["eventName"] == name)


@pytest.fixture
def alice(aws: LocalAws) -> str:
    iam = client(aws, "iam")
    user_id: str = iam.create_user(UserName="alice")["User"]["UserId"]
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    return user_id


def test_a_user_signs_in_and_what_is_done_says_so(aws: LocalAws, alice: str) -> None:
    status, answer = post(aws, "sign-in", **{"as": "user"}, name="alice", password=PASSWORD)
    assert (status, answer["ConsoleLogin"]) == (200, "Success")
    login = latest(aws, "ConsoleLogin")
    assert login["userIdentity"] == {
        "type": "IAMUser",
        "principalId": alice,
        "arn": ALICE,
        "accountId": ACCOUNT,
        "userName": "alice",
    }
    assert login["eventType"] == "AwsConsoleSignIn"
    assert login["eventSource"] == "signin.amazonaws.com"
    assert login["responseElements"] == {"ConsoleLogin": "Success"}
    assert login["additionalEventData"]["MFAUsed"] == "No"
    assert login["userAgent"] == BROWSER
    assert "errorMessage" not in login
    client(aws, "dynamodb", **keys(answer)).list_tables()
    done = latest(aws, "ListTables")
    assert done["sessionCredentialFromConsole"] == "true"
    assert list(done)[-1] == "sessionCredentialFromConsole"
    assert done["userIdentity"]["arn"] == ALICE
    assert done["userIdentity"]["accessKeyId"] == answer["AccessKeyId"]
    assert "creationDate" in done["userIdentity"]["sessionContext"]["attributes"]


def test_s3s_console_says_nothing(aws: LocalAws) -> None:
    _, answer = post(aws, "sign-in", **{"as": "root"})
    client(aws, "s3", **keys(answer)).list_buckets()
    listed = latest(aws, "ListBuckets")
    assert listed["userIdentity"]["type"] == "Root"
    assert "sessionContext" in listed["userIdentity"]
    assert "sessionCredentialFromConsole" not in listed


def test_a_wrong_password_is_refused_and_recorded(aws: LocalAws, alice: str) -> None:
    status, answer = post(aws, "sign-in", **{"as": "user"}, name="alice", password="wrong")
    assert (status, answer["ConsoleLogin"]) == (403, "Failure")
    login = latest(aws, "ConsoleLogin")
    assert login["errorMessage"] == "Failed authentication"
    assert "errorCode" not in login
    assert login["responseElements"] == {"ConsoleLogin": "Failure"}
    assert login["userIdentity"] == {
        "type": "IAMUser",
        "principalId": alice,
        "accountId": ACCOUNT,
        "accessKeyId": "",
        "userName": "alice",
    }


def test_a_name_that_nobody_has_is_hidden(aws: LocalAws) -> None:
    status, _ = post(aws, "sign-in", **{"as": "user"}, name="MyPa55word", password="x")
    login = latest(aws, "ConsoleLogin")
    assert status == 403
    assert login["errorMessage"] == "No username found in supplied account"
    assert login["userIdentity"]["userName"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "MyPa55word" not in json.dumps(login)


def test_a_user_without_a_password_cannot_sign_in(aws: LocalAws) -> None:
    client(aws, "iam").create_user(UserName="bob")
    status, _ = post(aws, "sign-in", **{"as": "user"}, name="bob", password="")
    assert status == 403


def assumed(aws: LocalAws) -> dict[str, str]:
    given = client(aws, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/student", RoleSessionName="carol"
    )["Credentials"]
    return {
        "sessionId": given["AccessKeyId"],
        "sessionKey": given["SecretAccessKey"],
        "sessionToken": given["SessionToken"],
    }


def test_a_roles_session_signs_in_once_by_a_token(aws: LocalAws) -> None:
    status, answer = post(aws, "sign-in/token", **assumed(aws))
    assert status == 200
    token = latest(aws, "GetSigninToken")
    assert token["responseElements"]["GetSigninToken"] == "Success"
    status, given = post(aws, "sign-in", **{"as": "session"}, token=answer["SigninToken"])
    assert status == 200
    login = latest(aws, "ConsoleLogin")
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/student/carol"
    assert login["userIdentity"]["arn"] == arn
    assert "accessKeyId" not in login["userIdentity"]
    assert client(aws, "sts", **keys(given)).get_caller_identity()["Arn"] == arn
    done = latest(aws, "GetCallerIdentity")
    assert done["userIdentity"]["type"] == "AssumedRole"
    assert done["sessionCredentialFromConsole"] == "true"
    again, _ = post(aws, "sign-in", **{"as": "session"}, token=answer["SigninToken"])
    assert again == 403


def test_a_token_needs_the_whole_keys_of_a_session(aws: LocalAws) -> None:
    for wrong in ("sessionId", "sessionKey", "sessionToken"):
        status, _ = post(aws, "sign-in/token", **(assumed(aws) | {wrong: "other"}))
        assert status == 400, wrong
    user = client(aws, "sts").get_session_token()["Credentials"]
    status, answer = post(
        aws,
        "sign-in/token",
        sessionId=user["AccessKeyId"],
        sessionKey=user["SecretAccessKey"],
        sessionToken=user["SessionToken"],
    )
    assert (status, "GetFederationToken" in answer["message"]) == (400, True)


def test_a_session_of_the_console_ends(aws: LocalAws) -> None:
    role = assumed(aws)
    _, answer = post(aws, "sign-in", **{"as": "root"})
    aws.advance(timedelta(hours=11))
    client(aws, "dynamodb", **keys(answer)).list_tables()
    assert post(aws, "sign-in/token", **role)[0] == 400
    aws.advance(timedelta(hours=2))
    with pytest.raises(ClientError) as refused:
        client(aws, "dynamodb", **keys(answer)).list_tables()
    assert refused.value.response["Error"]["Code"] == "ExpiredTokenException"


@pytest.mark.parametrize("asked", [{}, {"as": "admin"}, {"as": "user", "name": "a", "mfa": 1}])
def test_what_is_no_sign_in_is_refused(aws: LocalAws, asked: dict[str, Any]) -> None:
    status, answer = post(aws, "sign-in", **asked)
    assert (status, bool(answer["message"])) == (400, True)


def test_no_page_of_another_site_signs_in(aws: LocalAws) -> None:
    headers = {"Origin": "https://example.org", "Content-Type": "text/plain"}
    wire = Wire("POST", "/_local-aws/sign-in", headers, b'{"as": "root"}')
    assert send(aws.endpoint_url, wire).status == 403
    assert "ConsoleLogin" not in [each["eventName"] for each in history(aws)]


def test_whose_session_a_key_is_of_is_told_while_it_lasts(aws: LocalAws, alice: str) -> None:
    def told(access_key_id: str) -> tuple[int, Any]:
        path = f"/_local-aws/session?access_key_id={access_key_id}"
        reply = send(aws.endpoint_url, Wire("GET", path))
        return reply.status, json.loads(reply.body)

    _, user = post(aws, "sign-in", **{"as": "user"}, name="alice", password=PASSWORD)
    _, root = post(aws, "sign-in", **{"as": "root"})
    assert told(user["AccessKeyId"]) == (200, {"Account": ACCOUNT, "Arn": ALICE})
    arn = f"arn:aws:iam::{ACCOUNT}:root"
    assert told(root["AccessKeyId"]) == (200, {"Account": ACCOUNT, "Arn": arn})
    own = client(aws, "iam").create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    for none in ("", "test", "ASIAQQQQQQQQQQQQQQQQ", own):
        assert told(none)[0] == 404, none
    aws.advance(timedelta(hours=13))
    assert told(user["AccessKeyId"])[0] == 404


def test_a_user_of_the_console_can_be_there_from_the_start(aws_with: OneAtATime) -> None:
    aws = aws_with(console_user=ConsoleUser.of(f"bob:{PASSWORD}:more"))
    for _ in range(2):
        status, _ = post(aws, "sign-in", **{"as": "user"}, name="bob", password=f"{PASSWORD}:more")
        assert status == 200
        aws.reset()


@pytest.mark.parametrize("text", ["", "bob", "bob:", ":secret"])
def test_a_user_of_the_console_needs_name_and_password(text: str) -> None:
    with pytest.raises(ValueError, match="wanted NAME:PASSWORD"):
        ConsoleUser.of(text)
