"""The wheel, installed: beside this environment's packages, or with all that it needs itself."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from cloudtrail.version import VERSION
from tests.acceptance.environments import pip

CHECKOUT = Path(__file__).parents[2]
_OWN = ("AWS_", "LAB_", "PYTHON", "VIRTUAL_ENV")
"""How the variables begin by which a test environment could help what is installed."""


def build(folder: Path, source: Path = CHECKOUT) -> Path:
    """The wheel of this checkout, or of what of it is in `source`, made in `folder`."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, folder], cwd=source, capture_output=True, check=True, timeout=300)
    (wheel,) = folder.glob(f"cloudtrail_lab-{VERSION}-*.whl")
    return wheel


def install(wheel: Path, folder: Path, extra: str = "", *others: str) -> Path:
    """The folder of the programs of an environment with the wheel, an extra, and `others` alone."""
    venv.create(folder, with_pip=False)
    pip("--python", folder / "bin" / "python", "install", f"{wheel}{extra}", *others)
    return folder / "bin"


def install_beside(wheel: Path, folder: Path) -> Path:
    """The same in a second, with the packages of this environment in place of installed ones."""
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    offline = ("--no-deps", "--no-index", "--no-compile")
    pip("--python", folder / "bin" / "python", "install", *offline, wheel)
    return folder / "bin"


def run(programs: Path, folder: Path, *command: str, **variables: str) -> str:
    """The output of a command in `folder` that knows nothing of this checkout."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith(_OWN)}
    environment = {
        **kept,
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        **variables,
    }
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
