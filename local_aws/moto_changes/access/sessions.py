"""Sessions of GetSessionToken and GetFederationToken: each has a key of its own, with an owner.

moto issues the same key each time, which nobody owns, and it does not read the tokens of
AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from cloudtrail.partitions import arn_parts_if_any
from cloudtrail.records.by_service.saml import saml_assertion
from cloudtrail.records.identity import AssumedRole, FederatedUser, IamUser, Identity, Root
from local_aws.recording.callers import (
    ENDS,
    POLICY,
    PROVIDER,
    SESSION,
    TOKEN,
    Credential,
    caller_of,
    web_identity_token,
)

Begin = Callable[[Identity, str, dict[str, Any]], Identity]


def install(patches: ExitStack) -> None:
    """Issue such keys until `patches` is closed."""
    from moto.sts.models import STSBackend
    from moto.sts.responses import TokenResponse

    for name, begin in (
        ("get_session_token", _of_the_caller),
        ("get_federation_token", _federated),
    ):
        given = _with_key(_sized(getattr(TokenResponse, name)), begin)
        patches.enter_context(patch.object(TokenResponse, name, given))
    sized = _sized(TokenResponse.assume_role)
    patches.enter_context(patch.object(TokenResponse, "assume_role", sized))
    given = _by_token(_sized(TokenResponse.assume_role_with_web_identity))
    patches.enter_context(patch.object(TokenResponse, "assume_role_with_web_identity", given))
    given = _by_assertion(_sized(TokenResponse.assume_role_with_saml))
    patches.enter_context(patch.object(TokenResponse, "assume_role_with_saml", given))
    told = _identified(STSBackend.get_caller_identity)
    patches.enter_context(patch.object(STSBackend, "get_caller_identity", told))


def _with_key(ask_moto: Callable[[Any], Any], begin: Begin) -> Callable[[Any], Any]:
    def answer(self: Any) -> Any:
        answered = ask_moto(self)
        account = self.current_account
        caller = caller_of(account, Credential(self.get_access_key(), self.region))
        answered.result["Credentials"] |= key_for(
            account,
            self.partition,
            lambda key_id: begin(caller, key_id, answered.result),
            self._get_param("Policy"),
            ends=answered.result["Credentials"]["Expiration"],
        )
        return answered

    return answer


def key_for(
    account_id: str,
    partition: str,
    begin: Callable[[str], Identity],
    policy: str | None = None,
    ends: datetime | None = None,
) -> dict[str, str]:
    """A new key, as STS answers it, for the session that `begin` makes of the key's id.

    `policy` limits what the session may do. After `ends`, in UTC, it may do nothing.
    """
    from moto.iam.models import iam_backends
    from moto.sts.utils import random_session_token

    key = iam_backends[account_id][partition].create_temp_access_key()
    token = random_session_token()
    begun = begin(key.access_key_id)
    vars(key).update({SESSION: begun, TOKEN: token, POLICY: policy, ENDS: ends})
    return {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": token,
    }


def _of_the_caller(caller: Identity, access_key_id: str, _answer: dict[str, Any]) -> Identity:
    """GetSessionToken: the same user, in a session."""
    if not isinstance(caller, IamUser | Root):
        return caller
    return replace(caller, access_key_id=access_key_id, session_created=datetime.now(UTC))


def _federated(caller: Identity, access_key_id: str, answer: dict[str, Any]) -> Identity:
    """GetFederationToken: a federated user of the caller's, whom IAM does not know."""
    if not isinstance(caller, IamUser | Root):
        return caller
    user = answer["FederatedUser"]
    return FederatedUser(
        account_id=caller.account_id,
        arn=user["Arn"],
        principal_id=user["FederatedUserId"],
        access_key_id=access_key_id,
        issuer=caller,
        session_created=datetime.now(UTC),
    )


def _by_token(ask_moto: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Have AssumeRoleWithWebIdentity answer, and remember, whose token it was given."""

    def answer(self: Any) -> Any:
        answered = ask_moto(self)
        token = web_identity_token({"WebIdentityToken": self._get_param("WebIdentityToken")})
        if token is not None:
            role = arn_parts_if_any(str(self._get_param("RoleArn")))
            owner = role.account_id if role else self.current_account
            provider = f"arn:{self.partition}:iam::{owner}:oidc-provider/"
            vars(answered.result["Credentials"])[PROVIDER] = provider + token.issuer
            answered.result.update(
                Audience=token.audience,
                Provider=provider + token.issuer,
                SubjectFromWebIdentityToken=token.subject,
            )
        return answered

    return answer


def _sized(ask_moto: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer PackedPolicySize only if the session has a policy or tags."""

    def answer(self: Any) -> Any:
        answered = ask_moto(self)
        if not any(self._get_param(name) for name in ("Policy", "PolicyArns", "Tags")):
            answered.result.pop("PackedPolicySize", None)
        return answered

    return answer


def _by_assertion(ask_moto: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Have AssumeRoleWithSAML answer what the assertion says; moto always answers the same."""

    def answer(self: Any) -> Any:
        answered = ask_moto(self)
        names = ("SAMLAssertion", "PrincipalArn")
        assertion = saml_assertion({name: self._get_param(name) for name in names})
        if assertion is not None:
            answered.result.update(
                Subject=assertion.subject,
                Issuer=assertion.issuer,
                NameQualifier=assertion.name_qualifier,
            )
        return answered

    return answer


def _identified(ask_moto: Any) -> Any:
    """Have GetCallerIdentity name the session's user."""

    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        match caller_of(self.account_id, Credential(access_key_id, region)):
            case (
                IamUser(user_id=user_id, arn=arn)
                | FederatedUser(principal_id=user_id, arn=arn)
                | AssumedRole(principal_id=user_id, arn=arn)
            ):
                return user_id, arn, self.account_id
        identified: tuple[str, str, str] = ask_moto(self, access_key_id, region)
        return identified

    return get_caller_identity
