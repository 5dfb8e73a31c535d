"""Steps 1 to 4: signing in, the dashboard, Event history, the list of trails."""

from __future__ import annotations

import shlex
from typing import Any

from lab_steps.checking import history
from lab_steps.checking.finding import (
    ApiAnswer,
    Finding,
    NextAction,
    failed,
    not_applicable,
    passed,
)
from lab_steps.checking.known_events import Search
from lab_steps.checking.step import step
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.view import View, answered
from lab_steps.process import COMMAND
from lab_steps.walkthrough import by_records
from lab_steps.walkthrough.checks import activity
from lab_steps.walkthrough.expected_records import ANY, EXPECTED_TRAIL, NONE
from stacks.settings import ORGANIZATION_TRAIL_NAME

TRAIL_CALLS = (
    "CreateTrail",
    "PutEventSelectors",
    "StartLogging",
    "UpdateTrail",
    "PutInsightSelectors",
    "StopLogging",
    "DeleteTrail",
    "GetTrail",
    "ListTrails",
    "DescribeTrails",
    "GetTrailStatus",
    "GetEventSelectors",
    "GetInsightSelectors",
)
"""Calls that people make on the console's pages about trails. Those that checks make too are last:
Event history may have many pages of them."""


_WHOSE_PROFILES = (
    "for each in $(python -c 'import boto3; print(*boto3.Session().available_profiles)'); "
    'do echo "--profile $each: $(aws sts get-caller-identity --profile $each '
    '--query Account --output text 2>&1 | tail -n 1)"; done'
)
"""Prints the account of each profile; version 1 of the AWS CLI has no list of profiles."""


@step(
    1,
    "Sign in with the lab's credentials",
    console="Open the AWS console's sign-in page and enter the lab's account, user and password.",
    command="aws sts get-caller-identity",
    api=("sts:GetCallerIdentity",),
    hints=(
        "Which account do your credentials belong to?",
        "The account number at the top right of the console must be that of the lab.",
    ),
)
def sign_in(view: View) -> Finding:
    """The credentials work and belong to the lab's account. Checked with GetCallerIdentity."""
    who = view.ask("sts:GetCallerIdentity")
    wanted = view.expected_account or view.account
    expected = f"credentials of account {wanted}"
    evidence = answered("sts:GetCallerIdentity", Account=who["Account"], Arn=who["Arn"])
    if who["Account"] != wanted:
        return failed(
            expected,
            f"credentials of account {who['Account']}",
            evidence,
            rationale="You are signed in to an account that is not the lab's.",
            next_action=NextAction(
                console=f"Sign out at the top right, then sign in to account {wanted}.",
                command=f"{_WHOSE_PROFILES}   # repeat it with the --profile of {wanted}",
            ),
        )
    return passed(expected, f"signed in as {who['Arn']}", evidence)


@step(
    2,
    "Open CloudTrail's dashboard",
    console="Search for CloudTrail, open its Dashboard, and look at the list of trails.",
    command="aws cloudtrail describe-trails "
    "--query 'trailList[].[Name,IsOrganizationTrail,TrailARN]'",
    api=("cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:GetTrailStatus"),
    by_records=by_records.RECORDED,
    hints=(
        "Is there a trail before you create one? Then your account is in an organization.",
        f"The walkthrough's is {ORGANIZATION_TRAIL_NAME}; its ARN has another account.",
    ),
    remedy=NextAction(
        console=(
            "Compare the account number at the top right with the lab's. If it is the same, ask "
            "your trainer: only the organization's management account can add this account or "
            f"create the trail. If the lab has no such trail, check with --{EXPECTED_TRAIL} {ANY}."
        ),
        command=f"{COMMAND} check <here> --{EXPECTED_TRAIL} {ANY}",
    ),
)
def dashboard(view: View) -> Finding:
    """There is an organization trail, and it belongs to another account: only the management
    account can change or delete it. Checked with DescribeTrails. The setting organization-trail
    says which one is expected: its name, any, or none. Without such a trail, the step fails if a
    name was given; otherwise it is not applicable."""
    wanted = view.settings.get(EXPECTED_TRAIL, ANY)
    shown = lab_trails.described(view)
    theirs = [
        each
        for each in shown
        if each.get("IsOrganizationTrail")
        and lab_trails.owner(each) != view.account
        and wanted in (ANY, each["Name"])
    ]
    if wanted != NONE and theirs:
        return _shown(theirs[0])
    evidence = answered("cloudtrail:DescribeTrails", trailList=[each["Name"] for each in shown])
    if wanted in (ANY, NONE):
        return not_applicable(
            "a trail of the organization, if there is one",
            f"trails shown: {_names(shown)}",
            evidence,
            rationale=_NO_ORGANIZATION if wanted == ANY else _NONE_EXPECTED,
        )
    return _missing(view, wanted, shown, evidence)


_NO_ORGANIZATION = (
    "Not applicable here: this account shows no organization trail. It is not in an organization, "
    "or the organization has no trail."
)
_NONE_EXPECTED = f"Not applicable here: this lab is set to expect none (--{EXPECTED_TRAIL} {NONE})."


def _shown(trail: dict[str, Any]) -> Finding:
    kept = ("Name", "TrailARN", "HomeRegion", "IsOrganizationTrail")
    return passed(
        "an organization trail, owned by another account",
        f"{trail['Name']}, owned by management account {lab_trails.owner(trail)}",
        answered("cloudtrail:DescribeTrails", **{key: trail.get(key) for key in kept}),
    )


