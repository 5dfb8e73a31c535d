"""The five steps."""

from __future__ import annotations

from datetime import datetime

from lab_steps.checking.finding import Finding, NextAction, failed, passed, pending, undecidable
from lab_steps.checking.probe_events import ProbeEvent
from lab_steps.checking.step import Need, step
from lab_steps.checking.trails import lab_trails, log_files, probes
from lab_steps.checking.trails.log_files import Logs
from lab_steps.checking.view import View, answered
from tests.lab_steps.second_lab.deployment import TRAIL, bucket_name
from tests.lab_steps.second_lab.trail import BUCKET, OBJECTS
from trail_logs.counting import counted

_CREATE = f"aws cloudtrail create-trail --name {TRAIL} --s3-bucket-name second-lab-logs-<account>"
_SELECT = (
    f"aws cloudtrail put-event-selectors --trail-name {TRAIL} --advanced-event-selectors "
    '\'[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},'
    '{"Field":"resources.type","Equals":["AWS::S3::Object"]},'
    f'{{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::{BUCKET}/"]}}]}}]\''
)
_BY_STACK = "the stack second-lab declares it"
_LOGGING = Need(
    f"{TRAIL} is logging", lambda view: bool(lab_trails.status(view, OBJECTS)["IsLogging"])
)
_FILES = Need(f"log files of {TRAIL}", lambda view: bool(log_files.objects(view, OBJECTS)))


def _on_object(name: str, *, read_only: bool) -> ProbeEvent:
    arn = f"arn:aws:s3:::{bucket_name('objects', '{account}')}/any-key"
    return ProbeEvent("s3", name, read_only, "AWS::S3::Object", arn)


OURS = (_on_object("PutObject", read_only=False), _on_object("GetObject", read_only=True))
OTHERS = (
    ProbeEvent("s3", "CreateBucket", read_only=False),
    ProbeEvent("s3", "PutObject", False, "AWS::S3::Object", "arn:aws:s3:::another-bucket/any-key"),
)


@step(
    1,
    "Make a trail",
    console=f"CloudTrail, Trails: Create trail, {TRAIL}, with the bucket for logs.",
    command=_CREATE,
    api=("cloudtrail:CreateTrail",),
    provides=(OBJECTS.need(),),
    action=_BY_STACK,
    hints=("Which trails has the account?", f"The trail is called {TRAIL}."),
)
def make_trail(view: View) -> Finding:
    """The trail exists. Checked with DescribeTrails."""
    names = [each["Name"] for each in lab_trails.own(view)]
    evidence = answered("cloudtrail:DescribeTrails", ownTrails=names)
    if TRAIL in names:
        return passed(f"a trail {TRAIL}", TRAIL, evidence)
    actual = ", ".join(names) or "no trail"
    return failed(f"a trail {TRAIL}", actual, evidence, rationale="There is no trail of that name.")


@step(
    2,
    "Log the data events of one bucket",
    console="Data events: S3, Log all events, with the ARN of the bucket of objects; untick "
    "Management events.",
    command=_SELECT,
    api=("cloudtrail:PutEventSelectors",),
    needs=(OBJECTS.need(),),
    action=_BY_STACK,
    hints=("Whose objects does the trail log?", "resources.ARN starts with the bucket's ARN."),
)
def select_objects(view: View) -> Finding:
    """The trail's selectors record reading and writing the bucket's objects, and neither other
    buckets' nor management events: made-up events are judged as CloudTrail would."""
    expected = "data events of the bucket's objects, and nothing else"
    ours = probes.all_recorded(expected, probes.ask(view, OBJECTS, OURS))
    others = probes.ask(view, OBJECTS, (*OTHERS, *_named(view)))
    return ours if ours.outcome != "PASS" else probes.none_recorded(expected, others)


def _named(view: View) -> list[ProbeEvent]:
    """What the selectors name besides: events on anything but the bucket's objects."""
    ours = f"arn:aws:s3:::{bucket_name('objects', view.account)}/"
    named = probes.named_events(view, OBJECTS)
    return [each for each in named if not each.resource.startswith(ours)]


