"""Steps 11 to 16: the trail for data events of DynamoDB."""

from __future__ import annotations

from cloudtrail.records.data_events import TABLE
from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.step import Need, step
from lab_steps.checking.trails import lab_trails, probes
from lab_steps.checking.view import View, answered
from lab_steps.walkthrough import by_records
from lab_steps.walkthrough.checks import delivered_logs, item_reads, trail_settings
from lab_steps.walkthrough.sample_events import (
    OTHER_DATA_EVENTS,
    TABLE_EVENTS,
    other_than_data,
)
from lab_steps.walkthrough.steps import both_trails
from lab_steps.walkthrough.trails import DATA, MANAGEMENT

_BUCKET = trail_settings.proposed(DATA)
_EDIT = f"CloudTrail, Trails, {DATA.name}"
_BY_STACK = f"the stack {DATA.name} declares it"
_PUT_SELECTORS = trail_settings.put_selectors(DATA)
_HAS_TRAIL = Need(
    "a second trail of your own",
    lambda view: trail_settings.has_another(view, besides=MANAGEMENT),
)


@step(
    11,
    "Start Create trail again",
    console="Back under Trails, choose Create trail once more.",
    command="aws cloudtrail create-trail --generate-cli-skeleton",
    api=("cloudtrail:CreateTrail",),
    provides=(_HAS_TRAIL,),
    by_records=by_records.made_trail(DATA),
    action=_BY_STACK,
    hints=(
        "You have one trail. Which kind of event does it not record?",
        "The lab has two trails of your own, one for each bucket.",
    ),
    remedy=NextAction(
        console="CloudTrail, Trails: Create trail. Fill in the form as in steps 12 to 16.",
        command=trail_settings.creation(DATA),
    ),
)
def start_create_trail(view: View) -> Finding:
    """Create trail was completed for the second trail: DescribeTrails shows a trail of this account
    other than the management trail of step 6, with any name."""
    return trail_settings.another_trail(view, besides=MANAGEMENT)


@step(
    12,
    "Name it student-data-events, with a new bucket",
    console=f"Trail name {DATA.name}; Create new S3 bucket; insert {DATA.purpose} into the "
    f"proposed name: {_BUCKET}.",
    command=trail_settings.creation(DATA),
    api=("s3:CreateBucket", "s3:PutBucketPolicy", "cloudtrail:CreateTrail"),
    needs=(_HAS_TRAIL,),
    provides=(DATA.need(), delivered_logs.needs_bucket(DATA)),
    action=_BY_STACK,
    hints=(
        "Look at the trail's name and at the name of its bucket.",
        f"The bucket is a new one, and its name contains {DATA.purpose}.",
    ),
)
def name_and_bucket(view: View) -> Finding:
    """There is a trail with this name. It has its own bucket, with data-events in the bucket's name
    and a policy that lets CloudTrail write for this trail. Checked with DescribeTrails and
    GetBucketPolicy."""
    return trail_settings.name_and_bucket(view, DATA)


plain_log_files = both_trails.plain_log_files(
    13,
    DATA,
    hints=(
        "Compare with what you did in step 7.",
        "As in step 7: both are ticked in the console's form until you untick them.",
    ),
)


@step(
    14,
    "Choose Data events only",
    console="Under Event type tick Data events and untick Management events.",
    command=_PUT_SELECTORS,
    api=("cloudtrail:PutEventSelectors",),
    needs=(DATA.need(),),
    by_records=by_records.selectors(DATA, by_records.has_more_than_data_events),
    action=_BY_STACK,
    hints=(
        "Management events are ticked in the console's form until you untick them.",
        "A trail made with the CLI logs management events until put-event-selectors.",
    ),
    remedy=NextAction(
        console=f"{_EDIT}. Management events and Network activity events: Edit, and remove them.",
        command=_PUT_SELECTORS,
    ),
)
def data_events_only(view: View) -> Finding:
    """The trail's selectors record neither management events nor network activity events. Made-up
    read and write events, and events that the selectors name, are judged as CloudTrail would."""
    judged = probes.ask(view, DATA, other_than_data(lab_trails.value(view, DATA)))
    return probes.none_recorded("no management or network activity event", judged)


@step(
    15,
    "Log all DynamoDB data events",
    console="Data event type DynamoDB; log selector template Log all events; any selector name.",
    command=_PUT_SELECTORS,
    api=("cloudtrail:PutEventSelectors",),
    needs=(DATA.need(),),
    provides=(item_reads.RECORDS_TABLES,),
    action=_BY_STACK,
    hints=(
        "It must record reads and writes, on every table.",
        "One selector: eventCategory Data, resources.type AWS::DynamoDB::Table, nothing else.",
        "Give the selector a name; any will do.",
    ),
    remedy=NextAction(
        console=f"{_EDIT}, Data events: Edit; leave one data event type, DynamoDB, with Log all "
        "events and a selector name.",
        command=_PUT_SELECTORS,
    ),
)
def all_table_events(view: View) -> Finding:
    """The trail's selectors record every data event of every DynamoDB table and none of other
    services. Made-up events, and events that the selectors name, are judged as CloudTrail would.
    Advanced selectors have a name, as in the walkthrough. Basic selectors, which cannot have one,
    are accepted."""
    expected = "all data events of all DynamoDB tables, and nothing else, by a named selector"
    named = [each for each in probes.named_events(view, DATA) if each.resource_type]
    tables = (*TABLE_EVENTS, *(each for each in named if each.resource_type == TABLE))
    narrow = probes.all_recorded(expected, probes.ask(view, DATA, tables))
    if narrow.outcome != "PASS":
        return narrow
    others = (*OTHER_DATA_EVENTS, *(each for each in named if each.resource_type != TABLE))
    wide = probes.none_recorded(expected, probes.ask(view, DATA, others), *narrow.evidence)
    advanced = lab_trails.selectors(view, DATA).get("AdvancedEventSelectors") or []
    if wide.outcome != "PASS":
        return wide
    if all(each.get("Name") for each in advanced):
        told = f"DynamoDB: {narrow.actual}; other services: {wide.actual}"
        return passed(expected, told, *wide.evidence)
    return failed(
        expected,
        "the selector has no name",
        answered("cloudtrail:GetEventSelectors", AdvancedEventSelectors=advanced),
        rationale="It records what it should, but the walkthrough also gives it a name.",
    )


@step(
    16,
    "Create the trail",
    console="Next; Create trail.",
    command=f"aws cloudtrail start-logging --name {DATA.name}",
    api=("cloudtrail:StartLogging",),
    needs=(DATA.need(),),
    provides=(delivered_logs.needs_logging(DATA),),
    by_records=by_records.logging(DATA),
    action=_BY_STACK,
    hints=(
        "Does the trail record anything yet? Ask GetTrailStatus.",
        "A trail made in the console logs at once. One made with the CLI needs start-logging.",
    ),
)
def is_logging(view: View) -> Finding:
    """The trail is logging. Checked with GetTrailStatus."""
    return trail_settings.logging(view, DATA)


STEPS = (
    start_create_trail,
    name_and_bucket,
    plain_log_files,
    data_events_only,
    all_table_events,
    is_logging,
)
