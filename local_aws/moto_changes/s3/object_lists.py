"""Lists of a bucket's objects that take as long as a page needs, not as the bucket needs.

moto walks all keys of a bucket for each page, and copies all versions. Here the names are kept in
order, and a page starts where its prefix or the page before it says. Sources: API/ListObjectsV2,
API/ListObjects, API/ListObjectVersions; S3 orders by UTF-8 bytes, which is Python's order of str.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult
from moto.s3 import models
from moto.s3.exceptions import MethodNotAllowed
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore
from msgspec import Struct

from local_aws.moto_changes.patching import MotoChange, make
from local_aws.recording.deserializing import Refused


def install(patches: ExitStack) -> None:
    """List this way until `patches` is closed. Loads moto's S3."""
    make(_CHANGES, patches)


_ITEMS = {
    "ListObjects": ("Contents", "Contents"),
    "ListObjectsV2": ("Contents", "Contents"),
    "ListObjectVersions": ("Versions", "Version"),
}
"""By operation, the member with a page's items, and the XML element of each item."""


_HERE = {"Key": "the items go here"}


def _written(serialized: Callable[..., Any]) -> Callable[..., Any]:
    """Write items without moto's serializer: it looks up the model of each value, half a second a
    page."""

    def written(response: S3Response, answer: ActionResult) -> Any:
        action = str(response.data.get("Action"))
        if action not in _ITEMS or not isinstance(answer.result, dict):
            return serialized(response, answer)
        member, element = _ITEMS[action]
        items, answer.result[member] = answer.result[member], [_HERE]
        status, headers, body = serialized(response, answer)
        head, _, tail = body.partition(_xml(element, _HERE))
        return status, headers, "".join((head, *(_xml(element, one) for one in items), tail))

    return written


def _xml(element: str, value: Any) -> str:
    """A value as the REST-XML protocol writes it: `None` is left out, lists are flattened."""
    if isinstance(value, dict):
        inner = "".join(_xml(name, one) for name, one in value.items())
        return f"<{element}>{inner}</{element}>"
    if isinstance(value, list):
        return "".join(_xml(element, one) for one in value)
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else escape(str(value), _ENTITIES)
    return f"<{element}>{text}</{element}>"


_ENTITIES = {"\r": "&#13;"}


