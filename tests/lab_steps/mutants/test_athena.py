"""Checks through Athena say what checks by files say, of the reference lab and of mutants.

Athena is the local AWS's, which runs the statement; the stack is the lab's own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_steps.checking.finding import Finding, LogRecord, Outcome
from lab_steps.checking.patience import LOCAL_PATIENCE
from lab_steps.place.athena_engine import AthenaEngine
from lab_steps.place.synth import Template
from lab_steps.session import LabSession
from lab_steps.walkthrough.deployment import deployed
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from tests.lab_steps.mutants.catalogue import MUTANTS
from tests.lab_steps.mutants.conftest import WITNESS, CheckNow, RequestsDuring
from tests.lab_steps.mutants.reference_lab import (
    DATA_BUCKET,
    MANAGEMENT_BUCKET,
    REFERENCE,
    SPELLINGS,
    Lab,
    build,
    changed,
)
from tests.lab_steps.mutants.test_bad_logs import bodies, put, where, with_records
from tests.local_aws.delivered import client, keys
from tests.profiles import IS_LONG

pytest.importorskip("duckdb")

SUFFIX = MANAGEMENT_BUCKET.rpartition("-")[2]
MIN_CUT_OFF = 10_000_000
"""Bytes: the least that Athena takes for one."""

ABOUT_LOGS = (33, 34, 36, 37)
CHOSEN = (
    "table events on the management trail too",
    "management events on the data trail too",
    "table never updated",
    "update refused",
    "item never read",
    "work done before the trails were logging",
)
ALIKE = (
    "data trail as the CLI makes it, without selectors",
    "management events on the data trail, repaired after the work",
)
"""What is in their log files is in those of CHOSEN: `make test-all` tries them."""
LABS: dict[str, Lab] = {
    "reference": REFERENCE,
    "no work yet": changed(REFERENCE, table=None, items=(), updated=None),
    **({"several selectors": SPELLINGS["several selectors"]} if IS_LONG else {}),
    **{
        mutant.name: mutant.lab
        for mutant in MUTANTS
        if mutant.name in CHOSEN or (IS_LONG and mutant.name in ALIKE)
    },
}
Asked = Callable[..., dict[int, Finding]]


@pytest.fixture(scope="module")
def template(_state_directory: Path) -> Template:
    """The Athena stack's, for the buckets of the labs built here, with the least cut-off."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LAB_STATE_DIR", str(_state_directory))
        here = deployed("us-east-1", None, {})  # synthesized once for other tests, too
        templates, _ = here.templates(athena=True)
    logs = "-{}/AWSLogs/".format
    body = json.loads(templates[-1].body.replace(logs(here.settings.suffix), logs(SUFFIX)))
    configuration = body["Resources"]["Workgroup"]["Properties"]["WorkGroupConfiguration"]
    configuration["BytesScannedCutoffPerQuery"] = MIN_CUT_OFF
    return Template(templates[-1].stack, json.dumps(body))


@pytest.fixture
def engine(lab: LabSession) -> AthenaEngine:
    """Athena at the lab's target."""
    names = WALKTHROUGH.athena
    assert names
    return AthenaEngine(lab.target, lab.lab.trails, names.workgroup, names.database, names.table)


@pytest.fixture
def asked(lab: LabSession, engine: AthenaEngine, template: Template, check_now: CheckNow) -> Asked:
    """Check through Athena, once the stack is deployed."""

    deploy = functools.cache(lambda: lab.deploy([template]))

    def check(*numbers: int) -> dict[int, Finding]:
        deploy()
        lab.athena = engine
        return check_now(*numbers)

    return check


def test_all_chosen_mutants_are_in_the_catalogue() -> None:
    assert {*CHOSEN, *ALIKE} <= {mutant.name for mutant in MUTANTS}


@pytest.mark.parametrize("name", LABS)
def test_athena_and_files_say_the_same_and_one_query_answers_for_both_trails(
    name: str, aws: LocalAws, engine: AthenaEngine, check_now: CheckNow, asked: Asked
) -> None:
    build(aws, LABS[name])
    by_files, by_athena = check_now(), asked()
    assert {n: each.outcome for n, each in by_athena.items()} == {
        n: each.outcome for n, each in by_files.items()
    }
    for number in ABOUT_LOGS:
        ours, athenas = by_files[number], by_athena[number]
        assert athenas.actual == ours.actual
        assert _places(athenas) == _places(ours)
    (scan,) = engine.scans
    assert scan.state == "SUCCEEDED"
    assert scan.bytes_scanned == _size_of_log_files(aws)


def _size_of_log_files(aws: LocalAws) -> int:
    s3 = client(aws, "s3")
    return sum(
        s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        for bucket in (MANAGEMENT_BUCKET, DATA_BUCKET)
        for key in keys(aws, bucket)
        if "/CloudTrail/" in key and key.endswith(".json.gz")
    )


def test_damaged_records_have_the_same_outcomes(
    aws: LocalAws, lab: LabSession, check_now: CheckNow, asked: Asked
) -> None:
    build(aws, REFERENCE)
    files = bodies(aws, DATA_BUCKET)
    for changes in ({"eventID": " padded"}, {"eventTime": "2026-02-30T12:00:00Z"}):
        put(aws, DATA_BUCKET, files, with_records(where("GetItem", **changes)))
        lab.athena = None
        by_files, by_athena = check_now(), asked()
        found = {n: each.outcome for n, each in by_athena.items()}
        assert found == {n: each.outcome for n, each in by_files.items()}, changes
        assert (found[34], found[37]) == (Outcome.PASS, Outcome.ERROR), changes
        assert " damaged record" in by_athena[37].actual, changes


