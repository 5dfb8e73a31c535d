"""Each assembly is synthesized once a session: starting jsii costs seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import LabSettings

Template = dict[str, Any]
Synthesize = Callable[..., dict[str, Template]]


def templates_in(assembly: Path) -> dict[str, Template]:
    """Templates by stack name."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(assembly.glob("**/*.template.json"))
    }


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """The lab's templates for some settings."""
    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app

    @cache
    def templates(**settings: Any) -> dict[str, Template]:
        outdir = tmp_path_factory.mktemp("cdk.out")
        app = reviewed_app(outdir)
        add_lab(app, LabSettings(**settings))
        app.synth()
        return templates_in(outdir)

    return templates


@pytest.fixture(scope="session")
def management(synthesize: Synthesize) -> Template:
    return synthesize()["student-management-events"]


@pytest.fixture(scope="session")
def data(synthesize: Synthesize) -> Template:
    return synthesize()["student-data-events"]


@pytest.fixture(params=["management", "data"])
def template(request: pytest.FixtureRequest) -> Template:
    """Either of the lab's two templates."""
    found: Template = request.getfixturevalue(request.param)
    return found