class _Order:
    """The names of a bucket's keys in order. New ones are sorted in when they are next read."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._new: list[str] = []
        self._lock = threading.Lock()

    def add(self, *names: str) -> None:
        self._new += names

    def names(self, keys: _VersionedKeyStore) -> Sequence[str]:
        with self._lock:
            new, self._new = self._new, []
            fresh = [name for name in set(new) if not _holds(self._names, name)]
            gone = len(self._names) + len(fresh) - len(keys)
            if fresh or gone > len(keys):
                self._names = sorted(name for name in (*self._names, *fresh) if name in keys)
            return self._names


_ORDER = "_local_aws_order"


def names_of(keys: _VersionedKeyStore) -> Sequence[str]:
    """The names in order, some of keys that no longer exist. The sequence itself never changes."""
    order: _Order | None = keys.__dict__.get(_ORDER)
    if order is None:
        order = keys.__dict__.setdefault(_ORDER, _Order())
        order.add(*list(keys))
    return order.names(keys)


def _noting_names(put: Callable[..., None]) -> Callable[..., None]:
    def put_and_note(keys: _VersionedKeyStore, name: str, value: Any) -> None:
        is_new = name not in keys
        put(keys, name, value)
        # Only after the put: before it, `names` would find no such key, and forget the name.
        if is_new and (order := keys.__dict__.get(_ORDER)):
            order.add(name)

    return put_and_note


def _versions_of(keys: _VersionedKeyStore, name: str) -> tuple[FakeKey | FakeDeleteMarker, ...]:
    """The versions of a key, the oldest first; none if the key no longer exists."""
    return tuple(keys.getlist(name, ()))


def _holds(names: list[str], name: str) -> bool:
    at = bisect_left(names, name)
    return at < len(names) and names[at] == name


def entries(
    names: Sequence[str],
    *,
    prefix: str,
    delimiter: str | None,
    after: str | None,
    counts: Callable[[str], bool],
) -> Iterator[tuple[str, bool]]:
    """The entries of a list after `after`, in order: names (False) and common prefixes (True).

    `names` are in order. Those for which `counts` is false are left out.
    """
    at = bisect_left(names, prefix)
    if after is not None:
        at = max(at, bisect_right(names, after))
    while at < len(names) and names[at].startswith(prefix):
        name = names[at]
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        if not counts(name):
            at += 1
        elif cut < 0:
            yield name, False
            at += 1
        else:
            common = name[: cut + len(delimiter or "")]
            if after is None or common > after:
                yield common, True
            at = _past(names, common, at)


def _past(names: Sequence[str], prefix: str, start: int) -> int:
    """The place of the first name from `start` on that does not begin with `prefix`."""
    return bisect_left(names, True, start, key=lambda name: not name.startswith(prefix))


def _objects(
    bucket: FakeBucket, prefix: str | None, delimiter: str | None, after: str | None
) -> Iterator[FakeKey | str]:
    """The objects and the common prefixes of a bucket after `after`, in order."""
    if isinstance(bucket, models.FakeTableStorageBucket):
        raise MethodNotAllowed
    keys = bucket.keys

    def current(name: str) -> FakeKey | None:
        version = keys.get(name)
        return version if isinstance(version, FakeKey) else None

    for name, is_common in entries(
        names_of(keys),
        prefix=prefix or "",
        delimiter=delimiter,
        after=after,
        counts=lambda name: current(name) is not None,
    ):
        found = name if is_common else current(name)
        if found is not None:
            yield found


def list_objects(
    self: S3Backend,  # noqa: ARG001 (a method of moto's)
    bucket: FakeBucket,
    prefix: str | None,
    delimiter: str | None,
    marker: str | None,
    max_keys: int | None,
) -> tuple[list[FakeKey], list[str], bool, str | None]:
    """The objects of a page, its common prefixes, whether there are more, and the next marker."""
    page, more, last = _page(
        _objects(bucket, prefix, delimiter, marker or None), _checked(max_keys)
    )
    return (
        [one for one in page if isinstance(one, FakeKey)],
        [one for one in page if isinstance(one, str)],
        more,
        last,
    )


def list_objects_v2(
    self: S3Backend,
    bucket: FakeBucket,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> tuple[list[FakeKey | str], bool, str | None]:
    """The objects and common prefixes of a page, whether there are more, and the next token."""
    after = self._pagination_tokens.get(continuation_token or "", start_after)
    page, more, last = _page(_objects(bucket, prefix, delimiter, after or None), max_keys)
    if last is None:
        return page, more, None
    token = hashlib.blake2b(last.encode(), digest_size=32).hexdigest()
    self._pagination_tokens[token] = last
    return page, more, token


def _page(
    found: Iterator[FakeKey | str], size: int | None
) -> tuple[list[FakeKey | str], bool, str | None]:
    """A page, whether more follow, and if so the last name on it."""
    if size == 0:
        return [], False, None
    page = list(islice(found, _checked(size)))
    if next(found, None) is None:
        return page, False, None
    last = page[-1]
    return page, True, last if isinstance(last, str) else last.name


class Version(Struct, frozen=True):
    """A version in a list, or a delete marker, and whether it is the latest of its key."""

    of: Any
    is_latest: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


def _checked(max_keys: int | None) -> int | None:
    """The length of a page. Raises `Refused` for a negative one, which moto accepts."""
    if max_keys is not None and max_keys < 0:
        raise Refused(
            "InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647"
        )
    return max_keys


def list_object_versions(
    self: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Version], list[str], list[Version], str | None, str | None]:
    """A page's versions, common prefixes and delete markers, and the markers of the next page."""
    keys = self.get_bucket(bucket_name).keys
    found = _versions(keys, prefix or "", delimiter, key_marker or None, version_id_marker or None)
    page = list(islice(found, _checked(max_keys)))
    last = page[-1] if page and next(found, None) is not None else None
    listed = [one for one in page if isinstance(one, Version)]
    return (
        [one for one in listed if isinstance(one.of, FakeKey)],
        [one for one in page if isinstance(one, str)],
        [one for one in listed if not isinstance(one.of, FakeKey)],
        last.name if isinstance(last, Version) else last,
        last.version_id or "null" if isinstance(last, Version) else None,
    )


def _versions(
    keys: _VersionedKeyStore,
    prefix: str,
    delimiter: str | None,
    after: str | None,
    after_version: str | None,
) -> Iterator[Version | str]:
    """The versions, the latest of a key first, and the common prefixes after a version."""
    names = names_of(keys)
    if after is not None and after_version is not None:
        older = iter(_newest_first(_versions_of(keys, after)))
        for version in older:
            if (version.version_id or "null") == after_version:
                break
        yield from older
    for name, is_common in entries(
        names,
        prefix=prefix,
        delimiter=delimiter,
        after=after,
        counts=lambda name: bool(_versions_of(keys, name)),
    ):
        if is_common:
            yield name
        else:
            yield from _newest_first(_versions_of(keys, name))


def _newest_first(versions: Sequence[FakeKey | FakeDeleteMarker]) -> Iterator[Version]:
    return (Version(one, is_latest=place == 0) for place, one in enumerate(versions[::-1]))


def _instead(changed: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda _: changed


_WALKS = "walks all keys for each page"
_CHANGES = (
    MotoChange("moto.s3.utils:_VersionedKeyStore", "__setitem__", _noting_names, "has no order"),
    MotoChange("moto.s3.utils:_VersionedKeyStore", "setlist", _noting_names, "has no order"),
    MotoChange("moto.s3.models:S3Backend", "list_objects", _instead(list_objects), _WALKS),
    MotoChange("moto.s3.models:S3Backend", "list_objects_v2", _instead(list_objects_v2), _WALKS),
    MotoChange(
        "moto.s3.models:S3Backend",
        "list_object_versions",
        _instead(list_object_versions),
        "copies all versions for each page",
    ),
    MotoChange(
        "moto.s3.responses:S3Response",
        "serialized",
        _written,
        "looks up the model of each value: half a second for a page",
    ),
)
