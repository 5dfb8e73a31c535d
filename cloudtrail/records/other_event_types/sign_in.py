"""Records of signing in to the console: events of `signin.amazonaws.com` that are not API calls.

Sources: UG/cloudtrail-event-reference-aws-console-sign-in-events, and real records.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from cloudtrail.records.calls import Record
from cloudtrail.records.identity import IamUser, Identity, Root, timestamp, user_identity
from cloudtrail.records.redaction import HIDDEN
from cloudtrail.records.services import tls_details

EVENT_VERSION = "1.08"
REGION = "us-east-1"
CONSOLE = "https://console.aws.amazon.com/console/home"
WRONG_PASSWORD = "Failed authentication"  # noqa: S105
NO_SUCH_USER = "No username found in supplied account"


class Visit(Struct, frozen=True):
    """When, from where and with which browser someone signed in. `event_id` is a UUID."""

    time: datetime
    account_id: str
    source_ip_address: str
    user_agent: str
    event_id: str


def console_login(visit: Visit, identity: Identity) -> Record:
    """A successful ConsoleLogin. That of a federated user has no `LoginTo`."""
    user = user_identity(identity, EVENT_VERSION)
    del user["accessKeyId"]
    if isinstance(identity, IamUser):
        user.pop("sessionContext", None)
    if isinstance(identity, Root):
        user = {name: each for name, each in user.items() if name != "sessionContext"}
        user["accessKeyId"] = ""
    login_to = {"LoginTo": CONSOLE} if isinstance(identity, IamUser | Root) else {}
    return _record(visit, "ConsoleLogin", user, {"ConsoleLogin": "Success"}, login_to)


def refused_login(visit: Visit, user_name: str, user_id: str | None) -> Record:
    """A failed ConsoleLogin: a wrong password or, if `user_id` is None, an unknown user name.

    An unknown name is hidden: it may be a password in the wrong field.
    """
    user: dict[str, str] = {"type": "IAMUser"}
    if user_id is not None:
        user["principalId"] = user_id
    user |= {"accountId": visit.account_id, "accessKeyId": ""}
    user["userName"] = user_name if user_id is not None else HIDDEN
    message = WRONG_PASSWORD if user_id is not None else NO_SUCH_USER
    failed = {"ConsoleLogin": "Failure"}
    return _record(visit, "ConsoleLogin", user, failed, {"LoginTo": CONSOLE}, message)


def signin_token(visit: Visit, identity: Identity) -> Record:
    """GetSigninToken: API session keys are exchanged for a console session."""
    user = user_identity(identity, EVENT_VERSION)
    elements = {"credentials": {"accessKeyId": user["accessKeyId"]}, "GetSigninToken": "Success"}
    return _record(visit, "GetSigninToken", user, elements, {})


def _record(
    visit: Visit,
    name: str,
    user: dict[str, Any],
    elements: dict[str, Any],
    additional: dict[str, str],
    message: str | None = None,
) -> Record:
    record: Record = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": user,
        "eventTime": timestamp(visit.time),
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": visit.source_ip_address,
        "userAgent": visit.user_agent,
    }
    if message is not None:
        record["errorMessage"] = message
    return record | {
        "requestParameters": None,
        "responseElements": elements,
        "additionalEventData": additional | {"MobileVersion": "No", "MFAUsed": "No"},
        "eventID": visit.event_id,
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": visit.account_id,
        "eventCategory": "Management",
        "tlsDetails": tls_details("signin", f"{REGION}.signin.aws.amazon.com"),
    }
