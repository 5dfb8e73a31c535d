"""Chromium for tests, from npm (`browser.mjs`): the same everywhere, and skipped nowhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

NODE = Path(sys.executable).with_name("node")


def in_browser(script: Path, *arguments: str) -> Any:
    """What a script that starts a browser prints, as JSON; unpacking it takes seconds, once."""
    done = subprocess.run([NODE, script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
