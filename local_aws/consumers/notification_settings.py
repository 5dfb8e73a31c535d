"""What PutBucketNotificationConfiguration accepts, and what it refuses.

Source: Amazon S3 API Reference, PutBucketNotificationConfiguration; User Guide, "Configuring event
notifications using object key name filtering". S3 accepts the names of filter rules in any case,
and answers `Prefix` and `Suffix`. It refuses a destination that it may not send to, unless
`x-amz-skip-destination-validation` asks it not to check (queues, topics and functions alike).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]

from cloudtrail.partitions import arn_parts
from local_aws.consumers import permissions
from local_aws.consumers.permissions import Sender

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

__all__ = ["check_destinations", "parse"]

_ARNS = {"Topic": "sns", "Queue": "sqs", "CloudFunction": "lambda"}
_EVENT_BRIDGE = "EventBridgeConfiguration"
_SIDES = {"Prefix": str.startswith, "Suffix": str.endswith}


def parse(body: bytes | str) -> dict[str, Any]:
    """The configuration in a request's body, in moto's form. Raises S3's errors."""
    from moto.s3.exceptions import MalformedXML

    try:
        given = xmltodict.parse(body)["NotificationConfiguration"] or {}
        found = {
            f"{kind}Configuration": [
                _one(kind, each) for each in _listed(given.get(f"{kind}Configuration", []))
            ]
            for kind in _ARNS
        }
    except (ExpatError, KeyError, TypeError, AttributeError) as error:
        raise MalformedXML from error
    every = [each for listed in found.values() for each in listed]
    _check_overlap(every)
    found = {name: listed for name, listed in found.items() if listed}
    return found | ({_EVENT_BRIDGE: {}} if _EVENT_BRIDGE in given else {})


def check_destinations(bucket: FakeBucket, configuration: Mapping[str, Any]) -> None:
    """Raise S3's InvalidArgument for destinations that do not exist, or do not let S3 in."""
    arns = [each[kind] for kind in _ARNS for each in configuration.get(f"{kind}Configuration", ())]
    if any(arn_parts(arn).region != bucket.region_name for arn in arns):
        raise _invalid(
            "The notification destination service region is not valid for the bucket location "
            "constraint"
        )
    sender = Sender("s3.amazonaws.com", bucket.arn, bucket.account_id)
    wrong = [f"{arn}: {reason}" for arn in arns if (reason := _why_not(arn, sender))]
    if wrong:
        raise _invalid(
            "Unable to validate the following destination configurations", "; ".join(wrong)
        )


def _why_not(arn: str, sender: Sender) -> str | None:
    if not permissions.is_there(arn):
        return "does not exist"
    try:
        permissions.judge(arn, sender)
    except permissions.NotPermitted as error:
        return str(error)
    return None


def _one(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    arn, events = given[kind], _listed(given["Event"])
    if not re.match(rf"arn:aws[\w-]*:{_ARNS[kind]}:", arn):
        raise _invalid("The ARN is not well formed")
    if not all(isinstance(each, str) and each.startswith("s3:") for each in events):
        raise _invalid("A specified event is not supported for notifications")
    one = {**given, "Event": events}
    if given.get("Filter"):
        rules = [_rule(each) for each in _listed(given["Filter"]["S3Key"]["FilterRule"])]
        for side in _SIDES:
            if sum(each["Name"] == side for each in rules) > 1:
                raise _invalid(f"Cannot specify more than one {side.lower()} rule in a filter.")
        one["Filter"] = {"S3Key": {"FilterRule": rules}}
    return one


def _rule(given: Mapping[str, Any]) -> dict[str, str]:
    name = given["Name"].capitalize()
    if name not in _SIDES:
        raise _invalid("filter rule name must be either prefix or suffix")
    return {"Name": name, "Value": given["Value"] or ""}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_overlap(configurations: list[dict[str, Any]]) -> None:
    """Refuse two rules that could both apply to the same event and key."""
    for one, two in itertools.combinations(configurations, 2):
        shared = any(_overlap(a, b) for a in one["Event"] for b in two["Event"])
        if shared and all(_meet(side, one, two) for side in _SIDES):
            raise _invalid(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two "
                "rules if the prefixes are overlapping for the same event type."
            )


def _overlap(one: str, two: str) -> bool:
    """Whether two event types have an event in common: `s3:ObjectCreated:*` stands for several."""
    return one == two or any(
        wide.endswith(":*") and narrow.startswith(wide[:-1])
        for wide, narrow in ((one, two), (two, one))
    )


def _meet(side: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    first, second = next(_values(side, one), ""), next(_values(side, two), "")
    test = _SIDES[side]
    return test(first, second) or test(second, first)


def _values(side: str, configuration: Mapping[str, Any]) -> Iterator[str]:
    rules = configuration.get("Filter", {}).get("S3Key", {}).get("FilterRule", ())
    return (rule["Value"] for rule in rules if rule["Name"] == side)


def _invalid(message: str, reason: str = "") -> Exception:
    from moto.s3.exceptions import S3ClientError

    return S3ClientError("InvalidArgument", f"{message} ({reason})" if reason else message)
