"""Reads of items in the data trail's log files, as DynamoDB's pages make them."""

from __future__ import annotations

from collections.abc import Iterable

from lab_steps.checking.finding import Finding, NextAction, passed
from lab_steps.checking.step import Need
from lab_steps.checking.trails import log_files, probes
from lab_steps.checking.view import View
from lab_steps.walkthrough import table
from lab_steps.walkthrough.checks import activity, delivered_logs
from lab_steps.walkthrough.expected_records import READS, READS_OF_USERS
from lab_steps.walkthrough.sample_events import TABLE_EVENTS
from lab_steps.walkthrough.trails import DATA
from trail_logs.counting import counted
from trail_logs.expectations import Answer, Expectation

RECORDS_TABLES = Need(
    "a trail that records all data events of DynamoDB",
    lambda view: all(each.recorded for each in probes.ask(view, DATA, TABLE_EVENTS)),
)


def worked_on_items(view: View) -> bool:
    """Whether there is an item, or a record of a person who put, read or looked for one."""
    if table.items(view):
        return True
    logs = log_files.logs_if_any(view, DATA)
    return bool(logs and logs.work)


def found(view: View, reads: Expectation) -> Answer:
    """What the data trail's log files have of READS, or of READS_OF_USERS."""
    return log_files.logs(view, DATA).answer(reads)


_WORK_DELIVERED = delivered_logs.needs_files(DATA).unless(lambda view: not worked_on_items(view))


def needs(reads: Expectation) -> tuple[Need, ...]:
    """What must be there before `reads` can be called missing: nothing if they are found."""
    unless_found = (
        table.THERE,
        delivered_logs.needs_logging(DATA),
        RECORDS_TABLES,
        _WORK_DELIVERED,
    )
    return (
        DATA.need(),
        delivered_logs.needs_bucket(DATA),
        *(each.unless(lambda view: _have_been(view, reads)) for each in unless_found),
    )


READ = Need(READS.name, lambda view: _decidable(view, READS))
READ_USERS = Need(READS_OF_USERS.name, lambda view: _decidable(view, READS_OF_USERS))
"""Steps 23 and 24 say that there are no such reads."""


def of_any_table(view: View, meanwhile: NextAction) -> Finding:
    """People read items, whatever the table."""
    lack = "nobody read an item while the trail was logging, or the read was refused"
    return _judged(view, READS, lack, meanwhile)


def of_users(view: View, meanwhile: NextAction) -> Finding:
    """People read items of Users."""
    tables = ", ".join(dict.fromkeys(_tables(found(view, READS))))
    return _judged(view, READS_OF_USERS, f"the items that were read are from {tables}", meanwhile)


def _judged(view: View, reads: Expectation, lack: str, meanwhile: NextAction) -> Finding:
    logs = log_files.logs(view, DATA)
    answer = found(view, reads)
    expected = f"{reads.name} in the log files of {DATA.name}, other than a check's"
    if answer.first:
        actual = f"{counted(answer.count, 'read')}, the first by {answer.first.event_name}"
        return passed(expected, actual, log_files.record(answer.first))
    undecided = delivered_logs.in_damaged_files(logs, expected, "none")
    if undecided:
        return undecided
    rationale = f"Searched {delivered_logs.held(logs)}: {lack}. A check's own calls do not count."
    return activity.not_there_yet(view, expected, "none", rationale, DATA, meanwhile=meanwhile)


def _decidable(view: View, reads: Expectation) -> bool:
    """Whether there are such reads, or may be in a file that cannot be read."""
    damaged = log_files.damaged_files(log_files.logs(view, DATA))
    return bool(damaged) or bool(found(view, reads).count)


def _have_been(view: View, reads: Expectation) -> bool:
    logs = log_files.logs_if_any(view, DATA)
    return bool(logs and logs.answer(reads).count)


def _tables(answer: Answer) -> Iterable[str]:
    """The tables in the first and the last of these records."""
    for each in (answer.first, answer.last):
        for resource in log_files.record(each).record.get("resources", []) if each else []:
            yield str(resource.get("ARN")).partition(":table/")[2]
