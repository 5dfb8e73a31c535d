"""What both trails of the lab are checked for: the rules that steps 5 to 16 share."""

from __future__ import annotations

from typing import Any

from lab_steps.checking import bucket, trails
from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.trails import LabTrail
from lab_steps.checking.view import View, answered, plain
from lab_steps.walkthrough.trails import DATA, MANAGEMENT


def has_another(view: View, besides: LabTrail) -> bool:
    """Whether the account has a trail of its own that is not `besides`."""
    return any(each["Name"] != besides.name for each in trails.own(view))


def another_trail(view: View, besides: LabTrail) -> Finding:
    """The account has a trail of its own that is not `besides`."""
    expected = f"a trail of this account besides {besides.name}"
    mine = sorted(each["Name"] for each in trails.own(view))
    evidence = answered("cloudtrail:DescribeTrails", ownTrails=mine)
    if has_another(view, besides):
        return passed(expected, ", ".join(mine), evidence)
    away = [each for each in trails.elsewhere(view) if each["Name"] != besides.name]
    if away:
        return _in_another_region(view, expected, away, MANAGEMENT if besides is DATA else DATA)
    return failed(
        expected,
        f"trails of account {view.account}: {', '.join(mine) or 'none'}",
        evidence,
        rationale="Create trail was not completed.",
    )


def name_and_bucket(view: View, trail: LabTrail) -> Finding:
    """The trail has its name, and a bucket of its own that CloudTrail may write to."""
    expected = (
        f"{trail.name} with a bucket of its own, {trail.purpose} in the bucket's name, "
        "that CloudTrail may write to"
    )
    description = trails.find(view, trail)
    if description is None:
        away = [each for each in trails.elsewhere(view) if each["Name"] == trail.name]
        if away:
            return _in_another_region(view, expected, away, trail)
        mine = sorted(each["Name"] for each in trails.own(view))
        return failed(
            expected,
            f"trails of account {view.account}: {', '.join(mine)}",
            answered("cloudtrail:DescribeTrails", ownTrails=mine),
            rationale=f"None of them is called {trail.name}.",
            next_action=_create(trail),
        )
    shown = {key: description.get(key) for key in ("Name", "TrailARN", "S3BucketName")}
    evidence = answered("cloudtrail:DescribeTrails", **shown)
    name = description["S3BucketName"]
    wrong = _name_problem(view, trail, name)
    if wrong:
        return failed(expected, name, evidence, rationale=wrong, next_action=move(trail))
    problem = bucket.delivery_problem(view, trails.value(view, trail))
    if problem:
        repair = _permit(name) if bucket.exists(view, name) else move(trail)
        return failed(expected, name, evidence, rationale=problem, next_action=repair)
    return passed(expected, f"{trail.name} to {name}", evidence, bucket.evidence(view, name))


def _in_another_region(
    view: View, expected: str, away: list[dict[str, Any]], trail: LabTrail
) -> Finding:
    told = ", ".join(f"{each['Name']} in {each['HomeRegion']}" for each in away)
    return failed(
        expected,
        f"not in {view.region}; {told}",
        answered("cloudtrail:ListTrails", Trails=[each["TrailARN"] for each in away]),
        rationale=f"A trail of another Region alone records nothing of {view.region}, the lab's.",
        next_action=NextAction(
            console=f"Choose {view.region} at the top right; CloudTrail, Trails: Create trail, "
            f"as in steps {_MADE_IN[trail.name]} and following; delete the one of the other "
            "Region.",
            command=f"{creation(trail)} --region {view.region}",
        ),
    )


def creation(trail: LabTrail) -> str:
    """The command that creates the trail and its bucket."""
    return (
        f"{_new_bucket(trail)} && aws cloudtrail create-trail --name {trail.name} "
        f"--s3-bucket-name {_proposed(trail)}"
    )


def _create(trail: LabTrail) -> NextAction:
    return NextAction(
        console=f"A trail cannot be renamed. CloudTrail, Trails: Create trail, as in steps "
        f"{_MADE_IN[trail.name]} and following; delete the misnamed one.",
        command=creation(trail),
    )


