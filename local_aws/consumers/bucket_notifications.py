"""What a bucket reports about its objects: to functions, queues, topics and EventBridge.

Source: Amazon S3 User Guide, "Event message structure", "Amazon S3 Event Notifications" and
"EventBridge event message structure"; real notifications of CloudTrail's log files.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import quote_plus

from flask import has_request_context, request
from msgspec import Struct

from cloudtrail.records.identity import Identity, Root
from local_aws.consumers import destinations
from local_aws.consumers.event_bridge.buses import Event, event_of, offer
from local_aws.consumers.notification_settings import check_destinations, parse
from local_aws.recording.receive import RECEIVED, Received
from local_aws.recording.requests import ASKED, Asked, s3_ids

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket, S3Backend

    from local_aws.cloudtrail.delivery.outbox import HandOn

__all__ = ["Origin", "by_cloudtrail", "by_s3", "install", "notify"]

_SUBJECT = "Amazon S3 Notification"
_SKIP = "x-amz-skip-destination-validation"
_S3 = "s3.amazonaws.com"
_MARKER = "s3:ObjectRemoved:DeleteMarkerCreated"

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "LifecycleTransition": "Object Storage Class Changed",
    "IntelligentTiering": "Object Access Tier Changed",
    "ObjectAcl": "Object ACL Updated",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
    "LifecycleExpiration:Delete": "Lifecycle Expiration",
    "LifecycleExpiration:DeleteMarkerCreated": "Lifecycle Expiration",
}
_DELETIONS = {"Delete": "Permanently Deleted", "DeleteMarkerCreated": "Delete Marker Created"}
_ONLY_BY = {
    "s3:ObjectTagging:Put": "PutObjectTagging",
    "s3:ObjectTagging:Delete": "DeleteObjectTagging",
    "s3:ObjectAcl:Put": "PutObjectAcl",
}
"""Events that moto also sends for other operations, such as for every object that is put."""

_PART_OF_OTHERS = frozenset(
    {"UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "CopyObject"}
)
"""Operations with an event of their own, although moto also puts an object for them."""

_OLDER_FORM = ("ObjectCreated", "ObjectRemoved", "ReducedRedundancyLostObject")

_count = itertools.count()


class Origin(Struct, frozen=True):
    """The request that changed an object."""

    principal_id: str
    requester: str
    source_ip_address: str
    request_id: str
    extended_id: str


def by_cloudtrail(account_id: str, request_id: str, extended_id: str) -> Origin:
    """A delivery of CloudTrail's, which puts with a role of its own (8 of 8 notifications)."""
    role = f"AROA{_letters(f'cloudtrail {account_id}', 17)}"
    return Origin(
        f"AWS:{role}:regionalDeliverySession",
        "cloudtrail.amazonaws.com",
        "127.0.0.1",
        request_id,
        extended_id,
    )


def by_s3(account_id: str) -> Origin:
    """S3 itself, such as when a lifecycle rule expires an object."""
    return Origin(_owner(account_id), _S3, _S3, *s3_ids({}))


def install(hand_on: HandOn, patches: ExitStack) -> None:
    """Have buckets send these notifications, until `patches` is closed."""
    from moto.s3 import notifications
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    ask_moto, put = S3Backend._set_delete_marker, S3Backend.put_bucket_notification_configuration

    def send_event(account_id: str, event_name: Any, bucket: FakeBucket, key: Any) -> None:
        if bucket.notification_configuration is not None and _is_asked_for(event_name.value):
            origin = _of_this_request(account_id)
            notify(event_name.value, bucket, key, origin, hand_on, waiting=True)

    def set_delete_marker(self: S3Backend, bucket_name: str, key_name: str) -> Any:
        marker = ask_moto(self, bucket_name, key_name)
        bucket = self.get_bucket(bucket_name)
        if bucket.notification_configuration is not None:
            origin = _of_this_request(self.account_id)
            notify(_MARKER, bucket, marker, origin, hand_on, waiting=True)
        return marker

    def put_settings(self: S3Backend, bucket_name: str, notification_config: Any) -> None:
        skips = has_request_context() and request.headers.get(_SKIP, "").lower() == "true"
        if not skips:
            check_destinations(self.get_bucket(bucket_name), notification_config)
        put(self, bucket_name, notification_config)

    for owner, name, new in (
        (S3Backend, "put_bucket_notification_configuration", put_settings),
        (S3Response, "_notification_config_from_body", lambda self: parse(self.body)),
        (S3Response, "get_bucket_notification", _get_settings),
        (notifications, "send_event", send_event),
        (notifications, "send_test_event", _send_test_event),
        (S3Backend, "_set_delete_marker", set_delete_marker),
    ):
        patches.enter_context(patch.object(owner, name, new))


