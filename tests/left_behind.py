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
from collections.abc import Iterator
from pathlib import Path

import boto3
import time_machine

_BY_PYTEST = "PYTEST_CURRENT_TEST"


def state() -> dict[str, object]:
    """What tests may change of this process, by name. Servers that stay are none of it."""
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
        **{f"the variable {name}": os.environ[name] for name in os.environ if name != _BY_PYTEST},
        **{f"signal {number}": signal.getsignal(number) for number in signal.valid_signals()},
        **dict(_loggers()),
        **{f"the module {name}": id(each) for name, each in list(sys.modules.items())},
    }


def _loggers() -> Iterator[tuple[str, object]]:
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and (logger.handlers or logger.filters):
            yield f"handlers and filters of the logger {name}", (*logger.handlers, *logger.filters)


def left(before: dict[str, object]) -> list[str]:
    """The names of what is not as before. Modules may have been loaded since."""
    now = state()
    new = [name for name in now.keys() - before.keys() if not name.startswith("the module ")]
    return sorted(new + [name for name, each in before.items() if now.get(name) != each])