def _missing(view: View, wanted: str, shown: list[dict[str, Any]], evidence: ApiAnswer) -> Finding:
    """The trail that is expected by its name is not there, or is the account's own."""
    expected = f"the organization trail {wanted}, owned by another account"
    if wanted not in {each["Name"] for each in lab_trails.own(view)}:
        return failed(
            expected,
            f"trails shown: {_names(shown)}",
            evidence,
            rationale=(
                "The account is not a member of the lab's organization, or the organization has "
                "no such trail."
            ),
        )
    return failed(
        expected,
        f"a trail of that name owned by {view.account}",
        evidence,
        rationale="Your own trail has the name of the organization's trail.",
        next_action=NextAction(
            console=f"CloudTrail, Trails: delete your own {wanted}.",
            command=f"aws cloudtrail delete-trail --name {shlex.quote(wanted)}",
        ),
    )


_LIST_TRAILS = NextAction(
    console=(
        "Choose the lab's Region at the top right and open Trails, which makes a call. Check "
        "Event history again after 5 to 15 minutes."
    ),
    command="aws cloudtrail list-trails",
)


@step(
    3,
    "Open Event history",
    console="Choose Event history in CloudTrail's menu; no trail is needed for it.",
    command="aws cloudtrail lookup-events --max-results 5",
    api=("cloudtrail:LookupEvents",),
    provides=(history.EVENTS,),
    by_records=by_records.HAPPENED,
    hints=(
        "Who called what in this account lately? There is a page for that.",
        "Event history keeps 90 days of management events in each Region, with or without a trail.",
        "Check in the lab's Region. Opening any list there, such as Trails, is an event.",
    ),
    remedy=_LIST_TRAILS,
)
def event_history(view: View) -> Finding:
    """Event history of the lab's Region lists recent management events, not counting those of
    checks. Checked with LookupEvents."""
    expected = f"recent management events of {view.region}"
    latest = history.recent(view)
    if latest is None:
        why = "None of your management events was recorded in this Region in the last 90 days."
        return activity.not_there_yet(
            view, expected, "Event history is empty", why, meanwhile=_LIST_TRAILS
        )
    return passed(
        expected,
        f"for example, {latest['EventName']} at {latest['EventTime']:%FT%TZ}",
        history.evidence(latest),
    )


def _call_about_trails(view: View) -> dict[str, Any] | None:
    """A person's latest successful call of the first name in TRAIL_CALLS that has any."""
    source = "cloudtrail.amazonaws.com"
    searches = (Search("EventName", name, source) for name in TRAIL_CALLS)
    return next((found for each in searches if (found := history.latest(view, each))), None)


def _begun_elsewhere(view: View) -> list[ApiAnswer]:
    """Trails of another home Region that started logging within Event history's 90 days.

    The calls that made them are in that Region's Event history. A check of this Region does not
    read it.
    """
    from cloudtrail.event_history import RETENTION

    begun: list[ApiAnswer] = []
    for trail in lab_trails.own(view):
        if trail["HomeRegion"] != view.region:
            status = view.ask("cloudtrail:GetTrailStatus", Name=trail["TrailARN"])
            time = status.get("StartLoggingTime")
            if time and time > view.now - RETENTION:
                shown = {"Name": trail["TrailARN"], "StartLoggingTime": f"{time:%FT%TZ}"}
                begun.append(answered("cloudtrail:GetTrailStatus", **shown))
    return begun


@step(
    4,
    "Open Trails",
    console="Choose Trails in CloudTrail's menu.",
    command="aws cloudtrail list-trails",
    api=("cloudtrail:ListTrails", "cloudtrail:LookupEvents"),
    needs=(
        history.EVENTS.unless(
            lambda view: bool(_call_about_trails(view) or _begun_elsewhere(view))
        ),
    ),
    action="calls ListTrails",
    by_records=by_records.called(*TRAIL_CALLS),
    hints=(
        "It is in the menu on the left.",
        "The list shows trails of all Regions with their home Region.",
        "Dashboard shows some of the trails, Trails shows all of them.",
    ),
)
def trail_list(view: View) -> Finding:
    """The list of trails can be opened, and was: ListTrails works, and Event history has a
    successful call about trails, such as ListTrails, DescribeTrails or CreateTrail, that was not
    made by a check. For trails with another home Region, GetTrailStatus shows whether they were
    started within Event history's 90 days."""
    names = _names(view.ask("cloudtrail:ListTrails")["Trails"])
    expected = "a call about trails in Event history"
    call = _call_about_trails(view)
    if call:
        told = f"{call['EventName']} at {call['EventTime']:%FT%TZ}: {names}"
        return passed(expected, told, history.evidence(call))
    begun = _begun_elsewhere(view)
    if begun:
        return passed(expected, f"made in another Region: {names}", *begun)
    why = "Only the check has looked at the trails in this Region in the last 90 days."
    return activity.not_there_yet(view, expected, "none", why, meanwhile=_LIST_TRAILS)


def _names(listed: list[dict[str, str]]) -> str:
    return ", ".join(sorted(each["Name"] for each in listed)) or "none"


STEPS = (sign_in, dashboard, event_history, trail_list)
