"""The walkthrough's templates: made by its app, kept until something changes; and its names."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_steps.errors import CannotLookError, UsageError
from lab_steps.place.synth import CdkApp, Template
from lab_steps.walkthrough.deployment import APP, context, deployed
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
    assert deployed("us-east-1", None, {}).templates() == (templates, True)


def test_the_cdk_is_unpacked_for_later_if_the_app_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("JSII_RUNTIME_PACKAGE_CACHE", raising=False)
    (tmp_path / "cdk.json").write_text("{}")
    (tmp_path / "app.py").write_text(TELLS_THE_CACHE)
    app = CdkApp(tmp_path, "app.py", ())
    told = [app.synthesize({"n": each}, ["told"])[0][0].body for each in "12"]
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE", "as asked")
    told.append(app.synthesize({"n": "3"}, ["told"])[0][0].body)
    assert told == ["disabled", "enabled", "as asked"]
    assert not list(tmp_path.rglob("unpacked"))


TELLS_THE_CACHE = """
import os, pathlib, tempfile
pathlib.Path(tempfile.gettempdir(), "unpacked").touch()
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir()
(out / "manifest.json").touch()
(out / "told.template.json").write_text(os.environ["JSII_RUNTIME_PACKAGE_CACHE"])
"""


def test_a_setting_makes_other_templates() -> None:
    one, two = (context(LabSettings(suffix=each)) for each in "ab")
    assert APP.fingerprint(one) != APP.fingerprint(two)


def test_settings_come_back_from_their_context() -> None:
    settings = LabSettings(suffix="a", prefix="b/c", account="111122223333")
    assert LabSettings.from_context(context(settings)) == settings


def test_an_app_that_fails_is_shown_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("JSII_RUNTIME", "/there/is/none")
    with pytest.raises(CannotLookError, match="The CDK app did not synthesize"):
        deployed("us-east-1", None, {"suffix": "failing"}).templates()
    assert not list(tmp_path.glob("synth/*/manifest.json"))


def test_the_names_are_those_that_the_templates_give(templates: tuple[Template, ...]) -> None:
    names = deployed("us-east-1", "111122223333", {"suffix": "mine"}).names
    management, data, *_ = names.stacks
    assert [management.name, data.name] == [each.stack for each in templates]
    assert management.buckets == ("aws-cloudtrail-logs-management-events-111122223333-mine",)
    assert names.like_buckets[0] == "aws-cloudtrail-logs-management-events-111122223333-"


def test_buckets_are_kept_where_that_was_asked_for() -> None:
    kept = deployed("us-east-1", "111122223333", {"removal": "retain"})
    assert kept.names.keeps_buckets
    assert kept.parameters["removal"] == "retain"
    assert not deployed("us-east-1", "111122223333", {}).names.keeps_buckets


@pytest.mark.parametrize("given", [{"removal": "keep"}, {"permissions-boundary": "mine"}])
def test_an_option_that_cannot_be_is_a_usage_error(given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="wanted"):
        deployed("us-east-1", None, given)


def test_a_parameter_that_aws_does_not_take_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="suffix: wanted lower-case"):
        deployed("us-east-1", None, {"suffix": "Not_Allowed"})
