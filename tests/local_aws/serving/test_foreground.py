"""Commands that go on until a signal."""

from __future__ import annotations

import argparse
import signal
from typing import Any

import pytest

from local_aws.serving.foreground import port, signals_heard


@pytest.mark.parametrize(
    ("inherited", "heard"),
    [
        (signal.default_int_handler, [signal.SIGINT, signal.SIGTERM]),
        (signal.SIG_IGN, [signal.SIGTERM]),  # as with `&` in a script
    ],
)
def test_ctrl_c_is_heard_unless_a_scripts_background_has_it_ignored(
    inherited: Any, heard: list[int]
) -> None:
    before, said = signal.signal(signal.SIGINT, inherited), list[int]()
    try:
        with signals_heard(by=lambda number, _: said.append(number)):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        assert said == heard
        assert signal.getsignal(signal.SIGINT) is inherited
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_port_is_one() -> None:
    assert port("65535") == 65535
    for wrong in ("-1", "65536", "x", "\N{ARABIC-INDIC DIGIT THREE}"):
        with pytest.raises(argparse.ArgumentTypeError, match="wanted a port from 0 to 65535"):
            port(wrong)
