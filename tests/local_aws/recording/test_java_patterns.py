"""`AllowedPattern`, whose regular expressions are Java's."""

from __future__ import annotations

import pytest

from local_aws.recording.java_patterns import matches


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abcD", False),
        (r"\p{Alnum}+", "a1", True),
        (r"\p{Alnum}+", "é", False),
        (r"\P{Punct}+", "a+b", False),
        (r"[\p{Punct}a]+", "+a", True),
        (r"\p{L}+", "é", True),
        (r"\w+", "é", False),
        ("[a-z&&[^bc]]+", "ade", True),
        ("[a-z&&[^bc]]+", "abc", False),
        ("[a-z[0-9]]+", "a1", True),
        (r"[\w.--]+", "a.-", True),
        (r"(?<x>a)\k<x>", "aa", True),
        (r"\Qa.b\E.", "a.bc", True),
        (r"\Qa.b\E.", "axbc", False),
        (r"a++b\z", "aab", True),
        (r"^$|^[\w.+-]+@[\w-]+\.[a-zA-Z]{2,}$", "", True),
        ("(?i)abc", "ABC", True),
        (r"[^\s]*", "a b", False),
    ],
)
def test_a_pattern_is_javas_and_matches_the_whole_value(
    pattern: str, value: str, found: bool
) -> None:
    assert matches(pattern, value) is found