def move(trail: LabTrail) -> NextAction:
    """Give the trail a new bucket of its own."""
    return NextAction(
        console=f"CloudTrail, Trails, {trail.name}, General details: Edit; Create new S3 bucket, "
        f"with {trail.purpose} inserted into the proposed name; Save changes.",
        command=f"{_new_bucket(trail)} && aws cloudtrail update-trail --name {trail.name} "
        f"--s3-bucket-name {_proposed(trail)}",
    )


def _permit(name: str) -> NextAction:
    return NextAction(
        console=f"S3, {name}, Permissions, Bucket policy: Edit; add the statements that are "
        "told above; Save changes.",
        command=f"aws s3api put-bucket-policy --bucket {name} --policy file://policy.json",
    )


def _new_bucket(trail: LabTrail) -> str:
    name = _proposed(trail)
    return (
        f"aws s3api create-bucket --bucket {name} && "
        f"aws s3api put-bucket-policy --bucket {name} --policy file://policy.json"
    )


def _proposed(trail: LabTrail) -> str:
    return f"aws-cloudtrail-logs-{trail.purpose}-<account>-<suffix>"


def _name_problem(view: View, trail: LabTrail, name: str) -> str | None:
    """What is wrong with the bucket's name. What stands around the inserted part is free."""
    if trail.purpose not in name:
        return f"{trail.purpose} was to be inserted into the name that the console proposes."
    sharing = [
        each["Name"]
        for each in trails.own(view)
        if each["S3BucketName"] == name and each["Name"] != trail.name
    ]
    return f"The bucket is also that of {', '.join(sharing)}." if sharing else None


def plain_log_files(view: View, trail: LabTrail) -> Finding:
    """No KMS key, no log file validation."""
    expected = "no KMS key, log file validation off"
    description = trails.found(view, trail)
    key = description.get("KmsKeyId")
    validation = bool(description.get("LogFileValidationEnabled"))
    evidence = answered(
        "cloudtrail:DescribeTrails",
        Name=trail.name,
        KmsKeyId=key,
        LogFileValidationEnabled=validation,
    )
    wrong = [f"log files are encrypted with {key}"] * bool(key)
    wrong += ["log file validation is on"] * validation
    if wrong:
        return failed(
            expected,
            " and ".join(wrong),
            evidence,
            rationale="The walkthrough turns both off so that log files can be opened as they are.",
            next_action=NextAction(
                console=f"CloudTrail, Trails, {trail.name}, General details: Edit; untick Log "
                "file SSE-KMS encryption and, under Additional settings, Log file validation.",
                command=f"aws cloudtrail update-trail --name {trail.name} --kms-key-id '' "
                "--no-enable-log-file-validation",
            ),
        )
    return passed(expected, expected, evidence)


def logging(view: View, trail: LabTrail) -> Finding:
    """The trail is logging."""
    expected = f"{trail.name} is logging"
    status = trails.status(view, trail)
    kept = ("IsLogging", "StartLoggingTime", "StopLoggingTime", "LatestDeliveryError")
    evidence = answered("cloudtrail:GetTrailStatus", **plain(status, kept))
    if not status["IsLogging"]:
        return failed(
            expected,
            "logging is off",
            evidence,
            rationale="A trail records only while it is logging; StartLogging turns it on.",
            next_action=NextAction(
                console=f"CloudTrail, Trails, {trail.name}: Start logging, at the top right.",
                command=f"aws cloudtrail start-logging --name {trail.name}",
            ),
        )
    since = status.get("StartLoggingTime")
    return passed(expected, f"logging since {since:%FT%TZ}" if since else "logging", evidence)


def put_selectors(trail: LabTrail) -> str:
    """The command that gives the trail the selectors of the walkthrough."""
    return (
        f"aws cloudtrail put-event-selectors --trail-name {trail.name} "
        f"--advanced-event-selectors '{_SELECTORS[trail.name]}'"
    )


_MADE_IN = {MANAGEMENT.name: 6, DATA.name: 12}
"""The step that gives the trail its name."""

_SELECTORS = {
    MANAGEMENT.name: ('[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]'),
    DATA.name: (
        '[{"Name":"All DynamoDB","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},'
        '{"Field":"resources.type","Equals":["AWS::DynamoDB::Table"]}]}]'
    ),
}