def _places(finding: Finding) -> list[tuple[str, str, str, Any]]:
    records = [each for each in finding.evidence if isinstance(each, LogRecord)]
    return [
        (each.key, each.event_id, each.event_time, each.record.get("requestParameters"))
        for each in records
    ]


def test_what_is_not_due_is_pending_either_way(
    aws: LocalAws, lab: LabSession, engine: AthenaEngine, asked: Asked
) -> None:
    build(aws, LABS["table never updated"])
    asked(1)
    lab.target.patience = LOCAL_PATIENCE
    by_athena = lab.check(WALKTHROUGH.steps, wait=None)
    lab.athena = None
    by_files = lab.check(WALKTHROUGH.steps, wait=None)
    assert by_athena[34].outcome is Outcome.PENDING
    assert {n: (each.outcome, each.until) for n, each in by_athena.items()} == {
        n: (each.outcome, each.until) for n, each in by_files.items()
    }


def test_no_log_file_is_fetched_and_nothing_but_the_result_is_written(
    aws: LocalAws,
    lab: LabSession,
    engine: AthenaEngine,
    asked: Asked,
    requests_during: RequestsDuring,
) -> None:
    build(aws, changed(REFERENCE, others=(WITNESS,)))
    asked(1)
    before = {bucket: set(keys(aws, bucket)) for bucket in _buckets(aws)}
    made = requests_during(lambda: lab.check(WALKTHROUGH.steps, wait=None))
    names = [each["eventName"] for each in made]
    assert names.count("StartQueryExecution") == 1
    assert "GetObject" not in names
    assert [each["eventName"] for each in made if not each["readOnly"]] == ["StartQueryExecution"]
    after = {bucket: set(keys(aws, bucket)) for bucket in _buckets(aws)}
    results = {name: found - before[name] for name, found in after.items() if "results" in name}
    assert [key for found in results.values() for key in found] == [
        f"{engine.scans[-1].query_id}.csv"
    ]


def _buckets(aws: LocalAws) -> list[str]:
    return [each["Name"] for each in client(aws, "s3").list_buckets()["Buckets"]]


def errors(found: dict[int, Finding]) -> str:
    """What all the steps about log files could not be decided for."""
    assert {found[n].outcome for n in ABOUT_LOGS} == {Outcome.ERROR}
    return f"{found[34].actual} {found[34].rationale}"


def test_without_the_stack_the_steps_say_how_it_is_made(
    aws: LocalAws, lab: LabSession, engine: AthenaEngine, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    lab.athena = engine
    told = errors(check_now())
    assert "There is no Athena table cloudtrail_lab.management_events" in told
    assert "up --athena" in told
    assert engine.scans == []


@pytest.mark.usefixtures("_own_clients")
def test_who_may_not_look_at_the_tables_is_told_what_to_grant(
    aws: LocalAws, lab: LabSession, engine: AthenaEngine, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    lab.athena = engine
    glue = lab.target.client("glue", "check")

    def refuse(model: Any, **_: Any) -> None:
        error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise ClientError(error, model.name)

    glue.meta.events.register("before-call.glue.GetTable", refuse)
    told = errors(check_now())
    assert "AccessDeniedError" in told
    assert "glue:GetTable" in told


def test_a_missing_workgroup_is_an_error(aws: LocalAws, engine: AthenaEngine, asked: Asked) -> None:
    build(aws, REFERENCE)
    engine.workgroup = "elsewhere"
    assert "workgroup elsewhere: InvalidRequestException: WorkGroup is not found" in errors(asked())


def test_the_scan_cut_off_is_an_error_and_its_scan_is_told(
    aws: LocalAws, engine: AthenaEngine, asked: Asked
) -> None:
    build(aws, REFERENCE)
    key = next(each for each in keys(aws, DATA_BUCKET) if "/CloudTrail/" in each)
    large = key.rsplit("_", 1)[0] + "_AAAAAAAAAAAAAAAA.json.gz"
    client(aws, "s3").put_object(Bucket=DATA_BUCKET, Key=large, Body=bytes(MIN_CUT_OFF))
    told = errors(asked())
    assert "ScanCutOffError" in told
    assert "athena:cut_off_bytes" in told
    assert engine.scans[-1].state == "CANCELLED"
    assert engine.scans[-1].bytes_scanned == MIN_CUT_OFF


def test_a_damaged_log_file_fails_the_query_and_no_student(aws: LocalAws, asked: Asked) -> None:
    build(aws, REFERENCE)
    key = next(each for each in keys(aws, DATA_BUCKET) if "/CloudTrail/" in each)
    damaged = key.rsplit("_", 1)[0] + "_AAAAAAAAAAAAAAAA.json.gz"
    client(aws, "s3").put_object(Bucket=DATA_BUCKET, Key=damaged, Body=b"\x1f\x8b no gzip")
    told = errors(asked())
    assert damaged in told
    assert "To see which, check without --engine athena" in told


def test_tables_over_another_bucket_are_an_error_not_an_empty_bucket(
    aws: LocalAws, asked: Asked
) -> None:
    build(aws, changed(REFERENCE, data__bucket="somebody-elses-name", data__prefix="mine"))
    found = asked()
    # What step 33 waits for, an event of the other trail, cannot be seen either.
    assert {found[n].outcome for n in (33, 36, 37)} == {Outcome.ERROR}
    assert found[34].outcome is Outcome.PASS
    assert "the trail delivers to s3://somebody-elses-name/mine/AWSLogs" in found[37].actual
