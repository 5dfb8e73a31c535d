"""Templates: made by the app, kept until something changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.errors import CannotLookError
from lab_steps.place.synth import Template, context, fingerprint, synthesize
from stacks.settings import LabSettings


def test_the_templates_are_those_of_both_stacks(templates: tuple[Template, ...]) -> None:
    assert [each.stack for each in templates] == [
        "student-management-events",
        "student-data-events",
    ]
    for each in templates:
        types = {resource["Type"] for resource in each.resources.values()}
        assert {"AWS::CloudTrail::Trail", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"} <= types


def test_unchanged_templates_are_kept(templates: tuple[Template, ...]) -> None:
    assert synthesize(LabSettings()) == (templates, True)


def test_a_setting_makes_other_templates() -> None:
    assert fingerprint(LabSettings(suffix="a")) != fingerprint(LabSettings(suffix="b"))


def test_settings_come_back_from_their_context() -> None:
    settings = LabSettings(suffix="a", prefix="b/c", account="111122223333")
    assert LabSettings.from_context(context(settings)) == settings


def test_an_app_that_fails_is_shown_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("JSII_RUNTIME", "/there/is/none")
    with pytest.raises(CannotLookError, match="The CDK app did not synthesize"):
        synthesize(LabSettings(suffix="failing"))
    assert not list(tmp_path.glob("synth/*/manifest.json"))
