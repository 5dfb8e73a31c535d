"""What to do next when log files lack something, or hold what they should not."""

from __future__ import annotations

from collections.abc import Iterator

from lab_steps.checking import probes, trail_records, trails
from lab_steps.checking.finding import NextAction
from lab_steps.checking.trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough.calls import CALLS
from lab_steps.walkthrough.checks import trail_settings
from lab_steps.walkthrough.checks.samples import (
    MANAGEMENT_READS,
    MANAGEMENT_WRITES,
    OTHER_DATA_EVENTS,
    TABLE_EVENTS,
)
from lab_steps.walkthrough.trails import DATA, MANAGEMENT, the_other
from stacks.settings import TABLE_NAME

_WAIT = "its log file comes in 5 to 20 minutes. Do not move or rename what CloudTrail writes."


def call_again(view: View, trail: LabTrail) -> NextAction:
    """Make CloudTrail write a new file of `trail` for the lab's region."""
    here = f"With {view.region} chosen at the top right,"
    if trail is MANAGEMENT:
        return NextAction(
            console=f"{here} open DynamoDB, Tables; {_WAIT}",
            command=f"aws dynamodb list-tables --region {view.region}",
        )
    return NextAction(
        console=f"{here} create and open another item of {TABLE_NAME}; {_WAIT}",
        command=f"{CALLS['PutItem'].command} --region {view.region}",
    )


def deliver_again(view: View, trail: LabTrail) -> NextAction:
    """Let CloudTrail try a bucket again that refused its latest delivery and permits it now."""
    again = call_again(view, trail)
    return NextAction(
        console="The bucket lets CloudTrail write now, so the next delivery clears the error. "
        + again.console,
        command=again.command,
    )


def keep_apart(view: View, trail: LabTrail) -> NextAction:
    """Let `trail`'s bucket hold its own kind of event only.

    First what goes on being recorded, if anything does; then what was recorded before, unless
    the trail leaves it behind; then the calls that the new files have to hold.
    """
    if _moves(view, trail):
        return _in_order(trail_settings.move(trail), _REDO[trail.name])
    return _in_order(*_stop_mixing(view, trail), _clear(view, trail), _REDO[trail.name])


def shares_bucket(view: View, trail: LabTrail) -> bool:
    """Whether the lab's other trail delivers to the bucket of `trail`."""
    other = trails.find(view, the_other(trail))
    return other is not None and other["S3BucketName"] == trail_records.location(view, trail)[0]


def _moves(view: View, trail: LabTrail) -> bool:
    """Whether `trail` is the one to leave a bucket that both deliver to: by the bucket's name."""
    bucket, _ = trail_records.location(view, trail)
    return shares_bucket(view, trail) and trail.purpose not in bucket


def _stop_mixing(view: View, trail: LabTrail) -> Iterator[NextAction]:
    if shares_bucket(view, trail):
        yield trail_settings.move(the_other(trail))
    elif any(probe.recorded for probe in probes.ask(view, trail, _FOREIGN[trail.name])):
        kind = "Data events" if trail is MANAGEMENT else "Management events"
        yield NextAction(
            console=f"CloudTrail, Trails, {trail.name}, {kind}: Edit, and remove them.",
            command=trail_settings.put_selectors(trail),
        )


def _clear(view: View, trail: LabTrail) -> NextAction:
    bucket, folder = trail_records.location(view, trail)
    return NextAction(
        console=f"S3, {bucket}: Empty, as its files keep what was recorded before; the last of "
        "that comes up to 20 minutes after the trail was changed.",
        command=f"aws s3 rm --recursive s3://{bucket}/{folder}",
    )


def _in_order(*actions: NextAction) -> NextAction:
    return NextAction(
        console=" ".join(each.console for each in actions),
        command=" && ".join(each.command for each in actions),
    )


_REDO = {
    MANAGEMENT.name: NextAction(
        console=f"Delete the table {TABLE_NAME} and do steps 17 to 28 again, so that new files "
        "have those calls.",
        command=CALLS["CreateTable"].command,
    ),
    DATA.name: NextAction(
        console="Do steps 23 to 28 again with another item, so that new files have those calls.",
        command=f"aws dynamodb scan --table-name {TABLE_NAME} && {CALLS['PutItem'].command} && "
        f"{CALLS['GetItem'].command}",
    ),
}


_FOREIGN = {
    MANAGEMENT.name: (*TABLE_EVENTS, *OTHER_DATA_EVENTS),
    DATA.name: (*MANAGEMENT_WRITES, *MANAGEMENT_READS),
}
