"""One look at an organization's log files for all students: by files, or by one statement."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cloudtrail.log_files import parse_log_file_key
from lab_steps.call_errors import explained
from lab_steps.checking.user_agents import CHECK
from lab_steps.classes.organization.bucket import OrganizationBucket
from lab_steps.errors import CannotLookError
from lab_steps.lab import Lab
from lab_steps.place.athena_engine import table_definition
from lab_steps.targets.target import Target
from stacks.class_list import Student
from trail_logs.athena import client
from trail_logs.athena.client import Scan, TableElsewhereError, TableMissingError, Workgroup
from trail_logs.athena.statement import LogTable
from trail_logs.athena.tables import Wanted, log_table
from trail_logs.cache import TallyCache
from trail_logs.damage import Damage
from trail_logs.expectations import Answer, Expectation
from trail_logs.reader import Window, read
from trail_logs.sources.log_source import LogSourceError

ORGANIZATION = "organization"
"""What the expectations call the one location that they are about."""


@dataclass(frozen=True, slots=True)
class ClassQuestion:
    """A question: the rules of the lab's steps, for these students, since a time."""

    lab: Lab
    students: Sequence[Student]
    since: datetime

    @property
    def accounts(self) -> tuple[str, ...]:
        """The students', each once."""
        return tuple(sorted({each.account for each in self.students}))

    @property
    def regions(self) -> tuple[str, ...]:
        """The students', each once."""
        return tuple(sorted({each.region for each in self.students}))

    def expectations(self) -> list[Expectation]:
        """The expectations of all rules.

        They name no account, so a larger class has no more of them.
        """
        found = {
            each.name: each
            for step in self.lab.steps
            if step.by_records
            for each in step.by_records.expectations()
        }
        return [
            replace(
                each,
                name=name_in(region, each),
                location=ORGANIZATION,
                since=self.since,
                region=region,
            )
            for region in self.regions
            for each in found.values()
        ]


def name_in(region: str, expectation: Expectation) -> str:
    """The expectation's name in a question about several Regions."""
    return f"{expectation.name} in {region}"


@dataclass(frozen=True, slots=True)
class ClassReading:
    """What was found, by the expectation's name and account.

    `records` are how many each account has, `damaged` the keys of damaged files, each with what is
    wrong. `cached` of the `files` were not read again.
    """

    answers: Mapping[tuple[str, str], Answer]
    records: Mapping[str, int]
    damaged: Mapping[str, str]
    files: int
    cached: int = 0
    notices: tuple[str, ...] = ()

    def damaged_of(self, account: str) -> list[str]:
        """The account's damaged files."""
        return [each for each in self.damaged if f"/{account}/" in each]


@dataclass(frozen=True, slots=True)
class ByFiles:
    """All files of the class's accounts are fetched and read, each once for all expectations.

    No query is started, so no look `is_paid` for.
    """

    target: Target
    cache: TallyCache | None
    scans: Sequence[Scan] = ()
    is_paid = False

    def reading(self, bucket: OrganizationBucket, question: ClassQuestion) -> ClassReading:
        """One pass. Raises LogSourceError."""
        source = self.target.log_source(bucket.location.bucket, bucket.location.prefix)
        expectations = question.expectations()
        found = read(
            source,
            expectations,
            window=Window(question.since),
            accounts=question.accounts,
            cache=self.cache,
        )
        return ClassReading(
            dict(_by_place(found.answers)),
            {account: each.records for account, each in found.accounts.items()},
            _damaged(found.damaged),
            found.files,
            found.cached,
            found.notices,
        )


@dataclass(frozen=True, slots=True)
class ByAthena:
    """One statement for all accounts. `scans` are the queries so far, failed ones too.

    The table is made for the accounts of `class_list`.
    """

    target: Target
    workgroup: str
    database: str
    table: str
    class_list: Path
    scans: list[Scan] = field(default_factory=list)
    is_paid = True

    def reading(self, bucket: OrganizationBucket, question: ClassQuestion) -> ClassReading:
        """One query. Raises LogSourceError."""
        table = replace(self._table(bucket, question), accounts=question.accounts)
        found = client.ask(
            self.target.client("athena", CHECK),
            Workgroup(self.workgroup, {ORGANIZATION: table}),
            question.expectations(),
            question.since,
            started=self.scans.append,
        )
        reading = found.readings[ORGANIZATION]
        return ClassReading(
            dict(_by_place(found.answers)),
            {account: each.records for account, each in reading.accounts.items()},
            _damaged(reading.damaged),
            reading.files,
        )

    def _table(self, bucket: OrganizationBucket, question: ClassQuestion) -> LogTable:
        location = bucket.location
        known = [each for each in question.accounts if each in bucket.accounts]
        wanted = Wanted(
            location.bucket,
            location.prefix,
            tuple(known),
            question.regions,
            question.since,
            bucket.organization,
        )
        try:
            definition = table_definition(self._ask, self.database, self.table)
            return log_table(definition, wanted)
        except (TableMissingError, TableElsewhereError) as error:
            raise CannotLookError(
                str(error),
                "Deploy the tables over this bucket, in the lab's folder: "
                f"{self._deployment(bucket)}",
            ) from error

    def _deployment(self, bucket: OrganizationBucket) -> str:
        context = {
            "athena:tables": "true",
            "athena:organization": bucket.organization,
            "athena:class": str(self.class_list.resolve()),
            "athena:management_bucket": bucket.location.bucket,
            "prefix": bucket.location.prefix,
        }
        told = [f"-c {shlex.quote(f'{key}={value}')}" for key, value in context.items() if value]
        return " ".join(["cdk deploy cloudtrail-lab-athena", *told])

    def _ask(self, operation: str, **parameters: object) -> dict[str, object]:
        return self.target.ask(operation, parameters)


Engine = ByFiles | ByAthena


def reading_of(engine: Engine, bucket: OrganizationBucket, question: ClassQuestion) -> ClassReading:
    """What the engine finds. Raises CannotLookError."""
    try:
        return engine.reading(bucket, question)
    except LogSourceError as error:
        raise explained(error) or error from error


def _damaged(found: Sequence[Damage]) -> dict[str, str]:
    """Damaged log files by key, without objects that CloudTrail did not write."""
    return {each.key: each.reason for each in found if parse_log_file_key(each.key)}


def _by_place(answers: Sequence[Answer]) -> Iterator[tuple[tuple[str, str], Answer]]:
    for each in answers:
        yield (each.expectation.name, each.account), each


def first_day(since: datetime) -> datetime:
    """The beginning of that day, UTC: so a question stays the same all day, and no file is read
    twice."""
    return since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
