"""`class check --organization-logs`: a class graded by what the organization's trail delivered."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lab_steps.checking.finding import LogObject, LogRecord, Outcome
from lab_steps.classes.organization.reading import ORGANIZATION as LOCATION
from lab_steps.classes.organization.reading import ClassQuestion
from lab_steps.errors import ExitCode
from lab_steps.results.result import Result, StepResult
from lab_steps.walkthrough.lab import WALKTHROUGH
from stacks.class_list import Student
from tests.lab_steps.classes.conftest import Class
from tests.lab_steps.classes.organization import (
    BUCKET,
    TRAINER,
    Organization,
    athena_template,
)
from tests.lab_steps.classes.students import is_calls, labs
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.reference_lab import REFERENCE, changed
from tests.lab_steps.standing import ORGANIZATION
from tests.lab_steps.step_numbers import ALL
from tests.profiles import IS_LONG
from tests.trail_logs.log_samples import NOON
from trail_logs.athena.statement import LogTable, statement, text

TOLD = [step.number for step in WALKTHROUGH.steps if step.by_records]
NOTHING_DONE = changed(REFERENCE, management=None, data=None, table=None, items=(), updated=None)
WRONG = [each.lab for each in MUTANTS if set(TOLD) & set(each.fails) and is_calls(each.lab)]
NAME = ORGANIZATION.name


@pytest.fixture
def organization(class_: Class, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Organization:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", TRAINER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Organization(class_)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return athena_template(tmp_path_factory.mktemp("cdk.out"))


def steps(result: Result) -> dict[int, StepResult]:
    return {each.number: each for each in result.steps}


def told(result: Result) -> dict[int, Any]:
    """What is told of each step, without excerpts, of which Athena's have less."""
    return {
        each.number: (each.outcome, each.actual, each.rationale, [_id(e) for e in each.evidence])
        for each in result.steps
    }


def _id(evidence: Any) -> str:
    assert isinstance(evidence, LogRecord)
    return f"{evidence.bucket}/{evidence.key}: {evidence.event_id}"


def test_a_random_class_has_the_verdicts_of_its_accounts_by_files_and_by_athena(
    organization: Organization, template: dict[str, Any]
) -> None:
    pytest.importorskip("duckdb")
    organization.records_items()
    chance = random.Random(15)
    students = [*chance.sample(labs(), 4 if IS_LONG else 2), *chance.sample(WRONG, 2)]
    accounts = organization.join(*chance.sample(students, len(students)))
    folder = str(organization.class_.folder / "accounts")
    organization.class_.run("check", "--no-bundles", "--results", folder)
    by_accounts = organization.found("accounts")
    organization.check(results="files")
    by_files = organization.found("files")
    assert set(by_files) == set(accounts)
    seen = Counter[tuple[Outcome, Outcome]]()
    for account, result in by_files.items():
        there = steps(by_accounts[account])
        seen.update((there[number].outcome, each.outcome) for number, each in steps(result).items())
    agree = {(Outcome.PASS, Outcome.PASS), (Outcome.FAIL, Outcome.FAIL)}
    undecided_there = {(Outcome.BLOCKED, each) for each in Outcome}
    assert agree <= set(seen) <= agree | undecided_there
    organization.deploy_tables(template, accounts)
    organization.check("--engine", "athena", results="athena")
    by_athena = organization.found("athena")
    assert {a: told(each) for a, each in by_athena.items()} == {
        a: told(each) for a, each in by_files.items()
    }
    said = organization.class_.said().err
    assert said.count("Athena: query ") == 1


def test_a_trails_settings_are_told_until_it_is_changed(organization: Organization) -> None:
    wrong = [each.lab for each in MUTANTS if each.name.startswith("validation on for ")]
    cid, dee, ada, bob = organization.join(*wrong, REFERENCE, REFERENCE)
    organization.client("cloudtrail", ada).update_trail(
        Name=organization.client("cloudtrail", ada).describe_trails()["trailList"][0]["TrailARN"],
        EnableLogFileValidation=True,
    )
    organization.class_.aws.deliver_now()
    organization.check()
    of_trails = {
        account: {each.number: each.outcome for each in result.steps if each.number in {7, 13}}
        for account, result in organization.found().items()
    }
    assert of_trails == {
        cid: {7: Outcome.FAIL, 13: Outcome.PASS},
        dee: {7: Outcome.PASS, 13: Outcome.FAIL},
        ada: {13: Outcome.PASS},
        bob: {7: Outcome.PASS, 13: Outcome.PASS},
    }


