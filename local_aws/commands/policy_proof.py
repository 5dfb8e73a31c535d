"""Whether a policy is enough for what someone does, and not too much, by enforcing it.

The work is done once with everything allowed, which gives the least-privilege policy. Then it is
done on an empty local AWS as a user with only that policy, and once more without each action.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from enum import StrEnum
from typing import Any

from msgspec import Struct

from cloudtrail.policies.policy_from_records import (
    Denial,
    Needs,
    needs_of,
    policy_of,
    principals,
)
from local_aws.role_rights import EVERYTHING
from local_aws.server import ACCOUNT, LocalAws
from local_aws.testing.records import call_with_error, is_call

USER_NAME = "policy-proof"
USER = f"arn:aws:iam::{ACCOUNT}:user/{USER_NAME}"
Policy = Mapping[str, Any]
"""An IAM policy document."""

Variables = Mapping[str, str]
"""The environment variables that point a client at the local AWS, as the user of the proof."""

Work = Callable[[Variables], int]
"""The work that needs the policy. It returns an exit code, 0 for success."""


class ActionVerdict(StrEnum):
    """How the work ended without an action."""

    NEEDED = "needed"
    """A call was refused for it, and the work failed."""
    NOT_MISSED = "not missed"
    """A call was refused for it, but the work succeeded anyway."""
    NOT_ASKED = "not asked for"
    """No call was refused for it: nothing is proved."""


class Attempt(Struct, frozen=True):
    """One run: its exit code, what it was denied, its calls by name, and the seconds it took."""

    code: int
    denied: tuple[Denial, ...]
    calls: Counter[str]
    seconds: float


class Without(Struct, frozen=True):
    """The result of removing an action."""

    action: str
    verdict: ActionVerdict
    attempt: Attempt


class AllowedRun(Struct, frozen=True):
    """The work with everything allowed: what it needs, and who else made calls."""

    attempt: Attempt
    needs: Needs
    others: Counter[str]

    @property
    def policy(self) -> Policy:
        """The least-privilege policy for the calls that were made."""
        return policy_of(self.needs)


def record(aws: LocalAws, work: Work) -> AllowedRun:
    """Do the work on an empty local AWS with everything allowed."""
    attempt = _attempt(aws, work, EVERYTHING, enforced=False)
    records = [each for each in aws.records() if is_call(each)]
    others = principals(records)
    others.pop(USER, None)
    return AllowedRun(attempt, needs_of(records, USER), others)


def enforce(aws: LocalAws, work: Work, policy: Policy) -> Attempt:
    """Do the work on an empty local AWS with only this policy."""
    return _attempt(aws, work, policy)


def take_away(aws: LocalAws, work: Work, policy: Policy) -> Iterator[Without]:
    """Do the work without each action in turn; yields each result as soon as it is known.

    The policy's statements must allow, and list their actions.
    """
    for action in actions_in(policy):
        attempt = _attempt(aws, work, without(policy, action))
        yield Without(action, _verdict(attempt, action), attempt)


def actions_in(policy: Policy) -> list[str]:
    """The actions of all statements, sorted."""
    return sorted({action for each in policy["Statement"] for action in each["Action"]})


def without(policy: Policy, action: str) -> Policy:
    """The policy without an action."""
    left = [
        {**each, "Action": [one for one in each["Action"] if one != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in left if each["Action"]]}


def _verdict(attempt: Attempt, action: str) -> ActionVerdict:
    if not any(each.action == action for each in attempt.denied):
        return ActionVerdict.NOT_ASKED
    return ActionVerdict.NEEDED if attempt.code else ActionVerdict.NOT_MISSED


def _attempt(aws: LocalAws, work: Work, policy: Policy, *, enforced: bool = True) -> Attempt:
    from moto.core.authorization import enable_iam_authentication

    aws.reset()
    variables = _user(aws, policy)
    aws.forget_records()
    began = time.monotonic()
    with enable_iam_authentication() if enforced else nullcontext():
        code = work(variables)
    seconds = time.monotonic() - began
    denied = tuple(each for each in aws.cloudtrail.denials if each.principal == USER)
    calls = Counter(call_with_error(each) for each in aws.records() if is_call(each))
    return Attempt(code, denied, calls, seconds)


def _user(aws: LocalAws, policy: Policy) -> Variables:
    iam = aws.client("iam")
    iam.create_user(UserName=USER_NAME)
    key = iam.create_access_key(UserName=USER_NAME)["AccessKey"]
    if policy["Statement"]:  # IAM refuses a policy without statements
        document = json.dumps(policy)
        iam.put_user_policy(UserName=USER_NAME, PolicyName="policy", PolicyDocument=document)
    keys = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    return aws.environment() | keys
