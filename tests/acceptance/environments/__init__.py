"""Programs of others that the tests run, each in an environment of its own under `.cache/`.

`NAME.txt` beside this file pins all that a program needs; it is installed when it is first used.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "environments"


@functools.cache
def programs(name: str) -> Path:
    """The folder of the programs of `NAME.txt`; skips the test where no index gives them."""
    wanted = HERE / f"{name}.txt"
    folder = CACHE / name
    installed = folder / wanted.name
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        venv.create(folder, clear=True)
        pip("--python", folder / "bin" / "python", "install", "--no-compile", "-r", wanted)
        installed.write_bytes(wanted.read_bytes())
    return folder / "bin"


def pip(*arguments: str | Path) -> None:
    """Run pip; skips the test where it fails."""
    quiet = ("--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "10")
    result = subprocess.run(
        [sys.executable, "-m", "pip", *quiet, *arguments],
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    if result.returncode:
        reason = result.stderr.strip().splitlines()[-1:]
        pytest.skip(f"{' '.join(map(str, arguments))} failed: {reason}")
