"""Classes graded by their organization's log files alone: of 10, 100 and 1,000 accounts."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measure import measured
from bench.table import Row
from lab_steps.classes.organization.reading import ORGANIZATION as LOCATION
from lab_steps.classes.organization.reading import ClassQuestion
from lab_steps.walkthrough.lab import WALKTHROUGH
from local_aws import LocalAws
from stacks.class_list import Student
from tests.lab_steps.classes.organization import BUCKET, TRAINER
from tests.lab_steps.classes.students import InAccount
from tests.lab_steps.mutants.reference_lab import ALL_MANAGEMENT, ALL_TABLES, REFERENCE, build
from tests.lab_steps.standing import ORGANIZATION
from tests.local_aws.delivered import ACCOUNT, client
from trail_logs.athena.statement import LogTable, statement, text

SIZES = (10, 100, 1_000)


def rows(_: bool) -> Iterator[Row]:
    """Milliseconds for an account, and the statement's bytes; ratios are to the first class."""
    with tempfile.TemporaryDirectory() as folder:
        first = 0.0
        for size in SIZES:
            seconds, megabytes, files = _graded(Path(folder), size)
            each = 1000 * seconds / size
            first = first or each
            yield Row(
                f"class of {size:,} by the organization's logs",
                [each],
                "ms a student",
                f"{seconds:.1f} s, {megabytes:.0f} MB, {files:,} log files",
                [each / first],
            )
            yield Row(f"Athena's statement for {size:,}", [_statement(size)], "bytes")


def _accounts(size: int) -> list[str]:
    return [f"{number:012d}" for number in range(300_000_000_000, 300_000_000_000 + size)]


def _graded(folder: Path, size: int) -> tuple[float, float, int]:
    """Wall seconds, peak megabytes of all processes, and log files, of one `class check`."""
    students = folder / f"class-{size}.csv"
    students.write_text("\n".join(["student,account", *(f"S{a},{a}" for a in _accounts(size))]))
    with LocalAws(delivery_delay=3600, organization=ORGANIZATION) as aws:
        files = _fill(aws, _accounts(size))
        command = [
            *(sys.executable, "-m", "lab_steps", "class", "check", str(students), "--no-cache"),
            *("--organization-logs", f"s3://{BUCKET}", "--endpoint-url", aws.endpoint_url),
        ]
        os.environ |= {"AWS_ACCESS_KEY_ID": TRAINER, "AWS_SECRET_ACCESS_KEY": "any"}
        run = measured("class check", command)
    return run.seconds, run.megabytes, files


def _fill(aws: LocalAws, accounts: list[str]) -> int:
    """What is delivered of one student's whole lab, for each account; how many files that is."""
    from moto.s3.models import s3_backends

    trails = client(InAccount(aws, TRAINER), "cloudtrail")  # type: ignore[arg-type]
    selectors = [ALL_MANAGEMENT, ALL_TABLES]
    trails.put_event_selectors(TrailName=ORGANIZATION.name, AdvancedEventSelectors=selectors)
    build(aws, REFERENCE)
    s3, buckets = client(InAccount(aws, TRAINER), "s3"), s3_backends[TRAINER]["aws"]  # type: ignore[arg-type]
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    keys = [each["Key"] for each in listed if f"/{ACCOUNT}/" in each["Key"]]
    bodies = {
        key: gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys
    }
    for account in accounts:
        for key, body in bodies.items():
            told = gzip.compress(body.replace(ACCOUNT.encode(), account.encode()), 6)
            buckets.put_object(BUCKET, key.replace(ACCOUNT, account), told)
    return len(bodies) * len(accounts)


def _statement(size: int) -> int:
    students = [Student(f"S{each}", each) for each in _accounts(size)]
    now = datetime.now(UTC)
    question = ClassQuestion(WALKTHROUGH, students, now - timedelta(days=7))
    table = LogTable("cloudtrail_lab", "management_events", True, True, question.accounts)
    query = statement(question.expectations(), {LOCATION: table}, question.since, now)
    return len(text(query).encode())
