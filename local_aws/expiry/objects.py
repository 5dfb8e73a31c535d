"""S3 lifecycle rules: what they expire, and when.

S3's own deletions are not API calls, and leave no record (S3 User Guide, "Setting Lifecycle
configurations": lifecycle actions are not captured by CloudTrail). An object's time ends at the
next midnight UTC after its days ("Lifecycle configuration elements").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from local_aws.cloudtrail.service import CloudTrailService
from local_aws.consumers.bucket_notifications import by_s3, notify
from local_aws.moto_changes.s3.buckets import lifecycle_rules, upload_began
from local_aws.moto_state import every_backend

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

    from local_aws.cloudtrail.delivery.outbox import HandOn

_DAY = timedelta(days=1)

Tell = Callable[[str, Any], None]
"""Notifies of an event, given the version of the object that it happened to."""


def end(service: CloudTrailService, now: datetime) -> None:
    """Apply every bucket's rules, and have buckets notify of the changes."""
    from moto.s3.models import s3_backends

    for backend in every_backend(s3_backends):
        for bucket in list(backend.buckets.values()):
            for rule in lifecycle_rules(bucket):
                if rule.get("Status") == "Enabled":
                    tell = partial(_tell, bucket, service.delivery.outbox.hand_on)
                    _apply(rule, bucket, backend, now, tell)


def _tell(bucket: FakeBucket, hand_on: HandOn, event: str, version: Any) -> None:
    if bucket.notification_configuration is not None:
        notify(f"s3:{event}", bucket, version, by_s3(bucket.account_id), hand_on)


def _apply(
    rule: Mapping[str, Any], bucket: FakeBucket, backend: Any, now: datetime, tell: Tell
) -> None:
    for name in list(bucket.keys.keys()):
        for end_some in (_expire_current, _expire_noncurrent, _remove_lone_marker):
            versions = bucket.keys.getlist(name)
            kept = end_some(rule, bucket, backend, versions, now)
            for version in versions:
                if version not in kept and not _is_marker(version):
                    tell("LifecycleExpiration:Delete", version)
            for version in kept:
                if version not in versions:
                    tell("LifecycleExpiration:DeleteMarkerCreated", version)
            if not kept:
                bucket.keys.setlist(name, [])
                bucket.keys.pop(name)
                break
            if kept != versions:
                bucket.keys.setlist(name, kept)
        _move(rule, bucket, backend, name, now, tell)
    _abort_uploads(rule, bucket, now)


def _expire_current(
    rule: Mapping[str, Any], bucket: FakeBucket, backend: Any, versions: list[Any], now: datetime
) -> list[Any]:
    """The current version is deleted, or, in a bucket with versions, gets a delete marker."""
    from moto.s3.models import FakeDeleteMarker

    current = versions[-1]
    due = _due(rule.get("Expiration") or {}, "Days", _utc(current.last_modified))
    if _is_marker(current) or due is None or due > now or not _covers(rule, current, backend):
        return versions
    if not bucket.versioning_status:
        return [] if not current.is_locked(governance_bypass=False) else versions
    marker = FakeDeleteMarker(key=current)
    marker.last_modified = due.replace(tzinfo=None)
    if bucket.versioning_status == "Suspended":
        marker._version_id = "null"
        versions = [each for each in versions if str(each.version_id) != "null"]
    return [*versions, marker]


def _expire_noncurrent(
    rule: Mapping[str, Any], _bucket: FakeBucket, backend: Any, versions: list[Any], now: datetime
) -> list[Any]:
    """Earlier versions expire, counted from when they were replaced; the newest of them may
    stay."""
    wanted = rule.get("NoncurrentVersionExpiration") or {}
    spared = int(wanted.get("NewerNoncurrentVersions") or 0)
    last = len(versions) - 1
    return [
        version
        for number, version in enumerate(versions)
        if number + spared >= last
        or _is_kept(wanted, version, versions[number + 1], now)
        or not _covers(rule, version, backend)
    ]


