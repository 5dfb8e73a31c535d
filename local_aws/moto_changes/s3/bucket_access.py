"""Who may do what with a bucket: its policy, ACLs and block of public access, for any client.

moto only asks a bucket's policy about GET, PUT and DELETE of objects, ignores the caller and
conditions, lets every account read every bucket, and refuses without a code or message. Here each
request is judged once, before moto sees it, as S3 does (S3 User Guide, "How Amazon S3 authorizes a
request"): an explicit Deny counts for everybody; the owner's account needs no more (its
identity-based policies are moto's to judge, `/moto-api/reset-auth`), anybody else needs an Allow or
a grant.

Two things differ from AWS. `aws:SecureTransport` is true although the endpoint is plain http: on
loopback nobody can listen. And the endpoint is in no network of AWS's: a statement with a condition
on an address or VPC is left out, so that nobody is refused, or let in, on a guess.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cloudtrail.policies.actions import s3_action
from cloudtrail.policies.documents import MalformedPolicy, parse_policy
from cloudtrail.policies.evaluation import AccessRequest, Effect, effect, is_public
from cloudtrail.records.identity import Root
from local_aws.moto_changes.patching import MotoChange
from local_aws.moto_changes.s3 import deletions, policy_templates
from local_aws.moto_changes.s3.public_access import ACLS, GROUPS, blocks
from local_aws.recording.callers import account_of, caller_of, credential_of
from local_aws.recording.clients import Client, client_of
from local_aws.recording.requests import ASKED, Asked

if TYPE_CHECKING:
    from moto.s3.models import FakeAcl, FakeBucket

_NETWORK_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce"})
"""Condition keys of the network that a request comes from."""

_POLICY_OPERATIONS = frozenset({"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"})
"""Operations that the root user of the owner's account may call whatever the policy says."""

_GRANTED = {"s3:GetObject": "READ", "s3:ListBucket": "READ", "s3:PutObject": "WRITE"}
"""What an ACL can grant to a group: an object's ACL the first, a bucket's ACL the others."""

_OPEN_TO_ALL = ("CreateBucket", "ListBuckets", "DeleteObjects")
"""Operations that are not about one bucket, or are judged object by object."""


_ASKING: ContextVar[tuple[Client, dict[str, str]] | None] = ContextVar("asking", default=None)
"""The client whose request this thread answers, and what policies know of the request."""


def _about(environ: Mapping[str, Any], bucket: FakeBucket) -> dict[str, str]:
    """What policies know of a request to a bucket (Service Authorization Reference)."""
    parameters = environ[ASKED].parameters
    now = datetime.now(UTC)
    about = {
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
        "aws:requestedregion": bucket.region_name,
        "aws:resourceaccount": bucket.account_id,
        "s3:resourceaccount": bucket.account_id,
        "aws:currenttime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws:epochtime": str(int(time.time())),
        "aws:useragent": environ.get("HTTP_USER_AGENT", ""),
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:authtype": "REST-HEADER" if "HTTP_AUTHORIZATION" in environ else "REST-QUERY-STRING",
    }
    if "HTTP_REFERER" in environ:
        about["aws:referer"] = environ["HTTP_REFERER"]
    for member, key in _PARAMETER_KEYS.items():
        if member in parameters:
            about[key] = str(parameters[member])
    return about | {
        f"s3:{name[5:].replace('_', '-').lower()}": value
        for name, value in environ.items()
        if name.startswith("HTTP_X_AMZ_")
    }


_PARAMETER_KEYS = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:versionid",
}


def action(operation: str, parameters: Mapping[str, Any]) -> str:
    """The IAM action that an operation needs: `s3:GetObject` for HeadObject."""
    return s3_action(operation, parameters.get("VersionId"))


def _judged(ask_moto: Any) -> Any:
    """Judge a request to a bucket or an object before it is answered."""

    @functools.wraps(ask_moto)
    def answer(self: Any, request: Any, *positional: Any) -> Any:
        environ = request.environ
        asked: Asked | None = environ.get(ASKED)
        policy_templates.provide(self.bucket_name)
        bucket = _bucket(self.bucket_name)
        if asked is None or bucket is None:
            return ask_moto(self, request, *positional)
        credential = credential_of(environ)
        client = client_of(caller_of(account_of(environ, credential), credential))
        about = _about(environ, bucket)
        _check(client, asked, bucket, about)
        if lacking := deletions.lacks_mfa(asked, bucket, environ):
            raise _denied(lacking)
        token = _ASKING.set((client, about))
        try:
            return ask_moto(self, request, *positional)
        finally:
            _ASKING.reset(token)

    return answer


def _bucket(name: str | None) -> FakeBucket | None:
    from moto.s3.models import s3_backends

    if name not in s3_backends.bucket_accounts:
        return None
    partition, account = s3_backends.bucket_accounts[name]
    return s3_backends[account][partition].buckets.get(name)


def _check(client: Client, asked: Asked, bucket: FakeBucket, about: Mapping[str, str]) -> None:
    """Raise S3's AccessDenied for what the client may not do."""
    if asked.operation in _OPEN_TO_ALL:
        return
    form = asked.operation == "PostObject"
    if form and not client.account_id:
        return  # The form itself may be signed: moto does not check it.
    for action, where, key in _needed(asked, bucket):
        reason = _refusal(client, action, where, key, about, asked.operation)
        if reason is not None:
            raise _denied(reason)
    if asked.operation == "PutBucketPolicy":
        _check_public(client, bucket, asked)