def _get_settings(self: Any) -> Any:
    """GetBucketNotificationConfiguration; moto's leaves EventBridge out."""
    from moto.core.responses import ActionResult, EmptyResult

    settings = self.backend.get_bucket_notification_configuration(self.bucket_name)
    self.data["Action"] = "GetBucketNotificationConfiguration"
    if settings is None:
        return self.serialized(EmptyResult())
    found = {
        f"{kind}Configurations": [_described(each, arn) for each in getattr(settings, held)]
        for kind, arn, held in _KINDS
    }
    bridge: dict[str, Any] = (
        {} if settings.event_bridge is None else {"EventBridgeConfiguration": {}}
    )
    return self.serialized(ActionResult(found | bridge))


def _described(configuration: Any, arn: str) -> dict[str, Any]:
    found = {"Id": configuration.id, arn: configuration.arn, "Events": configuration.events}
    if rules := configuration.filters.get("S3Key", {}).get("FilterRule"):
        found["Filter"] = {"Key": {"FilterRules": rules}}
    return found


_KINDS = (
    ("Topic", "TopicArn", "topic"),
    ("Queue", "QueueArn", "queue"),
    ("LambdaFunction", "LambdaFunctionArn", "cloud_function"),
)


def _is_asked_for(event_name: str) -> bool:
    asked: Asked | None = request.environ.get(ASKED) if has_request_context() else None
    if asked is None:
        return True
    if event_name == "s3:ObjectCreated:Put" and asked.operation in _PART_OF_OTHERS:
        return False
    return asked.operation == _ONLY_BY.get(event_name, asked.operation)


def _of_this_request(account_id: str) -> Origin:
    """The origin of the current request; S3 itself without one."""
    environ: dict[str, Any] = request.environ if has_request_context() else {}
    received: Received | None = environ.get(RECEIVED)
    if received is None:
        return by_s3(account_id)
    identity = received.identity
    return Origin(
        _principal_id(identity, account_id),
        getattr(identity, "account_id", account_id),
        str(environ.get("REMOTE_ADDR", "127.0.0.1")),
        *s3_ids(environ),
    )


def _principal_id(identity: Identity | None, account_id: str) -> str:
    """A user's or session's id; for the root user, the account's own."""
    if identity is None or isinstance(identity, Root):
        return _owner(account_id)
    found = getattr(identity, "principal_id", None) or getattr(identity, "user_id", None)
    return f"AWS:{found}" if found else "Anonymous"


def _owner(account_id: str) -> str:
    """The short id by which S3 calls an account here."""
    return f"A{_letters(account_id, 13)}"


