"""Who made a call, as records say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cloudtrail.records.identity import (
    AssumedRole,
    AwsAccount,
    AwsService,
    FederatedUser,
    IamUser,
    Identity,
    OnBehalfOf,
    Root,
    WebIdentityUser,
    calling_service,
    timestamp,
    user_identity,
)

CREATED = datetime(2026, 5, 3, 14, 0, tzinfo=UTC)
USER = IamUser("123456789012", "arn:aws:iam::123456789012:user/a", "AIDA1", "a", "AKIA1")
ROLE = AssumedRole(
    account_id="123456789012",
    arn="arn:aws:sts::123456789012:assumed-role/admin/s",
    principal_id="AROA1:s",
    access_key_id="ASIA1",
    role_arn="arn:aws:iam::123456789012:role/admin",
    role_id="AROA1",
    role_name="admin",
    session_created=CREATED,
)
FEDERATED = FederatedUser(
    account_id="123456789012",
    arn="arn:aws:sts::123456789012:federated-user/bob",
    principal_id="123456789012:bob",
    access_key_id="ASIA2",
    issuer=USER,
    session_created=CREATED,
)

KEYS = {
    "Root": ["type", "principalId", "arn", "accountId", "accessKeyId"],
    "IAMUser": ["type", "principalId", "arn", "accountId", "accessKeyId", "userName"],
    "AssumedRole": ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"],
    "FederatedUser": ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"],
    "WebIdentityUser": ["type", "principalId", "userName", "identityProvider"],
    "AWSService": ["type", "invokedBy"],
    "AWSAccount": ["type", "principalId", "accountId"],
}


@pytest.mark.parametrize(
    "identity",
    [
        Root("123456789012", "AKIA1"),
        USER,
        ROLE,
        FEDERATED,
        WebIdentityUser("accounts.example:app:bob", "bob", "accounts.example"),
        AwsService("cloudtrail.amazonaws.com"),
        AwsAccount("210987654321", "AIDA9"),
    ],
)
def test_each_type_has_its_keys_in_order(identity: Identity) -> None:
    user = user_identity(identity, "1.11")
    assert list(user) == KEYS[user["type"]]


def test_the_root_user_is_named_by_its_account() -> None:
    user = user_identity(Root("123456789012", "AKIA1"), "1.11")
    assert (user["principalId"], user["arn"]) == ("123456789012", "arn:aws:iam::123456789012:root")


def test_a_role_session_names_its_role_and_when_it_began() -> None:
    assert user_identity(ROLE, "1.11")["sessionContext"] == {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROA1",
            "arn": "arn:aws:iam::123456789012:role/admin",
            "accountId": "123456789012",
            "userName": "admin",
        },
        "attributes": {"creationDate": "2026-05-03T14:00:00Z", "mfaAuthenticated": "false"},
    }


def test_version_1_08_writes_empty_parts_of_a_session() -> None:
    user = IamUser("1", "arn", "AIDA1", "a", "ASIA1", session_created=CREATED)
    assert list(user_identity(user, "1.08")["sessionContext"].items())[:2] == [
        ("sessionIssuer", {}),
        ("webIdFederationData", {}),
    ]


def test_later_versions_leave_empty_parts_of_a_session_out() -> None:
    user = IamUser("1", "arn", "AIDA1", "a", "ASIA1", session_created=CREATED)
    assert list(user_identity(user, "1.09")["sessionContext"]) == ["attributes"]


def test_a_federated_session_is_issued_by_its_user() -> None:
    issuer = user_identity(FEDERATED, "1.11")["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"]) == ("IAMUser", "a")


def test_a_call_on_someones_behalf_ends_with_the_service() -> None:
    user = user_identity(OnBehalfOf(USER, "cloudformation.amazonaws.com"), "1.11")
    assert list(user) == [*KEYS["IAMUser"], "invokedBy"]


def test_only_services_are_calling_services() -> None:
    callers: list[Identity] = [
        AwsService("s3.amazonaws.com"),
        OnBehalfOf(USER, "cloudformation.amazonaws.com"),
        USER,
        ROLE,
    ]
    assert [calling_service(caller) for caller in callers] == [
        "s3.amazonaws.com",
        "cloudformation.amazonaws.com",
        None,
        None,
    ]


def test_times_are_utc_without_fractions() -> None:
    paris = timezone(timedelta(hours=2))
    assert timestamp(datetime(2026, 5, 3, 16, 0, 0, 999, paris)) == "2026-05-03T14:00:00Z"
