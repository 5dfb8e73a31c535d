"""A lab that the runner has never seen, by its own command line: no file of the runner names it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from lab_steps.__main__ import main
from lab_steps.lab import Lab
from lab_steps.results.result import schema
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.second_lab.deployment import TRAIL, bucket_name
from tests.lab_steps.second_lab.lab import SECOND_LAB
from tests.lab_steps.second_lab.trail import OBJECTS
from tests.local_aws.delivered import ACCOUNT, client

Cli = Callable[..., tuple[int, str, str]]
OBJECTS_BUCKET, LOGS_BUCKET = (bucket_name(each, ACCOUNT) for each in ("objects", "logs"))


@pytest.fixture
def cli(aws: LocalAws, state_directory: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("check")`: exit code, stdout and stderr of a verb on the second lab, or on `lab`."""

    def run(*arguments: str, here: bool = True, lab: Lab = SECOND_LAB) -> tuple[int, str, str]:
        where = ["--endpoint-url", aws.endpoint_url] if here else []
        capsys.readouterr()
        code = main([*arguments, *where], lab=lab)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def standing(aws: LocalAws) -> dict[str, list[str]]:
    """All of the account that the lab could have made."""
    stacks = client(aws, "cloudformation").describe_stacks()["Stacks"]
    return {
        "stacks": [each["StackName"] for each in stacks],
        "trails": [each["Name"] for each in client(aws, "cloudtrail").list_trails()["Trails"]],
        "buckets": [each["Name"] for each in client(aws, "s3").list_buckets()["Buckets"]],
    }


def outcomes(cli: Cli) -> dict[int, str]:
    _, out, _ = cli("check", "--timeout", "0", "--format", "json")
    return {each["number"]: each["outcome"] for each in json.loads(out)["steps"]}


def test_it_runs_is_checked_and_leaves_nothing(cli: Cli, aws: LocalAws) -> None:
    before = standing(aws)
    code, out, err = cli("run")
    assert (code, "5 passed" in out) == (0, True), out
    assert "python -m tests.lab_steps.second_lab down --endpoint-url" in err
    assert cli("check")[0] == 0
    assert "trail second-lab-objects: logging" in cli("status")[1]
    code, out, _ = cli("down")
    assert (code, out) == (0, "Nothing of the lab is left.\n")
    assert standing(aws) == before


def test_it_runs_on_the_spot(state_directory: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.lab_steps.second_lab", "run", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["counts"]["PASS"] == 5
    assert list(state_directory.glob("*.json")) == []


def test_it_is_checked_step_by_step_as_a_student_makes_it(cli: Cli, aws: LocalAws) -> None:
    blocked = {2: "BLOCKED", 3: "BLOCKED", 4: "BLOCKED", 5: "BLOCKED"}
    assert outcomes(cli) == {1: "FAIL", **blocked}
    s3, cloudtrail = client(aws, "s3"), client(aws, "cloudtrail")
    for each in (OBJECTS_BUCKET, LOGS_BUCKET):
        s3.create_bucket(Bucket=each)
    s3.put_bucket_policy(Bucket=LOGS_BUCKET, Policy=_policy())
    cloudtrail.create_trail(Name=TRAIL, S3BucketName=LOGS_BUCKET)
    assert outcomes(cli) == {1: "PASS", 2: "FAIL", 3: "FAIL", 4: "BLOCKED", 5: "BLOCKED"}
    cloudtrail.put_event_selectors(TrailName=TRAIL, AdvancedEventSelectors=_selectors())
    cloudtrail.start_logging(Name=TRAIL)
    s3.put_object(Bucket=OBJECTS_BUCKET, Key="mine", Body=b"mine")
    assert outcomes(cli)[4] == "PENDING"
    s3.get_object(Bucket=OBJECTS_BUCKET, Key="mine")
    aws.deliver_now()
    assert set(outcomes(cli).values()) == {"PASS"}


def _policy() -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    arn = f"arn:aws:s3:::{LOGS_BUCKET}"
    statements = [
        {**allowed, "Action": "s3:GetBucketAcl", "Resource": arn},
        {**allowed, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{ACCOUNT}/*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _selectors() -> list[dict[str, Any]]:
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{OBJECTS_BUCKET}/"]},
    ]
    return [{"FieldSelectors": fields}]


def test_its_steps_are_explained_and_hinted_in_its_own_words(cli: Cli) -> None:
    _, out, _ = cli("explain", "4", here=False)
    assert "Put an object, get it, and find both calls" in out
    assert "second-lab-objects is logging (step 3)" in out
    _, out, _ = cli("hint", "2", here=False)
    assert "One more: python -m tests.lab_steps.second_lab hint 2" in out
    _, out, _ = cli("hint", "2", here=False, lab=WALKTHROUGH)
    assert "hint 1 of 2" in out
    code, _, err = cli("explain", "6", here=False)
    assert (code, "the second lab has steps 1 to 5" in err) == (2, True)


def test_its_plan_has_its_resources(cli: Cli) -> None:
    plan = json.loads(cli("plan", "--format", "json")[1])
    assert [(each["name"], each["change"]) for each in plan["planned"]] == [
        (name, "create") for name in ("Objects", "Logs", "LogsPolicy", "Trail")
    ]


def test_it_is_reported_bundled_and_graded_again(cli: Cli, tmp_path: Path) -> None:
    assert cli("run")[0] == 0
    _, page, _ = cli("report", "--format", "html")
    assert "All 5 steps passed" in page
    document = json.loads(cli("report", "--format", "json")[1])
    jsonschema.validate(document, schema())
    assert [each["trail"] for each in document["observed"]["trails"]] == [TRAIL]
    suites = ET.fromstring(cli("report", "--format", "junit")[1])
    assert [suite.get("name") for suite in suites] == ["The trail", "The log files"]
    bundle = str(tmp_path / "lab.zip")
    assert cli("bundle", "--output", bundle)[0] == 0
    code, out, err = cli("check", "--bundle", bundle, here=False)
    assert (code, "5 passed" in out, "otherwise" in err) == (0, True, False)
    code, _, err = cli("check", "--bundle", bundle, here=False, lab=WALKTHROUGH)
    assert (code, "it is from a different lab, not the walkthrough" in err) == (2, True)
    assert cli("down")[0] == 0


def test_another_lab_at_the_same_place_leaves_it_alone(cli: Cli, aws: LocalAws) -> None:
    assert cli("run")[0] == 0
    before = standing(aws)
    code, _, err = cli("down", lab=WALKTHROUGH)
    assert code == 0
    assert "left alone: stack second-lab, another lab's" in err
    assert standing(aws) == before
    assert cli("down")[0] == 0


def test_what_it_does_not_have_is_no_option(cli: Cli) -> None:
    for arguments in (["check", "--engine", "athena"], ["up", "--athena"], ["up", "--suffix", "x"]):
        with pytest.raises(SystemExit):
            cli(*arguments)


def test_an_expected_event_without_a_remedy_is_refused_when_the_trail_is_made() -> None:
    with pytest.raises(ValueError, match="wanted a remedy for each of GetObject, PutObject, got"):
        replace(OBJECTS, remedies={"PutObject": OBJECTS.remedies["PutObject"]})


def test_a_lab_whose_steps_no_records_decide_is_not_graded_by_them(
    cli: Cli, tmp_path: Path
) -> None:
    students = tmp_path / "class.csv"
    students.write_text(f"student,account\nAda,{ACCOUNT}\n")
    code, _, err = cli("class", "check", str(students), "--organization-logs", "s3://logs")
    assert code == 2
    assert "has no step that log records alone decide" in err
