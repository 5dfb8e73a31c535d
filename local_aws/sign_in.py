"""Signing in to the console: who may, and the keys of a console session.

AWS's own protocol (IAM User Guide, "Enabling custom identity broker access to the AWS console") in
JSON: a session of a role or of a federated user becomes a sign-in token, which signs in once; an
IAM user signs in with the password of the login profile. The root user has no password here: anyone
who reaches the server is root with any key that was not issued here.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cloudtrail.records.calls import Record
from cloudtrail.records.identity import AssumedRole, FederatedUser, IamUser, Root
from cloudtrail.records.other_event_types import sign_in as records

TOKEN_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
MOST_TOKENS = 1000
"""Tokens that are kept at a time; the oldest are dropped first."""

Reply = tuple[int, dict[str, Any]]
Visitor = tuple[str, str]
"""Where a request comes from: its source address and user agent."""

Account = Annotated[str, msgspec.Meta(pattern=r"^(\d{12})?$")]
"""An account's id; empty for the server's default account."""

Person = Root | IamUser | AssumedRole | FederatedUser


class _Session(msgspec.Struct, forbid_unknown_fields=True):
    """The keys of a session, as AWS's protocol names them."""

    sessionId: str  # noqa: N815
    sessionKey: str  # noqa: N815
    sessionToken: str  # noqa: N815


class _ByToken(msgspec.Struct, forbid_unknown_fields=True, tag_field="as", tag="session"):
    token: str


class _ByPassword(msgspec.Struct, forbid_unknown_fields=True, tag_field="as", tag="user"):
    name: str
    password: str
    account: Account = ""


class _AsRoot(msgspec.Struct, forbid_unknown_fields=True, tag_field="as", tag="root"):
    account: Account = ""


class _Pending(Struct, frozen=True):
    """A session that may sign in until a time, with the policy that limits it."""

    session: AssumedRole | FederatedUser
    policy: str | None
    until: datetime


class SignIn:
    """Signs in to the console. `record` gets the record of each attempt."""

    def __init__(self, record: Callable[[Record, datetime], None], account_id: str) -> None:
        self._record = record
        self._account_id = account_id
        self._pending: dict[str, _Pending] = {}

    def forget(self) -> None:
        """Forget the tokens that have not been used."""
        self._pending.clear()

    def token(self, visitor: Visitor, body: bytes) -> Reply:
        """`getSigninToken`: a token for the session with these keys. Raises ValueError."""
        keys = msgspec.json.decode(body, type=_Session)
        session, policy = _session_of(keys)
        visit = _visit(visitor, session.account_id)
        token = secrets.token_urlsafe(48)
        if len(self._pending) >= MOST_TOKENS:
            self._pending.pop(next(iter(self._pending)), None)
        self._pending[token] = _Pending(session, policy, visit.time + TOKEN_LASTS)
        self._record(records.signin_token(visit, session), visit.time)
        return 200, {"SigninToken": token}

    def login(self, visitor: Visitor, body: bytes) -> Reply:
        """`login`: the keys of a new console session. Raises ValueError."""
        asked = msgspec.json.decode(body, type=_ByToken | _ByPassword | _AsRoot)
        if isinstance(asked, _ByToken):
            return self._by_token(visitor, asked.token)
        account = asked.account or self._account_id
        if isinstance(asked, _AsRoot):
            return self._enter(visitor, Root(account, ""))
        return self._by_password(visitor, asked.name, asked.password, account)

    def session(self, access_key_id: str) -> Reply:
        """The account and ARN of a key's console session; 404 if it is not one, or has ended."""
        from moto.iam.models import get_account_id_from

        from local_aws.recording.callers import (
            DEFAULT_REGION,
            Credential,
            caller_of,
            has_ended,
        )

        account = get_account_id_from(access_key_id)
        credential = Credential(access_key_id, DEFAULT_REGION)
        person = caller_of(account, credential)
        if not getattr(person, "from_console", False) or has_ended(account, credential):
            return 404, {"message": "the key does not belong to a current console session"}
        arn = getattr(person, "arn", f"arn:aws:iam::{account}:root")
        return 200, {"Account": account, "Arn": arn}

    def _by_token(self, visitor: Visitor, token: str) -> Reply:
        pending = self._pending.pop(token, None)
        if pending is None or pending.until < datetime.now(UTC):
            return 403, {"message": "the sign-in token is unknown, used, or over 15 minutes old"}
        return self._enter(visitor, pending.session, pending.policy)

    def _by_password(self, visitor: Visitor, name: str, password: str, account: str) -> Reply:
        from moto.iam.models import iam_backends

        user = iam_backends[account]["aws"].users.get(name)
        expected = (user.password if user is not None else None) or ""
        is_right = hmac.compare_digest(expected.encode(), password.encode())
        if user is not None and expected and is_right:
            return self._enter(visitor, IamUser(account, user.arn, user.id, user.name, ""))
        visit = _visit(visitor, account)
        refused = records.refused_login(visit, name, user.id if user is not None else None)
        self._record(refused, visit.time)
        return 403, {"ConsoleLogin": "Failure", "message": "the name or the password is wrong"}

    def _enter(self, visitor: Visitor, person: Person, policy: str | None = None) -> Reply:
        from local_aws.moto_changes.access.sessions import key_for

        visit = _visit(visitor, person.account_id)

        def session(key_id: str) -> Person:
            return replace(
                person, access_key_id=key_id, session_created=visit.time, from_console=True
            )

        ends = visit.time + SESSION_LASTS
        keys = key_for(person.account_id, "aws", session, policy, ends)
        self._record(records.console_login(visit, session("")), visit.time)
        expires = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        return 200, {"ConsoleLogin": "Success", "Version": 1, **keys, "Expiration": expires}


def _visit(visitor: Visitor, account_id: str) -> records.Visit:
    source, agent = visitor
    return records.Visit(datetime.now(UTC), account_id, source, agent, str(uuid.uuid4()))


def _session_of(keys: _Session) -> tuple[AssumedRole | FederatedUser, str | None]:
    """The session of the role or federated user with these keys, and its policy.

    Raises ValueError for keys that do not belong to one, or have expired.
    """
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    from local_aws.recording.callers import (
        DEFAULT_REGION,
        POLICY,
        TOKEN,
        Credential,
        account_of,
        caller_of,
        has_ended,
    )

    credential = Credential(keys.sessionId, DEFAULT_REGION)
    account = account_of({}, credential)
    key = iam_backends[account]["aws"].access_keys.get(keys.sessionId)
    assumed = sts_backends[account]["aws"].get_assumed_role_from_access_key(keys.sessionId)
    session = caller_of(account, credential)
    if key is None or not isinstance(session, AssumedRole | FederatedUser):
        raise ValueError("wanted the keys of a role session or of GetFederationToken")
    token = assumed.session_token if assumed else vars(key).get(TOKEN)
    given = f"{keys.sessionKey}\n{keys.sessionToken}"
    if not hmac.compare_digest(f"{key.secret_access_key}\n{token}".encode(), given.encode()):
        raise ValueError("wanted the session's own sessionKey and sessionToken")
    if has_ended(account, credential):
        raise ValueError("wanted the keys of a session that has not expired")
    return session, assumed.policy if assumed else vars(key).get(POLICY)
