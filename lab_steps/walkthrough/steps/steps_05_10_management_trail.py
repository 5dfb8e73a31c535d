"""Steps 5 to 10: the trail for management and Insights events."""

from __future__ import annotations

from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.step import Need, step
from lab_steps.checking.trails import lab_trails, probes
from lab_steps.checking.view import View, answered
from lab_steps.walkthrough import by_records
from lab_steps.walkthrough.checks import delivered_logs, trail_settings
from lab_steps.walkthrough.sample_events import (
    MANAGEMENT_READS,
    MANAGEMENT_WRITES,
    NETWORK_EVENTS,
    OTHER_DATA_EVENTS,
    TABLE_EVENTS,
)
from lab_steps.walkthrough.steps import both_trails
from lab_steps.walkthrough.trails import DATA, MANAGEMENT
from stacks.settings import INSIGHT_TYPES

_BUCKET = trail_settings.proposed(MANAGEMENT)
_EDIT = f"CloudTrail, Trails, {MANAGEMENT.name}"
_PUT_SELECTORS = trail_settings.put_selectors(MANAGEMENT)
_PUT_INSIGHTS = (
    f"aws cloudtrail put-insight-selectors --trail-name {MANAGEMENT.name} --insight-selectors "
    "InsightType=ApiCallRateInsight InsightType=ApiErrorRateInsight"
)
_BY_STACK = f"the stack {MANAGEMENT.name} declares it"
_HAS_TRAIL = Need(
    "a trail of your own",
    lambda view: trail_settings.has_another(view, besides=DATA),
)
RECORDS_ALL = Need(
    "a trail that records read and write management events",
    lambda view: all(
        each.recorded
        for each in probes.ask(view, MANAGEMENT, (*MANAGEMENT_WRITES, *MANAGEMENT_READS))
    ),
)
_HAS_INSIGHTS = Need(
    "Insights events on the trail", lambda view: bool(lab_trails.insight_types(view, MANAGEMENT))
)


@step(
    5,
    "Start Create trail",
    console="Under Trails, choose Create trail.",
    command="aws cloudtrail create-trail --generate-cli-skeleton",
    api=("cloudtrail:CreateTrail",),
    provides=(_HAS_TRAIL,),
    by_records=by_records.made_trail(MANAGEMENT),
    action=_BY_STACK,
    hints=(
        "Start where the trails are listed.",
        "Create trail is the orange button at the top of the list of trails.",
        "Steps 6 to 10 fill in the form. The check looks at the finished trail.",
    ),
    remedy=NextAction(
        console="CloudTrail, Trails: Create trail. Fill in the form as in steps 6 to 10.",
        command=trail_settings.creation(MANAGEMENT),
    ),
)
def start_create_trail(view: View) -> Finding:
    """Create trail was completed at least once: DescribeTrails shows a trail of this account other
    than the data trail of step 12, with any name."""
    return trail_settings.another_trail(view, besides=DATA)


@step(
    6,
    "Name it student-management-events, with a new bucket",
    console=f"Trail name {MANAGEMENT.name}; Create new S3 bucket; insert {MANAGEMENT.purpose} "
    f"into the proposed name: {_BUCKET}.",
    command=trail_settings.creation(MANAGEMENT),
    api=("s3:CreateBucket", "s3:PutBucketPolicy", "cloudtrail:CreateTrail"),
    needs=(_HAS_TRAIL,),
    provides=(MANAGEMENT.need(), delivered_logs.needs_bucket(MANAGEMENT)),
    action=_BY_STACK,
    hints=(
        "Look at the trail's name and at the name of its bucket.",
        f"The bucket's name must contain {MANAGEMENT.purpose}.",
        "CloudTrail can only write to a bucket whose policy allows it.",
    ),
)
def name_and_bucket(view: View) -> Finding:
    """There is a trail with this name. Its bucket has management-events in its name, and a policy
    that lets CloudTrail write for this trail. Checked with DescribeTrails and GetBucketPolicy."""
    return trail_settings.name_and_bucket(view, MANAGEMENT)


plain_log_files = both_trails.plain_log_files(
    7,
    MANAGEMENT,
    hints=(
        "The walkthrough wants log files that anyone with access can simply open.",
        "Both are ticked in the console's form until you untick them.",
        "For a finished trail: Edit under General details, or update-trail.",
    ),
)


