"""Lists of a bucket's objects that take the time of a page, not of the bucket.

moto walks all keys of a bucket for each page, and copies all versions. Here the names are kept in
order, and a page starts where its prefix or the page before it says. Sources: API/ListObjectsV2,
API/ListObjects, API/ListObjectVersions; S3 orders by UTF-8 bytes, which is Python's order of str.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult
from moto.s3 import models
from moto.s3.exceptions import MethodNotAllowed
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore


def install(stack: contextlib.ExitStack) -> None:
    """Until `stack` is left; of buckets that are made from now on."""
    stack.enter_context(patch.object(models, "_VersionedKeyStore", OrderedKeys))
    for changed in (list_objects, list_objects_v2, list_object_versions):
        stack.enter_context(patch.object(S3Backend, changed.__name__, changed))
    stack.enter_context(patch.object(S3Response, "serialized", _written(S3Response.serialized)))


_ITEMS = {
    "ListObjects": ("Contents", "Contents"),
    "ListObjectsV2": ("Contents", "Contents"),
    "ListObjectVersions": ("Versions", "Version"),
}
"""Per operation, the member that a page holds a thousand of, and the element each one is."""


_HERE = {"Key": "the items come here"}


def _written(serialized: Callable[..., Any]) -> Callable[..., Any]:
    """moto's serializer looks up the model of each value: a page takes it half a second."""

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


class OrderedKeys(_VersionedKeyStore):
    """The versions of each key of a bucket, as moto keeps them, and the names in order."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._new: list[str] = []
        self._lock = threading.Lock()

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self:
            self._new.append(key)
        super().__setitem__(key, value)

    def setlist(self, key: str, list_: Any) -> None:
        """Set the versions of a key, the oldest first."""
        if key not in self:
            self._new.append(key)
        super().setlist(key, list_)

    def names(self) -> Sequence[str]:
        """The names in order, also of some keys that are gone; the list never changes."""
        with self._lock:
            new, self._new = self._new, []
            fresh = [name for name in set(new) if not _holds(self._names, name)]
            gone = len(self._names) + len(fresh) - len(self)
            if fresh or gone > len(self):
                self._names = sorted(name for name in (*self._names, *fresh) if name in self)
            return self._names

    def versions(self, name: str) -> tuple[FakeKey | FakeDeleteMarker, ...]:
        """The versions of a key, the oldest first; none of a key that is gone."""
        return tuple(self.getlist(name, ()))


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
    """What a list has after `after`, in order: a name, or a common prefix, which is told.

    `names` are in order; those that do not count are as if they were not there.
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
    keys: OrderedKeys = bucket.keys  # type: ignore[assignment]

    def current(name: str) -> FakeKey | None:
        version = keys.get(name)
        return version if isinstance(version, FakeKey) else None

    for name, is_common in entries(
        keys.names(),
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
    page, more, last = _page(_objects(bucket, prefix, delimiter, marker or None), max_keys)
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
    """A page, whether more follow, and then the name of the last on it."""
    if size == 0:
        return [], False, None
    page = list(islice(found, size))
    if next(found, None) is None:
        return page, False, None
    last = page[-1]
    return page, True, last if isinstance(last, str) else last.name


@dataclass(frozen=True, slots=True)
class Version:
    """A version in a list, or a delete marker, and whether it is the latest of its key."""

    of: Any
    is_latest: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


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
    keys: OrderedKeys = self.get_bucket(bucket_name).keys  # type: ignore[assignment]
    found = _versions(keys, prefix or "", delimiter, key_marker or None, version_id_marker or None)
    page = list(islice(found, max_keys))
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
    keys: OrderedKeys,
    prefix: str,
    delimiter: str | None,
    after: str | None,
    after_version: str | None,
) -> Iterator[Version | str]:
    """The versions, the latest of a key first, and the common prefixes after a version."""
    names = keys.names()
    if after is not None and after_version is not None:
        older = iter(_newest_first(keys.versions(after)))
        for version in older:
            if (version.version_id or "null") == after_version:
                break
        yield from older
    for name, is_common in entries(
        names,
        prefix=prefix,
        delimiter=delimiter,
        after=after,
        counts=lambda name: bool(keys.versions(name)),
    ):
        if is_common:
            yield name
        else:
            yield from _newest_first(keys.versions(name))


def _newest_first(versions: Sequence[FakeKey | FakeDeleteMarker]) -> Iterator[Version]:
    return (Version(one, is_latest=place == 0) for place, one in enumerate(versions[::-1]))
