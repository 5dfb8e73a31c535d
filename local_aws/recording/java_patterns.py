"""Regular expressions in Java's syntax: the patterns of APIs, and `AllowedPattern` of templates."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import regex  # type: ignore[import-untyped]

_CLASSES = {
    "ASCII": r"\x00-\x7F",
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "Digit": "0-9",
    "Graph": r"\x21-\x7E",
    "Lower": "a-z",
    "Print": r"\x20-\x7E",
    "Punct": r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
    "Space": r" \t\n\x0B\f\r",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
}
"""The characters of Java's POSIX classes: only US-ASCII (java.util.regex.Pattern)."""

_PREDEFINED = {"d": "0-9", "s": _CLASSES["Space"], "w": "a-zA-Z_0-9"}

_TOKEN = regex.compile(
    r"\\Q(?<quoted>.*?)(?:\\E|$)"
    r"|\\(?<sign>[pP])\{(?<name>\w+)\}"
    r"|\\(?<predefined>[dswDSW])"
    r"|\\k<(?<group>\w+)>"
    r"|\\(?<end>[zZ])"
    r"|\\."
    r"|(?<doubled>--|\|\||~~)"
    r"|.",
    regex.DOTALL,
)


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value matches. Raises regex.error for an invalid pattern."""
    return _compiled(pattern).fullmatch(value) is not None


@functools.cache
def _compiled(pattern: str) -> Any:
    # V1: character classes nest and intersect (`&&`), as in Java.
    return regex.compile("".join(_translated(pattern)), regex.V1)


def _translated(pattern: str) -> Iterator[str]:
    depth = 0
    for token in _TOKEN.finditer(pattern):
        found = token.group()
        depth += (found == "[") - (found == "]" and depth > 0)
        yield _one(token, in_class=depth > 0)


def _one(token: Any, *, in_class: bool) -> str:
    parts = token.groupdict()
    if parts["quoted"] is not None:
        return str(regex.escape(parts["quoted"], special_only=False))
    if parts["name"] in _CLASSES:
        return f"[{'^' if parts['sign'] == 'P' else ''}{_CLASSES[parts['name']]}]"
    if parts["predefined"]:
        sign = parts["predefined"]
        return f"[{'^' if sign.isupper() else ''}{_PREDEFINED[sign.lower()]}]"
    if parts["group"]:
        return f"(?P={parts['group']})"
    if parts["end"]:
        return r"\Z" if parts["end"] == "z" else r"(?=\n?\Z)"
    if parts["doubled"] and in_class:  # set operations of V1, which Java does not have
        return "".join(f"\\{character}" for character in parts["doubled"])
    return str(token.group())
