"""Runs functions in forks of itself.

It has boto3 loaded, which is most of a Python function's start.

This process is started like `bootstrap.py`, so a fork only differs from that in the modules that
are loaded. A function that would notice (it has a module with such a name, or a variable that an
interpreter reads when it starts) gets a new process, like functions in other languages.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import bootstrap  # type: ignore[import-not-found]  # beside this file
import boto3
import supervisor  # type: ignore[import-not-found]

_ROOT = str(Path(__file__).parents[3])
_OWN = ("bootstrap", "supervisor", "local_aws", "local_aws.forks")
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "BOTO", "OPENSSL_", "SSL_", "MALLOC_", "GLIBC_")


def main() -> None:
    """Load boto3, and fork for each function until the server is gone."""
    sys.path.insert(0, _ROOT)
    from local_aws.forks import serve

    sys.path.remove(_ROOT)
    for name in _OWN:
        del sys.modules[name]
    assert boto3
    started_with = dict(os.environ)
    gc.freeze()
    for place, file in enumerate(serve()):
        os.dup2(file, place)
    _close_others()
    order = json.loads(_first_line())
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    supervisor.run(
        order["memory"], order["storage"], lambda: _begin(order["command"], started_with)
    )


def _close_others() -> None:
    os.closerange(3, 256)


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        read = os.read(0, 1 << 16)
        if not read:
            sys.exit("the server is gone")
        line += read
    return line


def _begin(command: list[str], started_with: Mapping[str, str]) -> int:
    """Start the function's process, and return its id."""
    if command[:2] != [sys.executable, bootstrap.__file__] or _would_notice(started_with):
        process: int = supervisor.spawn(command)
        return process
    return os.fork() or _end_with(command)


def _would_notice(started_with: Mapping[str, str]) -> bool:
    reads = {name for name in os.environ if name.startswith(_READ_AT_START)}
    own = {each.name.partition(".")[0] for each in os.scandir()}
    loaded = {name.partition(".")[0] for name in sys.modules}
    return not own.isdisjoint(loaded) or any(
        os.environ[name] != started_with.get(name) for name in reads
    )


def _end_with(command: list[str]) -> int:
    """Run a Python function, and end like an interpreter, but without clearing the memory."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    _close_others()
    sys.argv = command[1:]
    status = _status_of(bootstrap.main)
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)


def _status_of(run: Callable[[], None]) -> int:
    """The exit status that an interpreter would end with."""
    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, int | None):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - so does an interpreter
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
