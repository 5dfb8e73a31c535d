"""trailscraper, a program of others that reads CloudTrail logs, with what it pins.

It wants an older boto3, so that it is installed apart from our own packages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RELEASE = "trailscraper==0.10.0"
PACKAGES = Path(__file__).resolve().parents[1] / ".cache" / RELEASE.replace("==", "-")


class NotInstalledError(RuntimeError):
    """The package index did not give it; the message says why."""


def packages() -> Path:
    """The folder of its packages, for PYTHONPATH; installed first where it is missing.

    Raises NotInstalledError.
    """
    if not (PACKAGES / "trailscraper").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--retries", "1"]
        result = subprocess.run(
            [*pip, "--timeout", "10", "--target", PACKAGES, RELEASE],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if result.returncode:
            reason = result.stderr.strip().splitlines()[-1:]
            raise NotInstalledError(f"{RELEASE} could not be installed: {reason}")
    return PACKAGES
