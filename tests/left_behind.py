"""What a test file leaves in its process, where the next one would find it."""

from __future__ import annotations

import gc
import locale
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

import boto3
import time_machine

_OF_A_TEST = ("PYTEST_CURRENT_TEST", signal.SIGALRM)
"""What pytest and its timeout set for each test."""


def state() -> dict[str, object]:
    """What tests may change of this process, by name. Servers that stay are none of it."""
    return _settings() | _loaded()


def _settings() -> dict[str, object]:
    variables = {*os.environ}.difference(_OF_A_TEST)
    signals = signal.valid_signals().difference(_OF_A_TEST)
    return {
        "the current folder": Path.cwd(),
        "a moved clock": time_machine.escape_hatch.is_travelling(),
        "the time zone": time.tzname,
        "the locale": locale.setlocale(locale.LC_ALL),
        "when garbage is looked for": (gc.isenabled(), gc.get_threshold()),
        "the import path": tuple(sys.path),
        "the timeout of sockets": socket.getdefaulttimeout(),
        "boto3's default session": boto3.DEFAULT_SESSION,
        "the level of logs": (logging.root.level, logging.root.manager.disable),
        **{f"the variable {each}": os.environ[each] for each in variables},
        **{f"the signal {each}": signal.getsignal(each) for each in signals},
    }


def _loaded() -> dict[str, object]:
    """Which modules there are, and what listens to which logger."""
    loggers = dict(logging.root.manager.loggerDict)
    return {
        **{f"the module {name}": id(each) for name, each in list(sys.modules.items())},
        **{
            f"who listens to the logger {name}": (*each.handlers, *each.filters)
            for name, each in loggers.items()
            if isinstance(each, logging.Logger)
        },
    }


def left(before: dict[str, object]) -> list[str]:
    """The names of what is not as before. What was loaded since is nobody's fault."""
    now = state()
    changed = {name for name, each in before.items() if now.get(name) != each}
    return sorted(changed | (_settings().keys() - before.keys()))
