"""Who made a call: CloudTrail's `userIdentity`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from cloudtrail.partitions import root_arn


class Root(Struct, frozen=True):
    """The account's root user, with a long-lived key or in a session."""

    account_id: str
    access_key_id: str
    session_created: datetime | None = None
    from_console: bool = False
    partition: str = "aws"

    @property
    def arn(self) -> str:
        """`arn:<partition>:iam::<account>:root`."""
        return root_arn(self.partition, self.account_id)


class IamUser(Struct, frozen=True):
    """An IAM user with a long-lived key, or with a session token of GetSessionToken."""

    account_id: str
    arn: str
    user_id: str
    user_name: str
    access_key_id: str
    session_created: datetime | None = None
    from_console: bool = False


class AssumedRole(Struct, frozen=True):
    """A session of an IAM role. `principal_id` is `<role id>:<session name>`.

    `federated_provider` is the OpenID Connect provider whose token was exchanged for the session.
    """

    account_id: str
    arn: str
    principal_id: str
    access_key_id: str
    role_arn: str
    role_id: str
    role_name: str
    session_created: datetime
    federated_provider: str | None = None
    from_console: bool = False


class AwsService(Struct, frozen=True):
    """An AWS service acting for itself, such as `cloudtrail.amazonaws.com`."""

    invoked_by: str


class AwsAccount(Struct, frozen=True):
    """A principal of another account, as the account that receives the call sees it."""

    account_id: str
    principal_id: str


class WebIdentityUser(Struct, frozen=True):
    """A user of an OpenID Connect provider, calling AssumeRoleWithWebIdentity."""

    principal_id: str
    user_name: str
    identity_provider: str


class SamlUser(Struct, frozen=True):
    """A user of a SAML provider, calling AssumeRoleWithSAML.

    `identity_provider` is the assertion's NameQualifier.
    """

    user_name: str
    identity_provider: str


class FederatedUser(Struct, frozen=True):
    """A session of GetFederationToken. `principal_id` is `<account id>:<name>`."""

    account_id: str
    arn: str
    principal_id: str
    access_key_id: str
    issuer: IamUser | Root
    session_created: datetime
    from_console: bool = False


Principal = Root | IamUser | AssumedRole | FederatedUser
"""The identities that have access keys."""


class OnBehalfOf(Struct, frozen=True):
    """A principal for whom an AWS service made the call, such as `cloudformation.amazonaws.com`.

    For a call from another account, the account that receives it sees an AwsAccount.
    """

    principal: Principal | AwsAccount
    invoked_by: str


Identity = Principal | WebIdentityUser | SamlUser | AwsService | AwsAccount | OnBehalfOf


def user_identity(identity: Identity, event_version: str) -> dict[str, Any]:
    """`userIdentity`, with keys in CloudTrail's order.

    In event version 1.08, sessions of users and roles have an empty `sessionIssuer` or
    `webIdFederationData` where later versions leave them out.
    Source: UG/cloudtrail-event-reference-user-identity.
    """
    match identity:
        case IamUser():
            return _iam_user(identity, event_version)
        case AssumedRole():
            return _assumed_role(identity, event_version)
        case Root():
            return _root(identity, event_version)
        case AwsService(invoked_by):
            return {"type": "AWSService", "invokedBy": invoked_by}
        case AwsAccount(account_id, principal_id):
            return {"type": "AWSAccount", "principalId": principal_id, "accountId": account_id}
        case FederatedUser():
            return _federated_user(identity, event_version)
        case WebIdentityUser():
            return _web_identity_user(identity)
        case SamlUser(user_name, provider):
            return {
                "type": "SAMLUser",
                "principalId": f"{provider}:{user_name}",
                "userName": user_name,
                "identityProvider": provider,
            }
        case OnBehalfOf(principal, invoked_by):
            return user_identity(principal, event_version) | {"invokedBy": invoked_by}


def calling_service(identity: Identity) -> str | None:
    """The service that made the call, such as `cloudformation.amazonaws.com`; None if none did."""
    if isinstance(identity, AwsService | OnBehalfOf):
        return identity.invoked_by
    return None


def is_from_console(identity: Identity) -> bool:
    """Whether the call was signed by a console session, or made on its behalf (3 of 3)."""
    match identity:
        case OnBehalfOf(principal=principal):
            return is_from_console(principal)
        case Root() | IamUser() | AssumedRole() | FederatedUser():
            return identity.from_console
    return False


def timestamp(time: datetime) -> str:
    """The time as records write it: `2026-05-03T10:15:00Z`, UTC, whole seconds."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return f"{time.isoformat()[:19]}Z"


def _with_keys(identity: Principal, kind: str, principal_id: str) -> dict[str, Any]:
    return {
        "type": kind,
        "principalId": principal_id,
        "arn": identity.arn,
        "accountId": identity.account_id,
        "accessKeyId": identity.access_key_id,
    }


def _root(identity: Root, event_version: str) -> dict[str, Any]:
    return _with_keys(identity, "Root", identity.account_id) | _own_session(identity, event_version)


def _iam_user(identity: IamUser, event_version: str) -> dict[str, Any]:
    user = _with_keys(identity, "IAMUser", identity.user_id) | {"userName": identity.user_name}
    return user | _own_session(identity, event_version)


def _own_session(identity: Root | IamUser, event_version: str) -> dict[str, Any]:
    created = identity.session_created
    return {} if created is None else {"sessionContext": _session({}, created, event_version)}


def _assumed_role(identity: AssumedRole, event_version: str) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "principalId": identity.role_id,
        "arn": identity.role_arn,
        "accountId": identity.account_id,
        "userName": identity.role_name,
    }
    session = _session(issuer, identity.session_created, event_version, identity.federated_provider)
    role = _with_keys(identity, "AssumedRole", identity.principal_id)
    return role | {"sessionContext": session}


_ISSUER = ("type", "principalId", "arn", "accountId", "userName")


def _federated_user(identity: FederatedUser, event_version: str) -> dict[str, Any]:
    by = user_identity(identity.issuer, event_version)
    issuer = {name: by[name] for name in _ISSUER if name in by}
    session = _session(issuer, identity.session_created, event_version)
    user = _with_keys(identity, "FederatedUser", identity.principal_id)
    return user | {"sessionContext": session}


def _web_identity_user(identity: WebIdentityUser) -> dict[str, Any]:
    return {
        "type": "WebIdentityUser",
        "principalId": identity.principal_id,
        "userName": identity.user_name,
        "identityProvider": identity.identity_provider,
    }


def _session(
    issuer: dict[str, str],
    created: datetime,
    event_version: str,
    provider: str | None = None,
) -> dict[str, Any]:
    federation = {"federatedProvider": provider, "attributes": {}} if provider else {}
    session: dict[str, Any] = {"sessionIssuer": issuer, "webIdFederationData": federation}
    if event_version != "1.08":
        session = {name: value for name, value in session.items() if value}
    attributes = {"creationDate": timestamp(created), "mfaAuthenticated": "false"}
    return session | {"attributes": attributes}
