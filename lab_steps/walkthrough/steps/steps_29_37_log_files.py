"""Steps 29 to 37: the log files that both trails delivered."""

from __future__ import annotations

from lab_steps.checking.finding import Finding
from lab_steps.checking.step import Need, step
from lab_steps.checking.trails import log_files, probes
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View
from lab_steps.walkthrough import table
from lab_steps.walkthrough.calls import CALLS
from lab_steps.walkthrough.checks import delivered_logs, item_reads
from lab_steps.walkthrough.sample_events import TABLE_EVENTS
from lab_steps.walkthrough.steps import both_trails
from lab_steps.walkthrough.steps.both_trails import Words
from lab_steps.walkthrough.steps.steps_05_10_management_trail import RECORDS_ALL
from lab_steps.walkthrough.trails import DATA, MANAGEMENT
from stacks.settings import TABLE_NAME

_LIST = "aws s3 ls --recursive s3://{bucket}/AWSLogs/"
_MANAGEMENT_BUCKET = both_trails.bucket_of(MANAGEMENT)
_DATA_BUCKET = both_trails.bucket_of(DATA)


def _records_or(trail: LabTrail, need: Need) -> Need:
    """`need`, unless all the records that it leads to are there already."""

    def found(view: View) -> bool:
        logs = log_files.logs_if_any(view, trail)
        return bool(logs and not logs.missing)

    return need.unless(found)


_RECORDS_A_TABLE = Need(
    "a trail that records data events of DynamoDB",
    lambda view: (
        log_files.has_files(view, DATA)
        or any(each.recorded for each in probes.ask(view, DATA, TABLE_EVENTS))
    ),
    of=item_reads.RECORDS_TABLES,
)
_SOME_DATA_EVENT = Need(
    f"a data event to deliver, such as putting an item into {TABLE_NAME}",
    item_reads.worked_on_items,
    of=table.WITH_ITEM,
)
_REGION_FOLDER = Need(
    "log files of the lab's Region",
    lambda view: bool(log_files.objects(view, MANAGEMENT, to_region=True)),
)


def _lacks_more_than_get_item(view: View) -> bool:
    return log_files.logs(view, DATA).missing != ["GetItem"]


open_management_trail = both_trails.log_location(
    29,
    MANAGEMENT,
    Words(
        title="Open student-management-events",
        console="CloudTrail, Trails, student-management-events: Trail log location.",
        command=f"aws cloudtrail get-trail-status --name {MANAGEMENT.name}",
        looks_at=(
            "The trail has a log location, and the latest delivery to it was not refused. Checked "
            "with DescribeTrails and GetTrailStatus. GetTrailStatus does not prove a delivery: "
            "the next steps check the bucket."
        ),
        hints=(
            "The trail's own page says where its log files go.",
            "The log location is a link to the bucket.",
            (
                "If the latest delivery was refused, check the bucket policy: step 6 says what it "
                "must let CloudTrail do."
            ),
        ),
    ),
)


@step(
    30,
    "Follow its log location to the bucket",
    console="Choose the link under Trail log location.",
    command=_LIST.format(bucket=_MANAGEMENT_BUCKET),
    api=("s3:ListObjectsV2",),
    needs=(
        MANAGEMENT.need(),
        delivered_logs.needs_bucket(MANAGEMENT),
        delivered_logs.needs_logging(MANAGEMENT),
    ),
    provides=(delivered_logs.needs_files(MANAGEMENT),),
    action="waits for CloudTrail's delivery",
    hints=(
        "Has the trail been logging for long enough?",
        "The first log file arrives about 5 minutes after the first event.",
        (
            "If nothing arrives within 20 minutes, check that the trail is logging and that the "
            "bucket policy lets it write."
        ),
    ),
)
def management_bucket(view: View) -> Finding:
    """There are objects under [prefix/]AWSLogs/<account>/ in the trail's bucket. Checked with
    ListObjectsV2."""
    return delivered_logs.delivered(view, MANAGEMENT)


@step(
    31,
    "Open CloudTrail/, then us-east-1/",
    console="Choose the folder CloudTrail/, then us-east-1/.",
    command=_LIST.format(bucket=_MANAGEMENT_BUCKET) + "<account>/CloudTrail/<region>/",
    api=("s3:ListObjectsV2",),
    needs=(
        MANAGEMENT.need(),
        delivered_logs.needs_bucket(MANAGEMENT),
        delivered_logs.needs_files(MANAGEMENT),
    ),
    provides=(_REGION_FOLDER,),
    hints=(
        (
            "Below the account number there is a folder for each kind of file, then one for each "
            "Region."
        ),
        "A multi-Region trail has a folder for every Region with events.",
        "Nothing for your Region? Then no call was made there while the trail was logging.",
    ),
)
def region_folder(view: View) -> Finding:
    """There are objects under CloudTrail/<region>/ for the lab's Region. Checked with
    ListObjectsV2."""
    return delivered_logs.in_region(view, MANAGEMENT)


