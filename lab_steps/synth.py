"""The lab's templates: synthesized by the CDK app, kept until what they are made from changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

from lab_steps.errors import CannotLookError, UsageError
from lab_steps.state import state_directory
from stacks.settings import LabSettings

PROJECT = Path(__file__).resolve().parent.parent
MADE_FROM = ("app.py", "cdk.json", "constraints.txt", "requirements.txt", "stacks/**/*.py")


@dataclass(frozen=True, slots=True)
class Template:
    """A stack's name and its CloudFormation template, as JSON text."""

    stack: str
    body: str

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The template's resources by logical id."""
        return dict(msgspec.json.decode(self.body)["Resources"])


def synthesize(settings: LabSettings) -> tuple[tuple[Template, ...], bool]:
    """The templates for `settings`, management trail first; True when they were kept ones.

    Starts Node through jsii only when the app, its requirements or the settings changed.
    """
    kept = state_directory() / "synth" / fingerprint(settings)
    if (kept / "manifest.json").exists():
        return _templates(kept, settings), True
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        _run_app(settings, Path(work) / "out")
        templates = _templates(Path(work) / "out", settings)
        shutil.rmtree(kept, ignore_errors=True)
        (Path(work) / "out").rename(kept)
    return templates, False


def fingerprint(settings: LabSettings) -> str:
    """A hash of all that the templates are made from."""
    digest = hashlib.sha256(json.dumps(context(settings), sort_keys=True).encode())
    for pattern in MADE_FROM:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def context(settings: LabSettings) -> dict[str, str]:
    """The CDK context that gives the app `settings`."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None
    }


def _run_app(settings: LabSettings, outdir: Path) -> None:
    ran = subprocess.run(  # noqa: S603 (our own app, by this interpreter)
        [sys.executable, str(PROJECT / "app.py")],
        cwd=PROJECT,
        env=_environment(settings, outdir),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = (ran.stderr.strip() or ran.stdout.strip()).splitlines()[-15:]
        raise CannotLookError(
            "The CDK app did not synthesize:\n  " + "\n  ".join(said),
            "Try it alone with: cdk synth (make setup brings Node and the CDK CLI).",
        )


def _environment(settings: LabSettings, outdir: Path) -> dict[str, str]:
    """The CDK CLI's way to call an app; Node is found beside this interpreter first."""
    app_context = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8")).get("context", {})
    return {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(app_context | context(settings)),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _templates(assembly: Path, settings: LabSettings) -> tuple[Template, ...]:
    names = (settings.management_trail, settings.data_trail)
    found = {path.name.removesuffix(".template.json"): path for path in _template_files(assembly)}
    missing = set(names) - set(found)
    if missing:
        raise UsageError(
            f"The app made no stack {', '.join(sorted(missing))}; it made {', '.join(found)}."
        )
    return tuple(Template(name, found[name].read_text(encoding="utf-8")) for name in names)


def _template_files(assembly: Path) -> list[Path]:
    return sorted(assembly.glob("*.template.json"))
