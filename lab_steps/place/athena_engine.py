"""Amazon Athena instead of the local reader: `check --engine athena`.

One statement per look answers all expectations of a lab's trails. Log files are never fetched.
Starting a query is not a read-only call, so a check cannot make it through its view. It is only
made here, and only writes its result to the workgroup's result location.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lab_steps.checking.patience import Patience
from lab_steps.checking.trails import bucket
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.trails.log_files import TrailQuestion, questions
from lab_steps.checking.user_agents import CHECK
from lab_steps.targets.target import Target
from trail_logs.athena import client
from trail_logs.athena.client import DEPLOY, Scan, TableMissingError, Workgroup
from trail_logs.athena.statement import LogTable
from trail_logs.athena.tables import Wanted, log_table
from trail_logs.reader import Reading
from trail_logs.sources.log_source import NoSuchLocationError

if TYPE_CHECKING:
    from lab_steps.checking.view import View

LOOK_BACK = timedelta(days=90)
"""How far a statement goes back if nothing says when the lab's work began."""

RARER = 4
"""The time between two queries is so many times the time between two looks at files."""

NOTICE = (
    "Athena answered this. A file that it cannot read fails the query. Files without records are "
    "not counted. Of the files with damaged records, only the first is named. Objects that "
    "CloudTrail did not write are not told apart."
)


@dataclass
class AthenaEngine:
    """Queries Athena at a target, about `trails`. `scans` are the queries so far, including failed
    ones. `table` returns the table of a trail's log files by the trail's `purpose`.
    """

    target: Target
    trails: tuple[LabTrail, ...]
    workgroup: str
    database: str
    table: Callable[[str], str]
    scans: list[Scan] = field(default_factory=list)

    @property
    def patience(self) -> Patience:
        """The target's, but with rarer looks: each costs a query."""
        return replace(self.target.patience, poll=RARER * self.target.patience.poll)

    def readings(self, view: View) -> dict[str, Reading | Exception]:
        """A reading, or why there is none, for every trail that is there. What fails for one is
        not raised, so the result of one look is kept like any other response.
        """
        asked = questions(view, self.trails)
        began = [since for each in self.trails if (since := each.since(view))]
        since = min(began, default=view.now - LOOK_BACK)
        tables: dict[str, LogTable] = {}
        found: dict[str, Reading | Exception] = {}
        for trail, each in asked.items():
            try:
                tables[trail] = self._table(view, each, since)
            except Exception as error:  # noqa: BLE001 (raised where this trail is looked at)
                found[trail] = error
        if tables:
            found |= self._read(view, {trail: asked[trail] for trail in tables}, tables, since)
        return found

    def _read(
        self,
        view: View,
        asked: Mapping[str, TrailQuestion],
        tables: Mapping[str, LogTable],
        since: datetime,
    ) -> dict[str, Reading | Exception]:
        expectations = [
            replace(each, location=trail)
            for trail, one in asked.items()
            for each in one.expectations
        ]
        try:
            reading = client.ask(
                self.target.client("athena", CHECK),
                Workgroup(self.workgroup, tables),
                expectations,
                since,
                view.now,
                started=self.scans.append,
            )
        except Exception as error:  # noqa: BLE001 (raised where the trails are looked at)
            return dict.fromkeys(asked, error)
        return {
            trail: replace(reading.readings[trail], location=one.bucket, notices=(NOTICE,))
            for trail, one in asked.items()
        }

    def _table(self, view: View, asked: TrailQuestion, since: datetime) -> LogTable:
        if not bucket.exists(view, asked.bucket):
            # One bucket that is gone would fail the query over both.
            raise NoSuchLocationError(
                f"There is no bucket {asked.bucket}.", "Check the trail's bucket."
            )
        name = self.table(asked.purpose)
        wanted = Wanted(asked.bucket, asked.prefix, (view.account,), (view.region,), since)
        return log_table(table_definition(view.ask, self.database, name), wanted)


def table_definition(ask: Callable[..., dict[str, Any]], database: str, name: str) -> Any:
    """The definition of a table of the Glue catalog, requested by `ask`.

    Raises TableMissingError and its siblings.
    """
    from botocore.exceptions import ClientError

    try:
        answer = ask("glue:GetTable", DatabaseName=database, Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            raise TableMissingError(
                f"There is no Athena table {database}.{name}.", DEPLOY
            ) from error
        raise client.explained(error.response["Error"], "Glue") from error
    return answer["Table"]
