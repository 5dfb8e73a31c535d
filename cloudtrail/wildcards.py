"""Wildcards of policies and event patterns; no pattern can make the matching slow.

A regular expression backtracks: eight stars take seconds, twelve take minutes. Here all positions
that a text may have reached in the pattern are bits of one integer, and every character moves them
all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

__all__ = ["Wildcard", "is_like", "matches"]


class Wildcard(Enum):
    """What a symbol of a pattern means, if it is not a character."""

    ANY = "any run of characters"
    ONE = "one character"


_OF_POLICIES = {"*": Wildcard.ANY, "?": Wildcard.ONE}


def is_like(pattern: str, text: str) -> bool:
    """Whether `text` matches a policy's pattern: `*` is any run of characters, `?` is one.

    Source: IAM user guide, "IAM JSON policy elements: Resource".
    """
    head, star, tail = pattern.partition("*")
    if "?" not in pattern and "*" not in tail:  # as almost all patterns are
        if not star:
            return text == head
        long_enough = len(text) >= len(head) + len(tail)
        return long_enough and text.startswith(head) and text.endswith(tail)
    return matches([_OF_POLICIES.get(each, each) for each in pattern], text)


def matches(pattern: Sequence[str | Wildcard], text: str) -> bool:
    """Whether the whole `text` matches the pattern, a sequence of characters and wildcards."""
    places = 1  # bit n: the first n characters of the pattern, stars aside, are matched
    staying = length = one = 0
    moving: dict[str, int] = {}
    for symbol in pattern:
        if symbol is Wildcard.ANY:
            staying |= 1 << length
            continue
        length += 1
        if isinstance(symbol, Wildcard):
            one |= 1 << length
        else:
            moving[symbol] = moving.get(symbol, 0) | 1 << length
    for character in text:
        places = places << 1 & (moving.get(character, 0) | one) | places & staying
        if not places:
            return False
    return bool(places >> length & 1)
