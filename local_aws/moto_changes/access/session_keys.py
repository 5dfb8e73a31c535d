"""Keys of temporary sessions when moto judges requests: whose rights they have, and which.

moto knows keys of users and of roles. It refuses keys of GetSessionToken, GetFederationToken and
the console as unknown, and never reads session policies. Source: IAM User Guide, "Policies and
permissions" (session policies), and the API references of GetSessionToken and GetFederationToken
(what their sessions may not call).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.credentials import Credentials
from moto.iam import access_control
from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMUserAccessKey,
)
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from cloudtrail.records.identity import AssumedRole, FederatedUser, IamUser, Identity, Root
from local_aws.recording.callers import POLICY, SESSION, TOKEN, Credential, caller_of
from local_aws.role_rights import EVERYTHING

Policies = list[Any]
"""Policies as moto's `IAMPolicy` takes them."""

_STS_OF_A_USER = frozenset({"AssumeRole", "GetCallerIdentity"})
_STS_OF_A_FEDERATED_USER = frozenset({"GetCallerIdentity"})


class SessionKey(IAMUserAccessKey):
    """The key of a session that was not started by AssumeRole."""

    def __init__(self, account_id: str, partition: str, key: Any, headers: Mapping[str, str]):
        self.account_id, self.partition = account_id, partition
        self._key = key
        self.identity: Identity = vars(key)[SESSION]
        if headers.get("X-Amz-Security-Token") != vars(key)[TOKEN]:
            raise CreateAccessKeyFailure(reason="InvalidToken")

    @property
    def arn(self) -> str:
        """The ARN that messages name."""
        match self.identity:
            case IamUser(arn=arn) | FederatedUser(arn=arn) | AssumedRole(arn=arn):
                return arn
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    def create_credentials(self) -> Credentials:
        return Credentials(
            self._key.access_key_id, self._key.secret_access_key, vars(self._key)[TOKEN]
        )

    def collect_policies(self) -> Policies:
        """The policies of the principal that started the session."""
        by = self.identity
        if isinstance(by, FederatedUser):
            by = by.issuer
        if isinstance(by, IamUser):
            self._owner_user_name = by.user_name
            return list(super().collect_policies())
        if isinstance(by, AssumedRole):
            role: Any = object.__new__(AssumedRoleAccessKey)
            role.account_id, role.partition = self.account_id, self.partition
            role._owner_role_name = by.role_name
            return list(role.collect_policies())
        return [json.dumps(EVERYTHING)] if isinstance(by, Root) else []


def key_of(account_id: str, partition: str, access_key_id: str, headers: Mapping[str, str]) -> Any:
    """The object from which moto takes a request's rights. Raises CreateAccessKeyFailure."""
    key = iam_backends[account_id][partition].access_keys.get(access_key_id)
    if key is not None and SESSION in vars(key):
        return SessionKey(account_id, partition, key, headers)
    return _KEY_OF_MOTO(account_id, partition, access_key_id, headers)


_KEY_OF_MOTO: Any = access_control.create_access_key


def identity_of(key: Any, region: str) -> Identity:
    """The identity that an access key belongs to."""
    if isinstance(key, SessionKey):
        return key.identity
    return caller_of(key.account_id, Credential(key._access_key_id, region))


def session_policies(key: Any) -> Policies | None:
    """The session policies, beyond which nothing is allowed. None: there is no limit.

    A federated user without a session policy has no rights at all.
    """
    if isinstance(key, SessionKey):
        policy = vars(key._key).get(POLICY)
        is_limited = policy or isinstance(key.identity, FederatedUser)
    elif isinstance(key, AssumedRoleAccessKey):
        sessions = sts_backends[key.account_id][key.partition]
        session = sessions.get_assumed_role_from_access_key(key._access_key_id)
        policy = is_limited = session.policy if session else None
    else:
        return None
    if not is_limited:
        return None
    return [policy] if policy else []


def is_invalid_for(key: Any, service: str) -> bool:
    """Whether a service refuses such a key entirely, as IAM refuses sessions without MFA."""
    return service == "iam" and _is_by_token(key)


def is_barred_from(key: Any, service: str, action: str) -> bool:
    """Whether STS refuses this action to such a session, whatever its policies say."""
    if service != "sts" or not _is_by_token(key):
        return False
    is_federated = isinstance(key.identity, FederatedUser)
    return action not in (_STS_OF_A_FEDERATED_USER if is_federated else _STS_OF_A_USER)


def _is_by_token(key: Any) -> bool:
    """Whether GetSessionToken or GetFederationToken started the session."""
    if not isinstance(key, SessionKey) or isinstance(key.identity, Root):
        return False
    return not getattr(key.identity, "from_console", False)
