"""The log of a server stays small and legible, whatever it is sent."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator

import pytest

from local_aws.serving.log_bounds import LONGEST_MESSAGE, LONGEST_TRACEBACK, Bounded, Printed


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler that is bounded writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(Bounded())
    logger = logging.getLogger("local_aws")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def warn(number: object) -> None:
    logging.getLogger("local_aws").warning("request %s", number)


def fail(kind: type[Exception], message: str) -> None:
    try:
        raise kind(message)
    except kind:
        logging.getLogger("local_aws").exception("it failed")


def test_a_place_is_told_ten_times_and_then_counted(written: io.StringIO) -> None:
    for number in range(5000):
        warn(number)
    lines = written.getvalue().splitlines()
    assert lines[:9] == [f"WARNING request {number}" for number in range(9)]
    assert lines[9:] == [
        "WARNING request 9 (the 10th such message; next at 100)",
        "WARNING request 99 (the 100th such message; next at 1000)",
        "WARNING request 999 (the 1000th such message; next at 10000)",
    ]


def test_another_place_is_told_of_its_own(written: io.StringIO) -> None:
    for number in range(50):
        warn(number)
    logging.getLogger("local_aws.other").warning("another place")
    assert written.getvalue().endswith("WARNING another place\n")


def test_a_traceback_is_shown_once_for_each_kind_of_fault(written: io.StringIO) -> None:
    for _ in range(5):
        fail(ValueError, "bad")
        fail(KeyError, "worse")
    text = written.getvalue()
    assert text.count("Traceback") == 2
    assert "ERROR it failed (ValueError('bad'); its traceback is further above)" in text


def test_long_messages_are_cut(written: io.StringIO) -> None:
    warn("x" * 10_000_000)
    fail(ValueError, "y" * 10_000_000)
    assert len(written.getvalue()) < LONGEST_MESSAGE + LONGEST_TRACEBACK + 200


def test_nothing_that_was_sent_steers_a_terminal(written: io.StringIO) -> None:
    warn("\x1b[2J\x9b1m\r\u202eevil\x07")
    fail(ValueError, "\x1b]0;title\x07")
    assert not set(written.getvalue()) & set("\x1b\x9b\r\u202e\x07")
    assert r"\x1b[2J\x9b1m\r\u202eevil\x07" in written.getvalue()


def test_what_libraries_print_is_logged_and_counted_by_its_place(written: io.StringIO) -> None:
    with contextlib.redirect_stdout(Printed()):
        for number in range(50):
            print(f"unknown host {number}")
        print("another place")
    lines = written.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[0] == "WARNING unknown host 0"
    assert lines[-1] == "WARNING another place"