@step(
    3,
    "Start logging",
    console=f"CloudTrail, Trails, {TRAIL}: Start logging.",
    command=f"aws cloudtrail start-logging --name {TRAIL}",
    api=("cloudtrail:StartLogging",),
    needs=(OBJECTS.need(),),
    provides=(_LOGGING,),
    action=_BY_STACK,
    hints=("Does it record yet?", "A trail made with the CLI waits for start-logging."),
)
def start_logging(view: View) -> Finding:
    """The trail is logging. Checked with GetTrailStatus."""
    is_logging = bool(lab_trails.status(view, OBJECTS)["IsLogging"])
    evidence = answered("cloudtrail:GetTrailStatus", IsLogging=is_logging)
    if is_logging:
        return passed("logging", "logging", evidence)
    return failed("logging", "not logging", evidence, rationale="It records only while it is on.")


@step(
    4,
    "Put an object, get it, and find both calls",
    console="S3, the bucket of objects: Upload a file, open it; minutes later, open the log files.",
    command=f"{OBJECTS.remedies['PutObject'].command} && {OBJECTS.remedies['GetObject'].command}",
    api=("s3:PutObject", "s3:GetObject"),
    needs=(OBJECTS.need(), _LOGGING),
    provides=(_FILES,),
    action="calls PutObject and GetObject, and waits for CloudTrail's delivery",
    hints=("Log files come minutes after a call.", "Look for eventName in the log files."),
)
def find_calls(view: View) -> Finding:
    """Records of successful calls of PutObject and GetObject are in the trail's log files."""
    expected = "PutObject and GetObject in the log files"
    logs = log_files.logs_if_any(view, OBJECTS)
    missing = logs.missing if logs else [each.name for each in OBJECTS.expected]
    evidence = log_files.first_records(logs.found) if logs else ()
    if not missing:
        return passed(expected, expected, *evidence)
    return _missing(view, expected, missing, logs)


def _missing(view: View, expected: str, missing: list[str], logs: Logs | None) -> Finding:
    """ERROR while a file cannot be read, PENDING while a delivery may be on its way, then FAIL."""
    actual = f"not found: {', '.join(missing)}"
    damaged = log_files.damaged_files(logs) if logs else ()
    if damaged:
        return undecidable(expected, actual, *damaged, rationale="It may be in a damaged file.")
    worked = _last_work(view)
    if worked and worked + view.patience.due > view.now:
        return pending(expected, actual, since=worked, until=worked + view.patience.due)
    return failed(
        expected,
        actual,
        rationale="The call was not made while the trail was logging.",
        next_action=OBJECTS.remedy(missing),
    )


def _last_work(view: View) -> datetime | None:
    """When an object was put, or the runner worked; whoever only reads leaves no time behind."""
    bucket = bucket_name("objects", view.account)
    listed = view.ask("s3:ListObjectsV2", Bucket=bucket).get("Contents", [])
    times = [*(each["LastModified"] for each in listed), view.last_action]
    return max((each for each in times if each), default=None)


@step(
    5,
    "See that no management event is there",
    console="Look through the log files: every eventCategory is Data.",
    command="aws s3 cp --recursive s3://second-lab-logs-<account>/AWSLogs/ logs",
    api=("s3:GetObject",),
    needs=(OBJECTS.need(), _FILES),
    hints=(
        "Which kinds of event are there?",
        "Management events are ticked at first.",
    ),
    remedy=NextAction(console="Untick Management events, and empty the bucket.", command=_SELECT),
)
def only_data_events(view: View) -> Finding:
    """No record in the trail's log files is a management event."""
    expected = "data events only"
    logs = log_files.logs(view, OBJECTS)
    damaged = log_files.damaged_files(logs)
    if logs.foreign.first:
        found = log_files.first_records([logs.foreign])
        actual = f"{logs.foreign.count} management events"
        return failed(expected, actual, *found, rationale="The trail's selectors log them.")
    if damaged:
        return undecidable(expected, "unreadable files", *damaged, rationale="It may be in there.")
    return passed(expected, f"{counted(logs.reading.records, 'record')}, all Data")


SETTINGS = (make_trail, select_objects, start_logging)
LOG_FILES = (find_calls, only_data_events)