@step(
    32,
    "Open year, month and day",
    console="Choose the folders of the year, the month and the day.",
    command=_LIST.format(bucket=_MANAGEMENT_BUCKET)
    + "<account>/CloudTrail/<region>/$(date -u +%Y/%m/%d)/",
    api=("s3:ListObjectsV2",),
    needs=(
        MANAGEMENT.need(),
        delivered_logs.needs_bucket(MANAGEMENT),
        delivered_logs.needs_files(MANAGEMENT),
        _REGION_FOLDER,
    ),
    hints=(
        "The folders below the Region are dates.",
        "Days are in UTC. A file's day is the day it was delivered.",
        "Files in other places, or with other names, are not from CloudTrail.",
    ),
)
def day_folder(view: View) -> Finding:
    """Log files are under YYYY/MM/DD and have CloudTrail's own names. Checked with
    ListObjectsV2."""
    return delivered_logs.in_days(view, MANAGEMENT)


open_management_logs = both_trails.only_its_own(
    33,
    MANAGEMENT,
    Words(
        title="Open the log files",
        console="Choose a log file, then Open: the browser shows its JSON.",
        command=both_trails.read(MANAGEMENT),
        looks_at=(
            "Every log file can be read, and all its records are management events. Whether any "
            "is a data event can only be decided once a record has arrived that is later than the "
            "other trail's data events. A file that cannot be read is an ERROR. An object that "
            "CloudTrail did not write is named and ignored."
        ),
        hints=(
            "What kinds of events are in there, and does the trail select only those?",
            "Every log file is gzip-compressed JSON with one list, Records.",
            (
                "A data event in there means that step 8's selectors log data events. Turn those "
                "off, empty the bucket, delete the table, and repeat steps 17 to 28."
            ),
        ),
    ),
)


management_events = both_trails.expected_events(
    34,
    MANAGEMENT,
    looks_at=(
        "Records of successful calls of UpdateTable and CreateTable on Users, and of ListTables, "
        "are in the trail's log files. You have to call UpdateTable yourself: today's default "
        "table is on-demand, and nothing changes its capacity for you."
    ),
    hints=(
        "Which of the three calls did you never make? Nobody updates an on-demand table for you.",
        (
            "In the walkthrough, auto scaling of a provisioned table called UpdateTable. Change "
            "the table's capacity yourself: Additional settings, Read/write capacity, Edit."
        ),
        f"With the CLI: {CALLS['UpdateTable'].command}",
    ),
    action="the workload made the calls: UpdateTable changes throughput 5/5 to 1/1",
    remedy=CALLS["UpdateTable"],
    needs=(_records_or(MANAGEMENT, table.THERE), _records_or(MANAGEMENT, RECORDS_ALL)),
)


open_data_trail = both_trails.log_location(
    35,
    DATA,
    Words(
        title="Open student-data-events and its log location",
        console="CloudTrail, Trails, student-data-events: follow Trail log location.",
        command=_LIST.format(bucket=_DATA_BUCKET),
        looks_at=(
            "The latest delivery was not refused, and there are objects under "
            "[prefix/]AWSLogs/<account>/ in the trail's own bucket. Checked with GetTrailStatus "
            "and ListObjectsV2."
        ),
        hints=(
            "Which calls does this trail record at all?",
            "Nothing is there before the first data event: putting or reading an item.",
            "Put an item and read it, wait 5 minutes, and check again.",
        ),
    ),
    needs=(delivered_logs.needs_logging(DATA), _SOME_DATA_EVENT, _RECORDS_A_TABLE),
    files=True,
)


data_bucket = both_trails.only_its_own(
    36,
    DATA,
    Words(
        title="Open the same folders in the other bucket",
        console="Open CloudTrail/, us-east-1/, year, month, day; open the log files.",
        command=_LIST.format(bucket=_DATA_BUCKET) + "<account>/CloudTrail/<region>/",
        looks_at=(
            "The layout is the same, CloudTrail/<region>/YYYY/MM/DD. Every log file can be read, "
            "and all records are data events. Whether any is a management event can only be "
            "decided once a record has arrived that is later than the lab's management events."
        ),
        hints=(
            "Go through the folders as in steps 31 and 32.",
            "The layout is the same as in the first bucket.",
            (
                "A management event in there means that step 14's selectors log management "
                "events. Remove those, empty the bucket, and repeat steps 23 to 28 with another "
                "item."
            ),
        ),
    ),
    needs=(_SOME_DATA_EVENT,),
    folders=True,
)


data_events = both_trails.expected_events(
    37,
    DATA,
    looks_at=(
        "Records of successful calls of PutItem and GetItem on Users are in the trail's log files."
    ),
    hints=(
        "Which two calls did you make on items, and were they made while the trail was logging?",
        "GetItem is recorded when an item is opened in the console, or read with get-item.",
        (
            "Put an item and get it again, now that the trail is logging. Then wait for the next "
            "log file."
        ),
    ),
    action="the workload made the calls",
    remedy=CALLS["GetItem"],
    needs=(
        _records_or(DATA, table.THERE),
        _records_or(DATA, item_reads.RECORDS_TABLES),
        _records_or(DATA, table.WITH_ITEM),
        item_reads.READ.unless(_lacks_more_than_get_item),
        item_reads.READ_USERS.unless(_lacks_more_than_get_item),
    ),
)


STEPS = (
    open_management_trail,
    management_bucket,
    region_folder,
    day_folder,
    open_management_logs,
    management_events,
    open_data_trail,
    data_bucket,
    data_events,
)