def _needed(asked: Asked, bucket: FakeBucket) -> Iterator[tuple[str, FakeBucket, str]]:
    """The actions that a request needs, each with its bucket and, for an object, the key."""
    parameters = asked.parameters
    yield action(asked.operation, parameters), bucket, str(parameters.get("Key") or "")
    source = parameters.get("CopySource")
    if isinstance(source, str):
        name, _, key = unquote(source.partition("?")[0]).lstrip("/").partition("/")
        copied = _bucket(name)
        if copied is not None:
            yield "s3:GetObject", copied, key


def _refusal(
    client: Client,
    action: str,
    bucket: FakeBucket,
    key: str,
    about: Mapping[str, str],
    operation: str,
) -> str | None:
    """Why the client may not do this: None if it may."""
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    said = said_by(bucket, client.asks(action, resource, about))
    own = client.account_id == bucket.account_id
    if said is Effect.DENY and not (own and client.is_root and operation in _POLICY_OPERATIONS):
        if not own:
            return "Access Denied"
        return _sentence(
            client, action, resource, "with an explicit deny in a resource-based policy"
        )
    if own or (said is Effect.ALLOW and not _restricts(bucket)):
        return None
    return None if _is_granted(client, action, bucket, key) else "Access Denied"


def denies_owner(bucket: FakeBucket, action: str, resource: str) -> bool:
    """Whether the policy denies this to the bucket's own account."""
    client = client_of(Root(bucket.account_id, "", partition=bucket.partition))
    asked = client.asks(action, resource, {"aws:securetransport": "true"})
    return said_by(bucket, asked) is Effect.DENY


def said_by(bucket: FakeBucket, request: AccessRequest) -> Effect | None:
    """What the bucket's policy says to a request; None without a valid policy."""
    if bucket.policy is None:
        return None
    return effect(_applicable(bucket.policy), request)


@functools.lru_cache(maxsize=256)
def _applicable(document: bytes) -> Mapping[str, Any] | None:
    """The policy without the statements that depend on the network of a request."""
    try:
        policy = parse_policy(document)
    except MalformedPolicy:
        return None
    statements = policy["Statement"]
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {"Statement": [each for each in listed if not _depends_on_network(each)]}


def _depends_on_network(statement: Mapping[str, Any]) -> bool:
    tests = statement.get("Condition", {}).values()
    return any(key.lower() in _NETWORK_KEYS for test in tests for key in test)


def _is_granted(client: Client, action: str, bucket: FakeBucket, key: str) -> bool:
    """Whether an ACL lets the client's group do this."""
    if action not in _GRANTED or blocks(bucket, "ignore_public_acls"):
        return False
    acl: FakeAcl | None = bucket.acl
    if action == "s3:GetObject":
        found = bucket.keys.get(key)
        acl = found.acl if found is not None else None
    groups = {f"{GROUPS}AllUsers"} | (
        {f"{GROUPS}AuthenticatedUsers"} if client.account_id else set()
    )
    return any(
        {_GRANTED[action], "FULL_CONTROL"} & set(grant.permissions)
        and groups & {grantee.uri for grantee in grant.grantees}
        for grant in (acl.grants if acl else ())
    )


def _restricts(bucket: FakeBucket) -> bool:
    policy = _applicable(bucket.policy) if bucket.policy else None
    return blocks(bucket, "restrict_public_buckets") and is_public(policy)


def _check_public(client: Client, bucket: FakeBucket, asked: Asked) -> None:
    """Refuse a public policy if the bucket's block of public access says so."""
    if not blocks(bucket, "block_public_policy"):
        return
    try:
        policy = parse_policy(str(asked.parameters.get("Policy") or ""))
    except MalformedPolicy:
        return  # S3 says so itself.
    if is_public(policy):
        why = (
            "because public policies are blocked by the BlockPublicPolicy block public access "
            "setting."
        )
        raise _denied(_sentence(client, "s3:PutBucketPolicy", bucket.arn, why))


def _sentence(client: Client, action: str, resource: str, why: str) -> str:
    """S3's words to its owner's account (S3 User Guide, "Troubleshoot access denied errors")."""
    return (
        f'User: {client.arn} is not authorized to perform: {action} on resource: "{resource}" {why}'
    )


def _denied(message: str) -> Exception:
    from moto.s3.exceptions import S3ClientError

    return S3ClientError("AccessDenied", message)


def _deletion_refused(bucket: FakeBucket, named: Mapping[str, Any]) -> str | None:
    """Why the current request's client may not delete an object, or the version that is named.

    None if it may.
    """
    asking = _ASKING.get()
    if asking is None:
        return None
    client, about = asking
    needed = s3_action("DeleteObject", named.get("VersionId"))
    return _refusal(client, needed, bucket, named["Key"], about, "DeleteObjects")


def _get_permission(_ask_moto: Any) -> Any:
    """Permit what moto asks about an object: `_judged` has decided already."""

    def get_permission(*_: Any) -> Any:
        from moto.iam.access_control import PermissionResult

        return PermissionResult.PERMITTED

    return get_permission


_WHY = "moto judges few requests, ignores the caller, and answers 403 without a code."
_MFA = "moto ignores MFA delete."
CHANGES = (
    MotoChange("moto.s3.responses:S3Response", "_bucket_response", _judged, _WHY),
    MotoChange("moto.s3.responses:S3Response", "_key_response", _judged, _WHY),
    MotoChange("moto.s3.models:FakeBucket", "get_permission", _get_permission, _WHY),
    MotoChange(
        "moto.s3.responses:S3Response",
        "_bucket_response_delete_keys",
        functools.partial(deletions.delete_keys, _deletion_refused),
        "moto judges every object as one without versions, and gives no reason.",
    ),
    MotoChange(
        "moto.s3.responses:S3Response", "_bucket_response_put", deletions.keep_mfa_delete, _MFA
    ),
    MotoChange(
        "moto.s3.responses:S3Response", "get_bucket_versioning", deletions.tell_mfa_delete, _MFA
    ),
    *ACLS,
)