def test_no_account_is_entered_and_each_log_file_is_read_once(organization: Organization) -> None:
    [ada] = organization.join(REFERENCE)
    organization.class_.list.write_text(f"student,account\nAda,{ada}\n")
    assert organization.check() == ExitCode.PASSED
    first = organization.class_.said().err
    assert "0 were read before" in first
    assert organization.check() == ExitCode.PASSED
    [files] = re.findall("log files: ([0-9]+),", first)
    assert (
        f"log files: {files}, of which {files} were read before" in organization.class_.said().err
    )
    agents = [
        str(msgspec.json.decode(event["CloudTrailEvent"]).get("userAgent"))
        for event in organization.client("cloudtrail", ada).lookup_events()["Events"]
    ]
    assert agents
    assert not [each for each in agents if "cloudtrail-lab/check" in each]


def test_what_the_trail_does_not_record_counts_for_nothing(organization: Organization) -> None:
    ada, bob = organization.join(REFERENCE, NOTHING_DONE)
    assert organization.check() == ExitCode.FAILED
    found, said = organization.found(), organization.class_.said().err
    for numbers in ("23 24", "26"):
        assert (
            f"not decided by these logs, steps {numbers}: {NAME} does not record dynamodb" in said
        )
    rows = {each["account"]: each for each in organization.class_.book().values()}
    for account, points, possible in ((ada, "16", "16"), (bob, "4", "13")):
        row = rows[account]
        assert (row["points"], row["possible"]) == (points, possible)
        assert int(row["not_told"]) == ALL - int(possible)
        assert {"23", "24", "26", "34", "37"} <= set(row["not_told_steps"].split())
        why = {each.number: each.why for each in found[account].not_told}
        assert "does not record dynamodb" in why[26]
        assert "s3:GetObject would answer in the student's account" in why[34]
    page = (organization.class_.results / "index.html").read_text()
    assert "1 of 2 students passed all steps that the log files tell of" in page
    assert page.count('title="Not decided by the log files"') == 2 * ALL - 16 - 13
    report = (organization.class_.results / rows[ada]["report"]).read_text()
    assert "Not decided by log files" in report


def test_accounts_without_records_and_strangers_are_named(organization: Organization) -> None:
    ada, eve = organization.join(REFERENCE, None)
    organization.class_.written(Eve=eve)
    assert organization.check() == ExitCode.CANNOT_LOOK
    said = organization.class_.said().err
    assert f"in the bucket, not in the class: {', '.join(sorted([TRAINER, ada]))} (2)" in said
    assert f"without a record: {eve}" in said
    organization.check("--format", "json")
    told_besides = json.loads(organization.class_.said().out)["organization"]
    assert told_besides["without_records"] == [eve]
    assert told_besides["not_in_class"] == sorted([TRAINER, ada])
    row = organization.class_.book()["Eve"]
    assert (row["status"], row["possible"]) == ("ERROR", "20")
    assert "no record of account" in row["problem"]


def test_what_may_be_on_its_way_is_pending_with_the_time_left(organization: Organization) -> None:
    [ada] = organization.join(NOTHING_DONE)
    organization.client("dynamodb", ada).list_tables()
    assert organization.check() == ExitCode.PENDING
    step = steps(organization.found()[ada])[19]
    assert step.outcome is Outcome.PENDING
    assert step.since
    assert step.until
    organization.class_.aws.advance(step.until - step.since)
    assert organization.check() == ExitCode.FAILED


def test_what_is_missing_may_be_in_a_damaged_file(organization: Organization) -> None:
    [ada] = organization.join(NOTHING_DONE)
    s3 = organization.client("s3")
    [first, *_] = [
        each["Key"]
        for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        if f"/{ada}/" in each["Key"]
    ]
    damaged = f"{first.removesuffix('.json.gz')[:-4]}AAAA.json.gz"
    s3.put_object(Bucket=BUCKET, Key=damaged, Body=b"no gzip")
    assert organization.check() == ExitCode.CANNOT_LOOK
    found = steps(organization.found()[ada])
    assert {found[number].outcome for number in (17, 18)} == {Outcome.PASS}
    assert found[19].outcome is Outcome.ERROR
    [evidence] = found[19].evidence
    assert isinstance(evidence, LogObject)
    assert evidence.key == damaged


def test_a_trail_that_does_not_log_proves_nothing(organization: Organization) -> None:
    [ada] = organization.join(NOTHING_DONE)
    organization.client("cloudtrail").stop_logging(Name=NAME)
    assert organization.check() == ExitCode.PASSED
    result = organization.found()[ada]
    assert sorted(steps(result)) == [2, 3, 17, 18]
    assert f"{NAME} is not logging" in {each.why for each in result.not_told}


