"""Who a session of GetSessionToken or GetFederationToken is, in records and in answers."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
BOB = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


@pytest.fixture
def keys(aws: LocalAws) -> dict[str, str]:
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def given_by(aws: LocalAws, operation: str, keys: dict[str, str], **parameters: Any) -> Any:
    given = getattr(client(aws, "sts", **keys), operation)(**parameters)["Credentials"]
    return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"]}


def identity_of(aws: LocalAws, session: dict[str, str]) -> Any:
    client(aws, "sqs", **session).list_queues()
    looked_up = client(aws, "cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListQueues"}]
    )
    return json.loads(looked_up["Events"][0]["CloudTrailEvent"])["userIdentity"]


def test_a_session_token_is_the_users_own_session(aws: LocalAws, keys: dict[str, str]) -> None:
    session = given_by(aws, "get_session_token", keys)
    assert client(aws, "sts", **session).get_caller_identity()["Arn"] == ALICE
    identity = identity_of(aws, session)
    assert (identity["type"], identity["arn"]) == ("IAMUser", ALICE)
    assert identity["accessKeyId"] == session["key"]
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_a_federated_user_is_its_own_and_names_who_let_it_in(
    aws: LocalAws, keys: dict[str, str]
) -> None:
    session = given_by(aws, "get_federation_token", keys, Name="bob")
    assert client(aws, "sts", **session).get_caller_identity()["Arn"] == BOB
    identity = identity_of(aws, session)
    assert (identity["type"], identity["arn"]) == ("FederatedUser", BOB)
    assert identity["principalId"] == f"{ACCOUNT}:bob"
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["arn"]) == ("IAMUser", ALICE)


def test_two_sessions_have_two_keys(aws: LocalAws, keys: dict[str, str]) -> None:
    first, second = (given_by(aws, "get_session_token", keys)["key"] for _ in range(2))
    assert first != second


def test_the_root_users_session_is_the_root_users(aws: LocalAws) -> None:
    session = given_by(aws, "get_session_token", {})
    identity = identity_of(aws, session)
    assert identity["type"] == "Root"
    assert "sessionContext" in identity


CLAIMS = {"iss": "https://oidc.example.org/id", "aud": "sts.amazonaws.com", "sub": "carol"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/web"


def token(claims: object) -> str:
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({}, claims, {})
    )


def test_a_token_is_whom_it_is_of_and_its_session_names_the_provider(aws: LocalAws) -> None:
    answer = client(aws, "sts").assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="web", WebIdentityToken=token(CLAIMS)
    )
    assert answer["SubjectFromWebIdentityToken"] == "carol"
    looked_up = client(aws, "cloudtrail").lookup_events()
    events = [json.loads(each["CloudTrailEvent"]) for each in looked_up["Events"]]
    caller = next(e for e in events if e["eventName"] == "AssumeRoleWithWebIdentity")
    assert caller["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": "oidc.example.org/id:sts.amazonaws.com:carol",
        "userName": "carol",
        "identityProvider": "oidc.example.org/id",
    }
    given = answer["Credentials"]
    identity = identity_of(aws, {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"]})
    assert identity["type"] == "AssumedRole"
    assert identity["sessionContext"]["webIdFederationData"] == {
        "federatedProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.org/id",
        "attributes": {},
    }


@pytest.mark.parametrize("text", ["token", "a.b.c", token([]), token({"iss": 1, "aud": []})])
def test_a_token_that_is_none_leaves_the_caller_anonymous(aws: LocalAws, text: str) -> None:
    client(aws, "sts").assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="web", WebIdentityToken=text
    )
    looked_up = client(aws, "cloudtrail").lookup_events()
    events = [json.loads(each["CloudTrailEvent"]) for each in looked_up["Events"]]
    caller = next(e for e in events if e["eventName"] == "AssumeRoleWithWebIdentity")
    assert caller["userIdentity"]["type"] == "AWSAccount"


ASSERTION = """
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
  <saml:Assertion ID="_c0046c"><saml:Issuer>https://example.com/saml</saml:Issuer>
    <saml:Subject><saml:NameID>carol</saml:NameID></saml:Subject>
    <saml:AttributeStatement>
      <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName">
        <saml:AttributeValue>carol</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
        <saml:AttributeValue>ROLE,PROVIDER</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/PrincipalTag:CostCenter">
        <saml:AttributeValue>987654</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/TransitiveTagKeys">
        <saml:AttributeValue>CostCenter</saml:AttributeValue></saml:Attribute>
    </saml:AttributeStatement></saml:Assertion>
</samlp:Response>"""


def test_an_assertion_is_whom_it_is_of(aws: LocalAws) -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/MySAMLIdP"
    assertion = ASSERTION.replace("ROLE,", f"{ROLE},").replace("PROVIDER", provider)
    answer = client(aws, "sts").assume_role_with_saml(
        RoleArn=ROLE,
        PrincipalArn=provider,
        SAMLAssertion=base64.b64encode(assertion.encode()).decode(),
    )
    digest = hashlib.sha1(f"https://example.com/saml{ACCOUNT}/MySAMLIdP".encode()).digest()
    qualifier = base64.b64encode(digest).decode()
    assert answer["Subject"] == "carol"
    assert answer["Issuer"] == "https://example.com/saml"
    assert answer["NameQualifier"] == qualifier
    looked_up = client(aws, "cloudtrail").lookup_events()
    events = [json.loads(each["CloudTrailEvent"]) for each in looked_up["Events"]]
    caller = next(e for e in events if e["eventName"] == "AssumeRoleWithSAML")
    assert caller["userIdentity"] == {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:carol",
        "userName": "carol",
        "identityProvider": qualifier,
    }
    assert caller["requestParameters"] == {
        "sAMLAssertionID": "_c0046c",
        "roleSessionName": "carol",
        "principalTags": {"CostCenter": "987654"},
        "transitiveTagKeys": ["CostCenter"],
        "roleArn": ROLE,
        "principalArn": provider,
    }


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
        {"Tags": [{"Key": "class", "Value": "3b"}]},
    ],
)
def test_the_size_of_policies_and_tags_is_told_where_there_are_any(
    aws: LocalAws, limits: dict[str, Any]
) -> None:
    answer = client(aws, "sts").assume_role(RoleArn=ROLE, RoleSessionName="web", **limits)
    assert ("PackedPolicySize" in answer) is bool(limits)


@pytest.mark.parametrize("limits", [{}, {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/x"}]}])
def test_so_it_is_of_a_federated_user(aws: LocalAws, limits: dict[str, Any]) -> None:
    answer = client(aws, "sts").get_federation_token(Name="carol", **limits)
    assert ("PackedPolicySize" in answer) is bool(limits)


def test_a_role_is_found_while_others_are_made(aws: LocalAws) -> None:
    from moto.iam.models import iam_backends

    iam = client(aws, "iam")
    for name in ("one", "two"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    for found in iam_backends[ACCOUNT]["aws"].get_roles():
        iam.create_role(RoleName=f"beside-{found.name}", AssumeRolePolicyDocument="{}")
    names = {each["RoleName"] for each in iam.list_roles()["Roles"]}
    assert names == {"one", "two", "beside-one", "beside-two"}
