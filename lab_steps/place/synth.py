"""The lab's templates: synthesized by the CDK app, kept until what they are made from changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

from lab_steps.errors import CannotLookError, UsageError
from lab_steps.place.notes import locked
from lab_steps.place.state import state_directory
from stacks.settings import ATHENA_STACK, LabSettings

PROJECT = Path(__file__).resolve().parents[2]
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


def synthesize(settings: LabSettings, *, athena: bool = False) -> tuple[tuple[Template, ...], bool]:
    """The templates for `settings`, management trail first; True when they were kept ones.

    With `athena` the template of stacks/athena.py is the last one.
    Starts Node through jsii only when the app, its requirements or the settings changed.
    """
    names = (settings.management_trail, settings.data_trail, *([ATHENA_STACK] if athena else []))
    kept = state_directory() / "synth" / fingerprint(settings, athena=athena)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with locked(kept.parent / ".lock"):
        if (kept / "manifest.json").exists():
            return _templates(kept, names), True
        work = kept.parent / ".partial"
        for stale in (work, kept):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            _run_app(context(settings, athena=athena), work)
            templates = _templates(work, names)
            work.rename(kept)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return templates, False


def fingerprint(settings: LabSettings, *, athena: bool = False) -> str:
    """A hash of all that the templates are made from."""
    told = json.dumps(context(settings, athena=athena), sort_keys=True)
    digest = hashlib.sha256(told.encode())
    for pattern in MADE_FROM:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def context(settings: LabSettings, *, athena: bool = False) -> dict[str, str]:
    """The CDK context that gives the app `settings`, and asks it for the Athena stack."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    told = {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None
    }
    return told | ({"athena:tables": "true"} if athena else {})


def _run_app(told: Mapping[str, str], outdir: Path) -> None:
    ran = subprocess.run(  # noqa: S603 (our own app, by this interpreter)
        [sys.executable, str(PROJECT / "app.py")],
        cwd=PROJECT,
        env=_environment(told, outdir),
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


def _environment(told: Mapping[str, str], outdir: Path) -> dict[str, str]:
    """The CDK CLI's way to call an app; Node is found beside this interpreter first."""
    app_context = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8")).get("context", {})
    return {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(app_context | dict(told)),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _templates(assembly: Path, names: Sequence[str]) -> tuple[Template, ...]:
    found = {path.name.removesuffix(".template.json"): path for path in _template_files(assembly)}
    missing = set(names) - set(found)
    if missing:
        raise UsageError(
            f"The app made no stack {', '.join(sorted(missing))}; it made {', '.join(found)}."
        )
    return tuple(Template(name, found[name].read_text(encoding="utf-8")) for name in names)


def _template_files(assembly: Path) -> list[Path]:
    return sorted(assembly.glob("*.template.json"))