def _letters(text: str, length: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    hashed = hashlib.sha512(text.encode()).digest()
    return "".join(digits[byte % len(digits)] for byte in hashed[:length])


# Notifications


def notify(
    event_name: str,
    bucket: FakeBucket,
    key: Any,
    origin: Origin,
    hand_on: HandOn,
    *,
    waiting: bool = False,
) -> None:
    """Notify about an object, as the bucket's configuration says.

    With `waiting`, queues and topics get the message before the request is answered.
    """
    settings = bucket.notification_configuration
    assert settings is not None
    sequencer = _sequencer()
    for kind in ("queue", "topic", "cloud_function"):
        for each in getattr(settings, kind):
            if each._event_matches(event_name) and _is_for(each.filters, key.name):
                record = _record(event_name, bucket, key, origin, each.id, sequencer)
                send = partial(_send, bucket, each.arn, {"Records": [record]})
                name = f"notifications of {bucket.arn} to {each.arn}"
                at_once = waiting and kind != "cloud_function"
                destinations.at_once_or_later(name, send, hand_on, at_once=at_once)
    if settings.event_bridge is not None:
        event = _event(event_name, bucket, key, origin, sequencer)
        offer(event, hand_on, waiting=waiting)


def sender_of(bucket: FakeBucket) -> destinations.Sender:
    """S3 as the sender of a bucket's notifications."""
    return destinations.Sender(_S3, bucket.arn, bucket.account_id)


def _send(bucket: FakeBucket, arn: str, message: Mapping[str, Any]) -> None:
    options = destinations.Options(subject=_SUBJECT)
    destinations.send(arn, json.dumps(message), sender_of(bucket), options)


def _is_for(filters: Mapping[str, Any], key: str) -> bool:
    """Whether a key has the wanted prefix and suffix; their names may be in any case."""
    rules: Iterable[Mapping[str, str]] = filters.get("S3Key", {}).get("FilterRule", ())
    wanted = {rule["Name"].lower(): rule["Value"] or "" for rule in rules}
    return key.startswith(wanted.get("prefix", "")) and key.endswith(wanted.get("suffix", ""))


def _send_test_event(account_id: str, bucket: FakeBucket) -> None:
    """What queues and topics get when a bucket is set up to notify them."""
    settings = bucket.notification_configuration
    assert settings is not None
    origin = _of_this_request(account_id)
    message = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": _time(),
        "Bucket": bucket.name,
        "RequestId": origin.request_id,
        "HostId": origin.extended_id,
    }
    for arn in dict.fromkeys(each.arn for each in [*settings.queue, *settings.topic]):
        try:
            _send(bucket, arn, message)
        except Exception:  # noqa: BLE001, S112
            # `check_destinations` has just checked that the destination exists and lets S3 in.
            continue


def _record(
    event_name: str,
    bucket: FakeBucket,
    key: Any,
    origin: Origin,
    configuration_id: str,
    sequencer: str,
) -> dict[str, Any]:
    name = event_name.removeprefix("s3:")
    return {
        "eventVersion": "2.1" if name.startswith(_OLDER_FORM) else "2.3",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": _time(),
        "eventName": name,
        "userIdentity": {"principalId": origin.principal_id},
        "requestParameters": {"sourceIPAddress": origin.source_ip_address},
        "responseElements": {
            "x-amz-request-id": origin.request_id,
            "x-amz-id-2": origin.extended_id,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": _owner(bucket.account_id)},
                "arn": bucket.arn,
            },
            "object": {
                # A space becomes a plus; slashes stay.
                "key": quote_plus(key.name, safe="/*"),
                **_object(name, bucket, key, tag="eTag", version="versionId"),
                **({"sequencer": sequencer} if name.startswith(_OLDER_FORM) else {}),
            },
        },
    }


def _object(name: str, bucket: FakeBucket, key: Any, *, tag: str, version: str) -> dict[str, Any]:
    """Size and entity tag of an object that exists, and its version in a versioned bucket."""
    found: dict[str, Any] = {}
    if not name.startswith(("ObjectRemoved", "LifecycleExpiration")):
        found = {"size": key.size, tag: key.etag.replace('"', "")}
    if bucket.is_versioned:
        found[version] = key.version_id
    return found


def _event(event_name: str, bucket: FakeBucket, key: Any, origin: Origin, sequencer: str) -> Event:
    name = event_name.removeprefix("s3:")
    kind, _, how = name.partition(":")
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {
            "key": key.name,
            **_object(name, bucket, key, tag="etag", version="version-id"),
            "sequencer": sequencer,
        },
        "request-id": origin.request_id,
        "requester": origin.requester,
    }
    if origin.source_ip_address != _S3:
        detail["source-ip-address"] = origin.source_ip_address
    if name in _REASONS:
        detail["reason"] = _REASONS[name]
    if _DETAIL_TYPES.get(kind) == "Object Deleted":
        detail["deletion-type"] = _DELETIONS[how]
    return event_of(
        "aws.s3",
        _DETAIL_TYPES.get(name) or _DETAIL_TYPES[kind],
        account_id=bucket.account_id,
        region=bucket.region_name,
        detail=detail,
        resources=[bucket.arn],
    )


def _time() -> str:
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"


def _sequencer() -> str:
    """Eighteen digits that grow with each event: of two events of a key, the greater is the
    later."""
    return f"00{int(time.time()):08X}{next(_count):08X}"
