"""The wheel: what it brings and needs, its commands, and a user's first minute with it."""

from __future__ import annotations

import resource
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from lab_steps.walkthrough.deployment import APP
from tests.acceptance.environments import pip
from tests.acceptance.installed import CHECKOUT, build, install, install_beside, run
from tests.lab_steps.step_numbers import ALL_PASSED
from tests.local_aws.test_documentation import commands_in

FIRST_CALL = """
local-aws run -- python -c '
import boto3, os, urllib.request
boto3.client("s3").create_bucket(Bucket="logs")
asked = os.environ["AWS_ENDPOINT_URL"] + "/_local-aws/records?event_name=CreateBucket"
print(urllib.request.urlopen(asked).read().decode())
'
"""
TEST = """
def test_record(local_aws_environment, assert_calls):
    import boto3
    boto3.client("s3").create_bucket(Bucket="logs")
    assert local_aws_environment.records(user="root").one()["eventName"] == "CreateBucket"
"""
STACK = """
import boto3, json
made = {"Bucket": {"Type": "AWS::S3::Bucket"}, "Api": {"Type": "AWS::ApiGateway::RestApi",
        "Properties": {"Name": "api"}}}
stacks = boto3.client("cloudformation")
stacks.create_stack(StackName="stack", TemplateBody=json.dumps({"Resources": made}))
stacks.get_waiter("stack_create_complete").wait(StackName="stack", WaiterConfig={"Delay": 1})
"""
EVERY_SERVICE = """
import importlib, moto.backends, pkgutil
for service in moto.backends.list_of_moto_modules():
    package = importlib.import_module(f"moto.{service}")
    for part in {"models", "responses"} & {each.name for each in pkgutil.iter_modules(package.__path__)}:
        importlib.import_module(f"moto.{service}.{part}")
"""  # noqa: E501
NOT_NEEDED = ("aws_cdk", "awscli", "cfnlint", "docker", "duckdb", "jsii", "obstore", "sympy")
"""What only the lab, Athena or a review of templates needs."""
MEGABYTES = 2**20


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def beside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_beside(wheel, tmp_path_factory.mktemp("beside"))


@pytest.fixture(scope="session")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("alone") / "empty", "", "pytest")


def test_it_has_the_console(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        assert "local_aws/console/built/index.html" in packed.namelist()


class TestBesideThesePackages:
    def test_a_call_and_its_record_take_less_than_ten_lines_and_five_seconds(
        self, beside: Path, tmp_path: Path
    ) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = run(beside, tmp_path, "bash", "-c", FIRST_CALL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert '"eventName": "CreateBucket"' in said
        assert len(FIRST_CALL.strip().splitlines()) < 10
        # Of the processors, so that it holds on a busy machine.
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5

    def test_the_first_screen_of_the_readme_ends_in_records_that_are_validated(
        self, beside: Path, tmp_path: Path
    ) -> None:
        install_it, *five = commands_in(CHECKOUT / "README.md", "CloudTrail records in five lines")
        assert install_it.startswith("pip install ")
        assert len(five) == 5
        five[0] = five[0].replace("--background", "--background --port 0")
        script = "\n".join(["set -e", "trap 'local-aws stop >&2' EXIT", *five])
        tools = sysconfig.get_path("scripts")
        said = run(beside, tmp_path, "bash", "-c", f"PATH=$PATH:{tools}\n{script}")
        assert '"eventName": "CreateTrail"' in said
        assert "1/1 digest files valid" in said

    def test_the_lab_has_its_command_and_its_app_outside_a_clone(
        self, beside: Path, tmp_path: Path
    ) -> None:
        assert run(beside, tmp_path, "cloudtrail-lab", "--version").startswith("cloudtrail-lab 0.")
        assert run(beside, tmp_path, "local-aws", "--version").startswith("local-aws 0.")
        said = run(beside, tmp_path, "cloudtrail-lab", "hint", "2", "--all")
        assert said.endswith("The whole step: cloudtrail-lab explain 2\n")
        where = "from lab_steps.walkthrough.deployment import APP; print(APP.fingerprint({}), APP)"
        fingerprint, _, app = run(beside, tmp_path, "python", "-c", where).partition(" ")
        assert str(beside.parent) in app
        assert fingerprint == APP.fingerprint({})


def test_the_image_is_built_from_all_that_is_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    for name in (line[1:] for line in ignored if line.startswith("!")):
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, source / name)
        else:
            shutil.copy(CHECKOUT / name, source)
    assert contents(build(tmp_path, source)) == contents(wheel)


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.heavy
@pytest.mark.timeout(1800)
class TestAlone:
    def test_a_call_and_its_record(self, alone: Path, tmp_path: Path) -> None:
        assert '"eventName": "CreateBucket"' in run(alone, tmp_path, "bash", "-c", FIRST_CALL)

    def test_pytest_finds_the_fixtures(self, alone: Path, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(TEST)
        assert "1 passed" in run(alone, tmp_path, "pytest", "-q", "-p", "no:cacheprovider")

    def test_stacks_are_made(self, alone: Path, tmp_path: Path) -> None:
        run(alone, tmp_path, "local-aws", "run", "--", "python", "-c", STACK)

    def test_every_service_of_moto_has_what_it_needs(self, alone: Path, tmp_path: Path) -> None:
        run(alone, tmp_path, "python", "-c", EVERY_SERVICE)

    def test_what_is_not_needed_is_not_installed(self, alone: Path) -> None:
        (packages,) = alone.parent.glob("lib/python*/site-packages")
        assert [name for name in NOT_NEEDED if (packages / name).exists()] == []
        assert size(packages) < 110 * MEGABYTES

    def test_the_labs_command_asks_for_its_extra(self, alone: Path, tmp_path: Path) -> None:
        said = run(alone, tmp_path, "bash", "-c", "cloudtrail-lab explain 15 2>&1 || echo $?")
        assert "pip install 'cloudtrail-lab[lab]'" in said
        assert said.endswith("\n3\n")

    def test_the_action_installs_what_its_steps_call(self, tmp_path: Path) -> None:
        from tests.acceptance.test_action import Runner

        runner = Runner(tmp_path)
        runner.step("Install the local AWS")
        runner.step("Start the local AWS")
        runner.step("Save the records")


def size(folder: Path) -> int:
    """Without compiled bytecode, which depends on who installs."""
    files = (each for each in folder.rglob("*") if each.suffix != ".pyc")
    return sum(each.stat().st_size for each in files if each.is_file())


@pytest.mark.heavy
@pytest.mark.timeout(1800)
class TestWithTheLab:
    def test_the_lab_runs_from_an_empty_folder(self, wheel: Path, tmp_path: Path) -> None:
        programs = install(wheel, tmp_path / "lab", "[lab]")
        (tmp_path / "empty").mkdir()
        said = run(programs, tmp_path / "empty", "cloudtrail-lab", "run", "--format", "text")
        assert ALL_PASSED in said

    @pytest.mark.parametrize(
        "command",
        [
            ["uvx", "--from", "{wheel}", "local-aws", "run", "--", "true"],
            ["pipx", "run", "--spec", "{wheel}", "local-aws", "run", "--", "true"],
        ],
        ids=["uvx", "pipx"],
    )
    def test_it_starts_without_an_installation(
        self, wheel: Path, tmp_path: Path, command: list[str]
    ) -> None:
        tools = tmp_path / "tools"
        pip("--python", sys.executable, "install", "--target", tools, "uv", "pipx")
        words = [each.format(wheel=wheel) for each in command]
        run(tools / "bin", tmp_path, *words, PYTHONPATH=str(tools))
        shutil.rmtree(tools)