def _is_kept(wanted: Mapping[str, Any], version: Any, successor: Any, now: datetime) -> bool:
    due = _due(wanted, "NoncurrentDays", _utc(successor.last_modified))
    locked = not _is_marker(version) and version.is_locked(governance_bypass=False)
    return due is None or due > now or locked


def _remove_lone_marker(
    rule: Mapping[str, Any], _bucket: FakeBucket, backend: Any, versions: list[Any], now: datetime
) -> list[Any]:
    """A delete marker without other versions is removed, if the rule asks for that or it has
    expired."""
    expiration = rule.get("Expiration") or {}
    lone = versions[-1]
    if len(versions) > 1 or not _is_marker(lone) or not _covers(rule, lone, backend):
        return versions
    due = _due(expiration, "Days", _utc(lone.last_modified))
    asked = str(expiration.get("ExpiredObjectDeleteMarker")).lower() == "true"
    return [] if asked or (due is not None and due <= now) else versions


def _move(
    rule: Mapping[str, Any],
    bucket: FakeBucket,
    backend: Any,
    name: str,
    now: datetime,
    tell: Tell,
) -> None:
    """Current versions change their storage class, in the order of the transitions."""
    current = bucket.keys.get(name)
    if current is None or _is_marker(current) or not _covers(rule, current, backend):
        return
    due = [
        (when, transition)
        for transition in _listed(rule.get("Transition"))
        if (when := _due(transition, "Days", _utc(current.last_modified))) and when <= now
    ]
    if due:
        _, latest = max(due, key=lambda each: each[0])
        if current.storage_class != latest["StorageClass"]:
            current.set_storage_class(latest["StorageClass"])
            tell("LifecycleTransition", current)


def _abort_uploads(rule: Mapping[str, Any], bucket: FakeBucket, now: datetime) -> None:
    wanted = rule.get("AbortIncompleteMultipartUpload") or {}
    for upload in list(bucket.multiparts.values()):
        due = _due(wanted, "DaysAfterInitiation", _utc(upload_began(upload)))
        if due is not None and due <= now and upload.key_name.startswith(_prefix(rule)):
            del bucket.multiparts[upload.id]


def _due(wanted: Mapping[str, Any], days: str, since: datetime) -> datetime | None:
    """When the action is due for something that is as old as `since`; None for never."""
    if wanted.get("Date"):
        return datetime.fromisoformat(str(wanted["Date"])).astimezone(UTC)
    if wanted.get(days) is None:
        return None
    ends = since + timedelta(days=int(wanted[days]))
    midnight = datetime.combine(ends.date(), time(), UTC)
    return midnight if midnight == ends else midnight + _DAY


def _covers(rule: Mapping[str, Any], version: Any, backend: Any) -> bool:
    """Whether the rule's filter covers this version."""
    if not version.name.startswith(_prefix(rule)):
        return False
    conditions = _conditions(rule)
    wanted = dict(_tags(conditions))
    if _is_marker(version):
        return not wanted
    tags = backend.tagger.get_tag_dict_for_resource(version.arn)
    least, most = conditions.get("ObjectSizeGreaterThan"), conditions.get("ObjectSizeLessThan")
    return (
        wanted.items() <= tags.items()
        and (least is None or version.size > int(least))
        and (most is None or version.size < int(most))
    )


def _conditions(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The filter's conditions: one, or several under `And`."""
    found = rule.get("Filter") or {}
    conditions: Mapping[str, Any] = found.get("And") or found
    return conditions


def _prefix(rule: Mapping[str, Any]) -> str:
    return str(_conditions(rule).get("Prefix") or rule.get("Prefix") or "")


def _tags(conditions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for tag in _listed(conditions.get("Tag")):
        yield str(tag["Key"]), str(tag.get("Value") or "")


def _listed(value: Any) -> list[Any]:
    """A list of what the XML has once, several times, or not at all."""
    return value if isinstance(value, list) else [value] if value else []


def _is_marker(version: Any) -> bool:
    from moto.s3.models import FakeDeleteMarker

    return isinstance(version, FakeDeleteMarker)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
