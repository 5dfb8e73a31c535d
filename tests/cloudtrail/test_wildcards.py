"""Wildcards: IAM's meaning, and no pattern that takes long."""

from __future__ import annotations

import re
import time
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudtrail.wildcards import Wildcard, is_like, matches


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("*", "any\nthing", True),
        ("?", "", False),
        ("?", "\n", True),
        ("s3:Put*", "s3:PutObject", True),
        ("s3:Put*", "s3:GetObject", False),
        ("*:trail/?", "arn:trail/a", True),
        ("*:trail/?", "arn:trail/ab", False),
        ("a**b", "ab", True),
        ("a.b", "axb", False),
        ("*aab", "aaaab", True),
        ("a*", "ba", False),
    ],
)
def test_stars_are_any_run_and_question_marks_one_character(
    pattern: str, text: str, expected: bool
) -> None:
    assert is_like(pattern, text) is expected


@settings(max_examples=settings().max_examples * 3)
@given(st.text("ab*?.", max_size=8), st.text("ab.", max_size=8))
def test_the_answer_is_the_regular_expressions(pattern: str, text: str) -> None:
    wanted = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert is_like(pattern, text) is bool(re.fullmatch(wanted, text, re.DOTALL))


def test_a_character_may_stand_where_policies_have_a_wildcard() -> None:
    assert matches(["*", Wildcard.ANY], "*a")
    assert not matches(["*", Wildcard.ANY], "ba")


@pytest.mark.parametrize(
    "pattern", ["*a" * 30 + "b", "*?a" * 30 + "b", "?" * 5_000 + "*b", "?a" * 5_000 + "*b"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    started = time.process_time()
    assert not is_like(pattern, "a" * 10_000)
    assert time.process_time() - started < 1


def test_a_long_match_is_found() -> None:
    pattern = reduce(lambda text, part: f"{text}*{part}", "abc" * 10)
    assert is_like(pattern, "abc" * 3_000)
