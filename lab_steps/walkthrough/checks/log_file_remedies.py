"""What to do next if log files lack something, or have something they should not."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any

from lab_steps.checking import history
from lab_steps.checking.finding import NextAction
from lab_steps.checking.known_events import Search
from lab_steps.checking.trails import lab_trails, log_files, probes
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough import table
from lab_steps.walkthrough.calls import CALLS, UPDATE_TABLE
from lab_steps.walkthrough.checks import trail_settings
from lab_steps.walkthrough.expected_records import DYNAMODB
from lab_steps.walkthrough.sample_events import (
    MANAGEMENT_READS,
    MANAGEMENT_WRITES,
    OTHER_DATA_EVENTS,
    TABLE_EVENTS,
)
from lab_steps.walkthrough.trails import DATA, MANAGEMENT, the_other
from stacks.settings import TABLE_NAME

_WAIT = "a log file follows in 5 to 20 minutes. Do not move or rename what CloudTrail writes."


def make_call(view: View, trail: LabTrail, missing: Collection[str]) -> NextAction:
    """Make the first of the `missing` calls, so that it succeeds with the table as it is."""
    action = trail.remedy(missing)
    description = table.described(view)
    if action is not CALLS["UpdateTable"] or description is None:
        return action
    return NextAction(console=action.console, command=update_table(description))


def make_unmade_call(view: View, trail: LabTrail, missing: Collection[str]) -> NextAction | None:
    """While waiting for records: make the first of the `missing` calls that left no trace in Event
    history, in the table or in its items. None if all did, or without the table: none of the calls
    can be made then.
    """
    if table.described(view) is None:
        return None
    unmade = [name for name in missing if not _is_known(view, name)]
    return make_call(view, trail, unmade) if unmade else None


def _is_known(view: View, name: str) -> bool:
    if name == "CreateTable":
        return table.described(view) is not None
    if name == "PutItem":
        return bool(table.items(view))
    return history.latest(view, Search("EventName", name, DYNAMODB)) is not None


def update_table(description: dict[str, Any] | None = None) -> str:
    """The command that changes the table's capacity: DynamoDB refuses an update without a
    change."""
    now = (description or {}).get("ProvisionedThroughput", {})
    same = (now.get("ReadCapacityUnits"), now.get("WriteCapacityUnits")) == (2, 2)
    return UPDATE_TABLE.format(units=1 if same else 2)


def call_again(view: View, trail: LabTrail) -> NextAction:
    """Make CloudTrail write a new file of `trail` for the lab's Region."""
    here = f"With {view.region} chosen at the top right,"
    if trail is MANAGEMENT:
        return NextAction(
            console=f"{here} open DynamoDB, Tables; {_WAIT}",
            command="aws dynamodb list-tables",
        )
    return NextAction(
        console=f"{here} create and open another item of {TABLE_NAME}; {_WAIT}",
        command=CALLS["PutItem"].command,
    )


def deliver_again(view: View, trail: LabTrail) -> NextAction:
    """Make CloudTrail deliver to a bucket that refused the latest delivery and now allows it."""
    again = call_again(view, trail)
    return NextAction(
        console="The bucket lets CloudTrail write now, so the next delivery clears the error. "
        + again.console,
        command=again.command,
    )


def keep_apart(view: View, trail: LabTrail) -> NextAction:
    """Get only events of its own kind into `trail`'s bucket: stop what is still mixed, delete what
    was recorded before (unless the trail moves to a new bucket), and make again the calls that the
    new files must show.
    """
    if _moves(view, trail):
        return _in_order(trail_settings.move(view, trail), _REDO[trail.name])
    return _in_order(*_stop_mixing(view, trail), _clear(view, trail), _REDO[trail.name])


def shares_bucket(view: View, trail: LabTrail) -> bool:
    """Whether the lab's other trail delivers to the bucket of `trail`."""
    other = lab_trails.find(view, the_other(trail))
    return other is not None and other["S3BucketName"] == log_files.location(view, trail)[0]


def _moves(view: View, trail: LabTrail) -> bool:
    """Whether `trail` must leave a bucket that both deliver to: the bucket's name tells whose it
    is."""
    bucket, _ = log_files.location(view, trail)
    return shares_bucket(view, trail) and trail.purpose not in bucket


def _stop_mixing(view: View, trail: LabTrail) -> Iterator[NextAction]:
    if shares_bucket(view, trail):
        yield trail_settings.move(view, the_other(trail))
    elif any(probe.recorded for probe in probes.ask(view, trail, _FOREIGN[trail.name])):
        kind = "Data events" if trail is MANAGEMENT else "Management events"
        yield NextAction(
            console=f"CloudTrail, Trails, {trail.name}, {kind}: Edit, and remove them.",
            command=trail_settings.put_selectors(trail),
        )


def _clear(view: View, trail: LabTrail) -> NextAction:
    bucket, folder = log_files.location(view, trail)
    return NextAction(
        console=(
            f"S3, {bucket}: Empty. Its files keep what was recorded before, and the last of it "
            "arrives up to 20 minutes after you changed the trail."
        ),
        command=f"aws s3 rm --recursive {shlex.quote(f's3://{bucket}/{folder}')}",
    )


def _in_order(*actions: NextAction) -> NextAction:
    return NextAction(
        console=" ".join(each.console for each in actions),
        command=" && ".join(each.command for each in actions),
    )


_REDO = {
    MANAGEMENT.name: NextAction(
        console=(
            f"Delete the table {TABLE_NAME} and repeat steps 17 to 28, so that new files have "
            "those calls."
        ),
        command=CALLS["CreateTable"].command,
    ),
    DATA.name: NextAction(
        console="Repeat steps 23 to 28 with another item, so that new files have those calls.",
        command=f"aws dynamodb scan --table-name {TABLE_NAME} && {CALLS['PutItem'].command} && "
        f"{CALLS['GetItem'].command}",
    ),
}


_FOREIGN = {
    MANAGEMENT.name: (*TABLE_EVENTS, *OTHER_DATA_EVENTS),
    DATA.name: (*MANAGEMENT_WRITES, *MANAGEMENT_READS),
}
