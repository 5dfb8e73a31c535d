"""JSON as CloudTrail writes it."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def to_json(value: Any) -> bytes:
    """A record, a digest or a part of one as in a file: compact, keys in their order."""
    return _encoder.encode(value)
