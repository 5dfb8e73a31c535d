from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.settings import LabSettings, SettingsError

WRONG: list[tuple[str, Any, str]] = [
    ("management_trail", "ab", "3 to 128"),
    ("management_trail", "a" * 129, "3 to 128"),
    ("management_trail", "1st-trail", "starting with a letter"),
    ("management_trail", "my--trail", "single hyphens"),
    ("data_trail", "my_trail", "letters, digits"),
    ("data_trail", "student-management-events", "different from management_trail's"),
    ("management_purpose", "Management", "lower-case"),
    ("data_purpose", "", "lower-case"),
    ("data_purpose", "management-events", "different from management_purpose's"),
    ("data_purpose", "d" * 60, "at most"),
    ("suffix", "", "lower-case"),
    ("suffix", "Foo", "lower-case"),
    ("suffix", "a.b", "lower-case"),
    ("suffix", "-a", "lower-case"),
    ("suffix", "thirteenchars", "at most 12 characters"),
    ("suffix", "s3alias", "-s3alias"),
    ("suffix", "jo-an", "-an"),
    ("prefix", "/logs", "without / at either end"),
    ("prefix", "logs/", "without / at either end"),
    ("prefix", "logs//jo", "without / at either end"),
    ("prefix", "logs/../jo", "folders"),
    ("prefix", "logs*", "letters, digits"),
    ("prefix", "${AWS::Region}", "letters, digits"),
    ("prefix", "p" * 201, "at most 200"),
    ("region", "us-east", "us-east-1"),
    ("region", "US-EAST-1", "us-east-1"),
    ("account", "12345", "12 digits"),
    ("account", "", "12 digits"),
    ("account", 123456789012, "a string"),
    ("removal", "keep", "destroy or retain"),
    ("permissions_boundary", "boundary", "the ARN of an IAM managed policy"),
    ("selector_name", " ", "1 to 1000 characters"),
    ("selector_name", "n" * 1001, "1 to 1000 characters"),
    ("insight_types", "ApiCallRate", "ApiCallRateInsight"),
    ("insight_types", "ApiCallRateInsight,ApiCallRateInsight", "each once"),
]


@pytest.mark.parametrize(("key", "value", "wanted"), WRONG)
def test_a_wrong_value_is_named_with_what_was_wanted_and_how_to_set_it(
    key: str, value: object, wanted: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        LabSettings.from_context({key: value})
    text = str(caught.value)
    assert text.startswith(f"{key}: wanted ")
    assert wanted in text
    assert repr(value) in text
    assert f"-c {key}=" in text


def test_an_unknown_setting_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"unknown setting 'sufix': .*suffix.*sufix=jo1"):
        LabSettings.from_context({"sufix": "jo1"})


@pytest.mark.parametrize(
    "key",
    [
        "aws:cdk:enable-path-metadata",
        "@aws-cdk/core:target-partitions",
        "@aws-cdk-containers/ecs-service-extensions:enableDefaultLogDriver",
        "availability-zones:account=123456789012:region=us-east-1",
        "acknowledged-issue-numbers",
        "cli-telemetry",
    ],
)
def test_context_of_cdk_itself_passes(key: str) -> None:
    assert LabSettings.from_context({key: True}) == LabSettings()


def test_context_sets_every_setting() -> None:
    context = {
        "management_trail": "jo-management",
        "data_trail": "jo-data",
        "management_purpose": "management",
        "data_purpose": "data",
        "suffix": "jo1",
        "prefix": "class-7/jo",
        "region": "us-gov-west-1",
        "account": "123456789012",
        "removal": "retain",
        "selector_name": "all tables",
        "insight_types": "ApiErrorRateInsight",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/teams/boundary",
    }
    expected = context | {"insight_types": ("ApiErrorRateInsight",)}
    assert LabSettings.from_context(context) == LabSettings(**expected)  # type: ignore[arg-type]


def test_insights_can_be_left_out() -> None:
    assert LabSettings.from_context({"insight_types": ""}).insight_types == ()


def test_the_longest_suffix_fills_the_bucket_name_up_to_what_s3_takes() -> None:
    settings = LabSettings(suffix="twelve-chars")
    name = settings.bucket_name(settings.management_purpose, "123456789012")
    assert name == "aws-cloudtrail-logs-management-events-123456789012-twelve-chars"
    assert len(name) == 63


@given(
    purpose=st.text("abcxyz019-.A_", max_size=40),
    suffix=st.text("abcxyz019-.A_", max_size=20) | st.sampled_from(["s3alias", "an", "x-an"]),
)
def test_settings_that_exist_make_names_that_s3_takes(purpose: str, suffix: str) -> None:
    try:
        settings = LabSettings(management_purpose=purpose, suffix=suffix)
    except SettingsError:
        return
    name = settings.bucket_name(settings.management_purpose, "123456789012")
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert "--" not in name
    assert not name.endswith(("-s3alias", "-an"))


def test_a_purpose_too_long_for_any_suffix_is_the_one_named() -> None:
    with pytest.raises(SettingsError, match=r"^management_purpose: wanted at most 26 characters"):
        LabSettings(management_purpose="m" * 30)


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [("", "AWSLogs/123456789012/"), ("jo/logs", "jo/logs/AWSLogs/123456789012/")],
)
def test_the_log_folder_is_under_the_prefix(prefix: str, folder: str) -> None:
    assert LabSettings(prefix=prefix).log_folder("123456789012") == folder


def test_settings_need_no_cdk() -> None:
    loaded = "import sys, stacks.settings; print('aws_cdk' in sys.modules, 'jsii' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
