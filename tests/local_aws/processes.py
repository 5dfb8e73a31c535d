"""Whether processes that a test started are still there."""

from __future__ import annotations

import os
import time
from pathlib import Path


def gone(pid: int, within: float = 60.0) -> bool:
    """Whether a process ends in time; one that only waits to be looked after has ended."""
    deadline = time.monotonic() + within
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return Path("/proc/self").exists() is False