@step(
    8,
    "Choose Management events and Insights events",
    console="Under Event type tick Management events and Insights events, not Data events.",
    command=f"{_PUT_SELECTORS} && {_PUT_INSIGHTS}",
    api=("cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors"),
    needs=(MANAGEMENT.need(),),
    provides=(_HAS_INSIGHTS,),
    action=_BY_STACK,
    hints=(
        "Two of the boxes under Event type are ticked.",
        "Data events go to the other trail; Insights need management events.",
    ),
    remedy=NextAction(
        console=(
            f"{_EDIT}. Management events: Edit, and log them. Data events and Network activity "
            "events: Edit, and remove them all. Insights events: Edit, and tick both types."
        ),
        command=f"{_PUT_SELECTORS} && {_PUT_INSIGHTS}",
    ),
)
def event_types(view: View) -> Finding:
    """The trail's selectors record management events, but no data events and no network activity
    events. Made-up events, and events that the selectors name, are judged as CloudTrail would. The
    trail logs Insights events. Checked with GetEventSelectors and GetInsightSelectors."""
    expected = "management events, Insights events, no others"
    managed = probes.ask(view, MANAGEMENT, (*MANAGEMENT_WRITES, *MANAGEMENT_READS))
    named = probes.named_events(view, MANAGEMENT)
    others = (*TABLE_EVENTS, *OTHER_DATA_EVENTS, *NETWORK_EVENTS, *named)
    judged = probes.ask(view, MANAGEMENT, others)
    if not any(probe.recorded for probe in managed):
        return failed(
            expected, "no management event is recorded", *managed, rationale=managed[0].reason
        )
    wide = [probe for probe in judged if probe.recorded]
    if wide:
        return failed(
            expected,
            f"other events are recorded too: {probes.titles(wide)}",
            *wide,
            rationale=wide[0].reason,
        )
    insights = lab_trails.insight_types(view, MANAGEMENT)
    evidence = answered("cloudtrail:GetInsightSelectors", InsightTypes=list(insights))
    if not insights:
        return failed(
            expected,
            "management events only",
            evidence,
            rationale="Insights events was not ticked: the trail has no Insights selector.",
        )
    return passed(expected, "management and Insights events", managed[0], judged[0], evidence)


@step(
    9,
    "Log Read and Write management events",
    console="Under Management events, API activity: tick Read and Write.",
    command=f"aws cloudtrail get-event-selectors --trail-name {MANAGEMENT.name}",
    api=("cloudtrail:PutEventSelectors",),
    needs=(MANAGEMENT.need(),),
    provides=(RECORDS_ALL,),
    by_records=by_records.selectors(MANAGEMENT, by_records.lacks_management_events),
    action=_BY_STACK,
    hints=(
        "Which calls would be missing from the log files if only one kind were logged?",
        "ListTables is a read event, CreateTable a write event: step 34 wants both.",
        "Under Management events, API activity, tick both Read and Write.",
    ),
    remedy=NextAction(
        console=f"{_EDIT}, Management events: Edit; API activity: tick Read and Write.",
        command=_PUT_SELECTORS,
    ),
)
def read_and_write(view: View) -> Finding:
    """The trail's selectors record both read and write management events. Made-up events of several
    services are judged as CloudTrail would. You may leave out AWS KMS or RDS Data API events, which
    the console offers separately."""
    judged = probes.ask(view, MANAGEMENT, (*MANAGEMENT_WRITES, *MANAGEMENT_READS))
    return probes.all_recorded("read and write management events", judged)


@step(
    10,
    "Choose both Insights types, and create the trail",
    console="Under Insights events tick API call rate and API error rate; Next; Create trail.",
    command=f"{_PUT_INSIGHTS} && aws cloudtrail start-logging --name {MANAGEMENT.name}",
    api=("cloudtrail:PutInsightSelectors", "cloudtrail:StartLogging"),
    needs=(MANAGEMENT.need(), _HAS_INSIGHTS),
    provides=(delivered_logs.needs_logging(MANAGEMENT),),
    action=_BY_STACK,
    hints=(
        "There are two types of Insights; the walkthrough wants both.",
        "A trail made in the console logs at once. One made with the CLI needs start-logging.",
    ),
    remedy=NextAction(
        console=f"{_EDIT}, Insights events: Edit; tick API call rate and API error rate.",
        command=_PUT_INSIGHTS,
    ),
)
def insights_and_logging(view: View) -> Finding:
    """The trail logs Insights for API call rate and API error rate, and it is logging. Checked with
    GetInsightSelectors and GetTrailStatus."""
    types = lab_trails.insight_types(view, MANAGEMENT)
    missing = [each for each in INSIGHT_TYPES if each not in types]
    if missing:
        return failed(
            f"{' and '.join(INSIGHT_TYPES)}; the trail is logging",
            f"Insights of {', '.join(types)} only",
            answered("cloudtrail:GetInsightSelectors", InsightTypes=list(types)),
            rationale=f"{' and '.join(missing)} is not selected.",
        )
    return trail_settings.logging(view, MANAGEMENT)


STEPS = (
    start_create_trail,
    name_and_bucket,
    plain_log_files,
    event_types,
    read_and_write,
    insights_and_logging,
)
