"""What others wrote, made fit for a terminal."""

from __future__ import annotations

from typing import Any


def one_line(text: str) -> str:
    """`text` with every character that is not printable spelled out (`\\x1b`, `\\n`, `\\u202e`).

    An item, a user agent or a saved result moves no cursor then, turns no text round, and begins
    no line that looks like one of ours.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _spelled_out(each) for each in text)


def in_one_line_each(value: Any) -> Any:
    """`value`, as JSON has it, with every text in it as `one_line` makes it."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {one_line(key): in_one_line_each(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [in_one_line_each(each) for each in value]
    return value


def _spelled_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