def test_the_statement_names_each_account_once() -> None:
    table, now = LogTable("lab", "events", by_account=True, by_folder=True), NOON
    lengths = []
    for size in (1, 11, 1_000):
        accounts = [f"{number:012d}" for number in range(size)]
        question = ClassQuestion(WALKTHROUGH, [Student(each, each) for each in accounts], now)
        asked = replace(table, accounts=question.accounts)
        query = statement(question.expectations(), {LOCATION: asked}, now, now)
        lengths.append(len(text(query)))
    for_one_more = (lengths[1] - lengths[0]) / 10
    assert for_one_more == len("', '123456789012")
    assert lengths[2] == lengths[0] + 999 * for_one_more


def test_work_after_the_time_is_late(organization: Organization) -> None:
    organization.join(REFERENCE)
    assert organization.check("--due", "2026-01-01T00:00Z") == ExitCode.PASSED
    [row] = organization.class_.book().values()
    assert (row["points"], row["late"], row["late_steps"]) == (
        "0",
        "16",
        "2 3 4 5 7 9 11 13 14 16 17 18 19 20 25 38",
    )


def test_without_sight_of_the_trail_only_what_is_there_is_told(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = organization.join(REFERENCE, NOTHING_DONE)
    s3, archive = organization.client("s3"), "999999999999"  # not of the organization
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{archive}:root"},
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    )
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", archive)
    assert organization.check() == ExitCode.PASSED
    rows = {each["account"]: each for each in organization.class_.book().values()}
    assert (rows[ada]["points"], rows[ada]["possible"]) == ("16", "16")
    assert (rows[bob]["points"], rows[bob]["possible"]) == ("4", "4")
    assert "it is not known what it would record" in organization.class_.said().err


@pytest.mark.parametrize(
    ("place", "told", "todo"),
    [
        (
            "s3://no-such-bucket-at-all",
            "There is no bucket no-such-bucket-at-all",
            "describe-trails",
        ),
        ("s3://one-accounts-logs", "got the folders 123456789012", "organization's trail"),
        ("s3://one-accounts-logs/else", "got no folder there", "organization's trail"),
        (
            "somewhere",
            "wanted s3://BUCKET or s3://BUCKET/PREFIX, got 'somewhere'",
            "describe-trails",
        ),
    ],
)
def test_a_place_without_an_organizations_log_files_is_an_error(
    place: str, told: str, todo: str, organization: Organization
) -> None:
    s3 = organization.client("s3")
    s3.create_bucket(Bucket="one-accounts-logs")
    s3.put_object(Bucket="one-accounts-logs", Key="AWSLogs/123456789012/CloudTrail/x")
    organization.class_.written(Ada="200000000001")
    code = organization.class_.run("check", "--organization-logs", place)
    assert code in {ExitCode.CANNOT_LOOK, ExitCode.USAGE}
    said = organization.class_.said().err
    assert told in said
    assert todo in said


def test_athena_without_its_table_says_how_it_is_made(organization: Organization) -> None:
    [ada] = organization.join(REFERENCE)
    assert organization.check("--engine", "athena") == ExitCode.CANNOT_LOOK
    said = organization.class_.said().err
    assert "There is no Athena table cloudtrail_lab.management_events" in said
    assert (
        "cdk deploy cloudtrail-lab-athena -c athena:tables=true -c athena:organization=o-" in said
    )
    assert f"-c athena:class={organization.class_.list}" in said
    assert ada


TODAY = f"{datetime.now(UTC):%F}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--since", TODAY), "--since goes with --organization-logs"),
        (("--engine", "athena"), "--engine athena goes with --organization-logs"),
        (("--no-cache",), "--no-cache goes with --organization-logs"),
        (("--organization-logs", "s3://logs", "--table", "x"), "--table is Athena's"),
        (("--organization-logs", "s3://logs", "--suffix", "x"), "log files do not tell of it"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: tuple[str, ...], told: str, organization: Organization
) -> None:
    organization.class_.written(Ada="200000000001")
    assert organization.class_.run("check", *options) == ExitCode.USAGE
    assert told in organization.class_.said().err


@pytest.mark.parametrize("day", ["yesterday", "2001-01-01", "9999-01-01"])
def test_a_day_that_event_history_does_not_reach_is_refused(day: str, class_: Class) -> None:
    class_.written(Ada="200000000001")
    with pytest.raises(SystemExit, match="2"):
        class_.run("check", "--organization-logs", "s3://logs", "--since", day)
    assert "wanted a day" in class_.said().err
