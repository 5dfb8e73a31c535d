"""Who made a call: CloudTrail's `userIdentity`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Root:
    """The account's root user."""

    account_id: str
    access_key_id: str


@dataclass(frozen=True, slots=True)
class IamUser:
    """An IAM user with a long-lived key, or with a session token of GetSessionToken."""

    account_id: str
    arn: str
    user_id: str
    user_name: str
    access_key_id: str
    session_created: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A session of an IAM role. `principal_id` is `<role id>:<session name>`."""

    account_id: str
    arn: str
    principal_id: str
    access_key_id: str
    role_arn: str
    role_id: str
    role_name: str
    session_created: datetime


@dataclass(frozen=True, slots=True)
class AwsService:
    """An AWS service acting for itself, such as `cloudtrail.amazonaws.com`."""

    invoked_by: str


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """A principal of another account, as the recipient of the call sees it."""

    account_id: str
    principal_id: str


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """A principal whose call was made by an AWS service, such as `cloudformation.amazonaws.com`."""

    principal: Root | IamUser | AssumedRole
    invoked_by: str


Identity = Root | IamUser | AssumedRole | AwsService | AwsAccount | OnBehalfOf
