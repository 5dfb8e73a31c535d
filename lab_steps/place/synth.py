"""Templates of a CDK app: synthesized, and cached until something they are made from changes."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from lab_steps.atomic_files import locked
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.place.state import state_directory

_LIBRARIES = ("aws-cdk-lib", "cdk-nag", "constructs", "jsii")
"""What writes the templates, besides the app itself."""

_NODE_OPTIONS = "--max-semi-space-size=1 --v8-pool-size=0"
"""Node frees what it has parsed sooner: in small steps, and itself rather than in threads."""


@dataclass(frozen=True, slots=True)
class Template:
    """A stack's name and its CloudFormation template, as JSON text."""

    stack: str
    body: str

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The template's resources by logical id."""
        return dict(msgspec.json.decode(self.body)["Resources"])


@dataclass(frozen=True, slots=True)
class CdkApp:
    """A CDK app in Python: `program` in `folder`, which has a cdk.json.

    `made_from` are further files, or folders of Python, that its templates depend on, besides the
    context and the versions of the CDK's libraries.
    """

    folder: Path
    program: str
    made_from: tuple[Path, ...]

    def synthesize(
        self, context: Mapping[str, str], stacks: Sequence[str]
    ) -> tuple[tuple[Template, ...], bool]:
        """The templates of `stacks`, in that order; True if they come from the cache.

        Starts Node through jsii only when the app, its requirements or the context changed.
        Raises CannotLookError if the app fails, UsageError if it makes no such stack.
        """
        kept = state_directory() / "synth" / self.fingerprint(context)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with locked(kept.parent / ".lock"):
            if (kept / "manifest.json").exists():
                return _templates(kept, stacks), True
            work = kept.parent / ".partial"
            for stale in (work, kept):
                shutil.rmtree(stale, ignore_errors=True)
            again = any(kept.parent.glob("*/manifest.json"))
            work.mkdir()
            try:
                self._run(context, work / "assembly", again)
                templates = _templates(work / "assembly", stacks)
                (work / "assembly").rename(kept)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        return templates, False

    def fingerprint(self, context: Mapping[str, str]) -> str:
        """A hash of all that the templates are made from."""
        digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
        for library in _LIBRARIES:
            digest.update(f"{library}=={_version(library)}\0".encode())
        digest.update((self.folder / self.program).read_bytes())
        digest.update((self.folder / "cdk.json").read_bytes())
        for source in self.made_from:
            for path in sorted(source.rglob("*.py")) if source.is_dir() else (source,):
                digest.update(path.relative_to(source).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def _run(self, context: Mapping[str, str], outdir: Path, again: bool) -> None:
        ran = subprocess.run(  # noqa: S603 (the lab's own app, by this interpreter)
            [sys.executable, str(self.folder / self.program)],
            cwd=self.folder,
            env=self._environment(context, outdir, again),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            said = (ran.stderr.strip() or ran.stdout.strip()).splitlines()[-15:]
            raise CannotLookError(
                "The CDK app did not synthesize:\n  " + "\n  ".join(said),
                f"Run it on its own with: cd {shlex.quote(str(self.folder))} && "
                f"{shlex.quote(sys.executable)} {self.program}",
            )

    def _environment(self, context: Mapping[str, str], outdir: Path, again: bool) -> dict[str, str]:
        """The CDK CLI's way to call an app; Node is found beside this interpreter first.

        The CDK's own validation is left to `cdk synth`: loading its rules takes two thirds of a
        synth's time, half of its memory, and changes no template. cdk-nag's rules are judged.
        jsii unpacks the CDK beside `outdir`, for this time, and into its package cache if an app
        that changes is synthesized `again`: it then parses the whole CDK once more for an index.
        """
        described = json.loads((self.folder / "cdk.json").read_text(encoding="utf-8"))
        return {
            "JSII_RUNTIME_PACKAGE_CACHE": "enabled" if again else "disabled",
            # What was unpacked and parsed goes back to the system at once: half of the memory.
            "MALLOC_MMAP_THRESHOLD_": "65536",
            **os.environ,
            "CDK_OUTDIR": str(outdir),
            "CDK_CONTEXT_JSON": json.dumps(described.get("context", {}) | dict(context)),
            "CDK_VALIDATION": "false",
            "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} {_NODE_OPTIONS}",
            "TMPDIR": str(outdir.parent),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError as error:
        raise CannotLookError(
            f"The CDK makes the templates, and {library} is not installed.",
            "Install it with: pip install 'cloudtrail-lab[lab]' (in a clone: make setup)",
        ) from error


def _templates(assembly: Path, names: Sequence[str]) -> tuple[Template, ...]:
    found = {path.name.removesuffix(".template.json"): path for path in _template_files(assembly)}
    missing = set(names) - set(found)
    if missing:
        raise UsageError(
            f"Wanted the stacks {', '.join(sorted(missing))} from the app, got {', '.join(found)}."
        )
    return tuple(Template(name, found[name].read_text(encoding="utf-8")) for name in names)


def _template_files(assembly: Path) -> list[Path]:
    return sorted(assembly.glob("*.template.json"))
