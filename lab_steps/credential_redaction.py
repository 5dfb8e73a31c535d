"""Secrets removed from everything that is printed and kept: one rule for reports, bundles and
messages.

STS's records have session tokens, which work until they expire. So do presigned URLs. No secret of
the credentials in use may appear either, whatever text returns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import boto3

REDACTED = "REDACTED"
_NAMES = r"sessionToken|secretAccessKey|X-Amz-Security-Token"
_NAMED = re.compile(
    rf'((?:{_NAMES})(?:\\*"\s*:\s*\\*"|=))(?!{REDACTED})(?:[^"\\&\s]|\\/)+', re.IGNORECASE
)
"""A secret in JSON, in JSON that is a string of other JSON, or in a URL."""

_NAMED_BYTES = re.compile(_NAMED.pattern.encode(), re.IGNORECASE)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_FOLDED_NAMES = tuple(name.encode() for name in _NAMES.lower().split("|"))
_SHORTEST = 20
"""Real secrets have 40 characters and more; those of a local AWS, such as `test`, are words."""

_live: set[str] = set()


def keep_secret(session: boto3.Session) -> None:
    """Hide the secrets of the session's credentials from now on.

    Credentials that cannot be loaded have none: the first call says what is wrong with them.
    """
    for secret in _secrets(session):
        _live.update(_spellings(secret))


def forget_secret(session: boto3.Session) -> None:
    """Stop looking for the secrets of a session whose output is written: a class has thousands."""
    for secret in _secrets(session):
        _live.difference_update(_spellings(secret))


def _secrets(session: boto3.Session) -> Iterator[str]:
    """The secrets of its credentials that are too long to be words of a text."""
    from botocore.exceptions import BotoCoreError, ClientError

    with suppress(BotoCoreError, ClientError):
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
        for secret in (frozen.secret_key, frozen.token) if frozen else ():
            if len((secret or "").strip()) >= _SHORTEST:
                yield (secret or "").strip()


def _spellings(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), secret.replace("/", r"\/")}


def redacted(text: str) -> str:
    """`text` without session tokens and secret keys."""
    for secret in _live:
        text = text.replace(secret, REDACTED)
    folded = text.lower()
    if "token" not in folded and "accesskey" not in folded:  # a tenth of the time
        return text
    return _NAMED.sub(rf"\g<1>{REDACTED}", text)


def redacted_in(value: Any) -> Any:
    """`value`, as JSON has it, without session tokens and secret keys in any part."""
    return _redacted_in(value) if _may_have_secrets(value) else value


def _may_have_secrets(value: Any) -> bool:
    """Whether its JSON has any: this takes a fraction of the time of a look at each part."""
    import msgspec

    try:
        whole = msgspec.json.encode(value)
    except UnicodeEncodeError:  # a name typed in another encoding
        return True
    folded = whole.lower()
    return any(name in folded for name in _FOLDED_NAMES) or any(
        msgspec.json.encode(secret)[1:-1] in whole for secret in _live
    )


def _redacted_in(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {
            redacted(key): REDACTED if _names_secret(key, each) else _redacted_in(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted_in(each) for each in value]
    return value


def redacted_log_file(data: bytes) -> bytes:
    """A log file unchanged, or with its records' secrets removed. What cannot be unpacked is kept
    unchanged: no one can read it.
    """
    import gzip

    from cloudtrail.log_files import DamagedLogFile, inflate

    try:
        content = inflate(data) if data.startswith(b"\x1f\x8b") else data
    except DamagedLogFile:
        return data
    rest = content
    for secret in _live:
        rest = rest.replace(secret.encode(), REDACTED.encode())
    rest = _NAMED_BYTES.sub(rb"\g<1>" + REDACTED.encode(), rest)
    if rest == content:
        return data
    return gzip.compress(rest, mtime=0) if data.startswith(b"\x1f\x8b") else rest


def _names_secret(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and _NAME.fullmatch(key) is not None
