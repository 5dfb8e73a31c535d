"""Who sent a request: its access key, looked up in moto's IAM and STS."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from msgspec import Struct

from cloudtrail.partitions import partition_of
from cloudtrail.records.by_service.saml import saml_assertion
from cloudtrail.records.identity import (
    AssumedRole,
    AwsAccount,
    IamUser,
    Identity,
    Root,
    SamlUser,
    WebIdentityUser,
)
from local_aws.first_use import begin

if TYPE_CHECKING:
    from moto.iam.models import AccessKey

DEFAULT_REGION = "us-east-1"
SESSION = "_local_aws_session"
"""Attribute of moto's temporary keys: whose session it is, unless it is a role's."""

TOKEN = "_local_aws_session_token"  # noqa: S105
"""Attribute of such a key: the session token that is sent with it."""

POLICY = "_local_aws_session_policy"
"""Attribute of such a key: the session policy, if there is one."""

ENDS = "_local_aws_ends"
"""Attribute of such a key: when its session ends, in UTC."""

PROVIDER = "_local_aws_provider"
"""Attribute of moto's role sessions: the provider whose token was exchanged for it."""

ANONYMOUS = AwsAccount(account_id="anonymous", principal_id="")


class Credential(Struct, frozen=True):
    """The credential scope of a signed request: who, where, and for which service."""

    access_key_id: str
    region: str


def credential_of(environ: dict[str, Any]) -> Credential | None:
    """The credential of a request signed in its header or, presigned, in its query.

    Signature Version 2, which names no Region, is still what boto3 presigns S3 requests with.
    """
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    query: str = environ.get("QUERY_STRING", "")
    if "Credential=" in authorization:
        return _scoped(authorization.partition("Credential=")[2].partition(",")[0].strip())
    if authorization.startswith("AWS "):
        return _without_scope(authorization[4:].partition(":")[0].strip())
    if "X-Amz-Credential" in query:
        return _scoped(parse_qs(query).get("X-Amz-Credential", [""])[0])
    if "AWSAccessKeyId" in query:
        return _without_scope(parse_qs(query).get("AWSAccessKeyId", [""])[0])
    return None


def _scoped(scope: str) -> Credential | None:
    parts = scope.split("/")
    if len(parts) != 5:
        return None
    return Credential(access_key_id=parts[0], region=parts[2])


def _without_scope(access_key_id: str) -> Credential | None:
    return Credential(access_key_id, DEFAULT_REGION) if access_key_id else None


def account_of(environ: dict[str, Any], credential: Credential | None) -> str:
    """The account a request goes to, by moto's own order of precedence."""
    import os

    from moto.core.models import DEFAULT_ACCOUNT_ID

    if credential is not None:
        begin("iam")
    fixed = os.environ.get("MOTO_ACCOUNT_ID") or environ.get("HTTP_X_MOTO_ACCOUNT_ID")
    if fixed:
        return str(fixed)
    if credential is None:
        return DEFAULT_ACCOUNT_ID
    from moto.iam.models import get_account_id_from

    return get_account_id_from(credential.access_key_id)


def has_ended(account_id: str, credential: Credential | None) -> bool:
    """Whether the key's session has ended."""
    if credential is None or not credential.access_key_id.startswith("ASIA"):
        return False
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    partition = partition_of(credential.region)
    key = iam_backends[account_id][partition].access_keys.get(credential.access_key_id)
    if key is None:
        return False
    ends: datetime | None = vars(key).get(ENDS)
    if ends is None and key.role_arn:
        found = sts_backends[account_id][partition].get_assumed_role_from_access_key(
            key.access_key_id
        )
        ends = found.expiration if found else None
    return ends is not None and ends.replace(tzinfo=UTC) <= datetime.now(UTC)


def caller_of(account_id: str, credential: Credential | None) -> Identity:
    """The principal behind an access key of an account.

    A key that neither IAM nor STS of the local AWS issued (the dummy keys of a local client) acts
    as the account's root user, and GetCallerIdentity says so too.
    """
    if credential is None:
        return ANONYMOUS
    from moto.iam.models import iam_backends

    partition = partition_of(credential.region)
    root = Root(account_id, credential.access_key_id, partition=partition)
    key = iam_backends[account_id][partition].access_keys.get(credential.access_key_id)
    if key is None:
        return root
    if SESSION in vars(key):
        session: Identity = vars(key)[SESSION]
        return session
    return (_assumed_role(root, key) if key.role_arn else _iam_user(root, key)) or root


def _assumed_role(root: Root, key: AccessKey) -> AssumedRole | None:
    from moto.sts.models import sts_backends

    sts = sts_backends[root.account_id][root.partition]
    session = sts.get_assumed_role_from_access_key(key.access_key_id)
    if session is None:
        return None
    principal_id = session.user_id
    return AssumedRole(
        account_id=root.account_id,
        arn=session.arn,
        principal_id=principal_id,
        access_key_id=key.access_key_id,
        role_arn=session.role_arn,
        role_id=principal_id.partition(":")[0],
        role_name=session.role_arn.rpartition("/")[2],
        session_created=key.create_date.replace(tzinfo=UTC),
        federated_provider=vars(session).get(PROVIDER),
    )


class WebIdentityToken(Struct, frozen=True):
    """The claims of an OpenID Connect provider's token. Its signature is not checked."""

    issuer: str
    audience: str
    subject: str


def web_identity_token(parameters: Mapping[str, Any]) -> WebIdentityToken | None:
    """The token that AssumeRoleWithWebIdentity was called with, None if it is not a token."""
    try:
        _head, claims, _signature = str(parameters.get("WebIdentityToken")).split(".")
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        audience = said["aud"] if isinstance(said["aud"], str) else said["aud"][0]
        issuer = str(said["iss"]).removeprefix("https://")
        return WebIdentityToken(issuer, str(audience), str(said["sub"]))
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def caller_in(operation: str, parameters: Mapping[str, Any], signer: Identity) -> Identity:
    """Who makes a call: its signer, or the subject of the token or assertion in it."""
    if operation == "AssumeRoleWithWebIdentity":
        token = web_identity_token(parameters)
        if token is not None:
            principal_id = f"{token.issuer}:{token.audience}:{token.subject}"
            return WebIdentityUser(principal_id, token.subject, token.issuer)
    if operation == "AssumeRoleWithSAML":
        assertion = saml_assertion(parameters)
        if assertion is not None:
            return SamlUser(assertion.subject, assertion.name_qualifier)
    return signer


def _iam_user(root: Root, key: AccessKey) -> IamUser | None:
    from moto.iam.models import iam_backends

    user = iam_backends[root.account_id][root.partition].users.get(key.user_name or "")
    if user is None:
        return None
    return IamUser(
        account_id=root.account_id,
        arn=user.arn,
        user_id=user.id,
        user_name=user.name,
        access_key_id=key.access_key_id,
    )
