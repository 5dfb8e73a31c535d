"""Records that could not be made whole: made of less, counted, and never missing."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import msgspec

from cloudtrail.records.calls import Call, Record
from cloudtrail.records.record import minimal_record_of, record_of, to_json

MAX_RECORD = 256 * 1024
"""Bytes of the largest event that goes to a trail (UG/WhatIsCloudTrail-Limits)."""

MAX_KEPT_TEXT = 2048
"""Characters of the longest parameter by which the resources of a call are still told."""

_LOG = logging.getLogger("local_aws")
_Made = TypeVar("_Made")


class IncompleteRecords:
    """Makes records, of less where it must be, and counts how often that was and why."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._count, self._latest = 0, ""

    def status(self) -> dict[str, Any]:
        """How many there were, and what was wrong with the latest."""
        return {"count": self._count, "latest": self._latest}

    def count(self, what: str, reason: str) -> None:
        """Count one that lacks something because of `reason`."""
        _LOG.warning("the record of %s is incomplete: %s", what, reason)
        with self._lock:
            self._count, self._latest = self._count + 1, f"{what}: {reason}"[:MAX_KEPT_TEXT]

    def attempt(self, what: str, make: Callable[[], _Made], otherwise: _Made) -> _Made:
        """What `make` makes or, whatever it raises, `otherwise`, and that is counted."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001
            # The one place that stands between any client's input and its answer.
            self.count(what, f"{type(error).__name__}: {error}")
            return otherwise

    def record_of(self, call: Call) -> tuple[Record, bytes]:
        """The record of a call and its JSON: whole, or without parameters, or the least."""
        what = f"{call.service} {call.operation}"
        for make in (_whole, _without_parameters):
            made = self.attempt(what, partial(make, call), None)
            if made is not None:
                return made
        return _least(call)


def _whole(call: Call) -> tuple[Record, bytes]:
    record = record_of(call)
    return record, _bounded(to_json(record))


def _without_parameters(call: Call) -> tuple[Record, bytes]:
    """Only what names the call's resource is still looked at, for selectors to find it by."""
    names = {
        name: value
        for name, value in call.parameters.items()
        if isinstance(value, str) and len(value) <= MAX_KEPT_TEXT
    }
    bare = replace(call, parameters=names, output=None, headers={}, query={}, body=b"")
    record = record_of(bare) | {"requestParameters": None, "responseElements": None}
    return record, _bounded(to_json(record))


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_RECORD:
        raise ValueError(f"wanted a record of at most {MAX_RECORD} bytes, got {len(content)}")
    return content


def _least(call: Call) -> tuple[Record, bytes]:
    """What every record has, of whatever the call is made of."""
    text = json.dumps(minimal_record_of(call), ensure_ascii=False, default=str)
    content = text.encode("utf-8", "replace")
    record: Record = msgspec.json.decode(content)
    return record, content
