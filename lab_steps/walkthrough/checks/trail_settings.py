"""What both trails of the lab are checked for: the rules that their steps share."""

from __future__ import annotations

import json
import shlex
from itertools import count
from typing import Any

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.trails import Trail
from lab_steps.checking.finding import Finding, NextAction, failed, passed
from lab_steps.checking.trails import bucket, lab_trails
from lab_steps.checking.trails.lab_trails import LabTrail
from lab_steps.checking.view import View, answered, error_code, plain
from lab_steps.walkthrough.trails import DATA, MANAGEMENT
from stacks.settings import bucket_name


def has_another(view: View, besides: LabTrail) -> bool:
    """Whether the account has a trail of its own that is not `besides`."""
    return any(each["Name"] != besides.name for each in lab_trails.own(view))


def another_trail(view: View, besides: LabTrail) -> Finding:
    """The account has a trail of its own that is not `besides`."""
    expected = f"a trail of this account other than {besides.name}"
    mine = sorted(each["Name"] for each in lab_trails.own(view))
    evidence = answered("cloudtrail:DescribeTrails", ownTrails=mine)
    if has_another(view, besides):
        return passed(expected, ", ".join(mine), evidence)
    away = [each for each in lab_trails.elsewhere(view) if each["Name"] != besides.name]
    if away:
        return _in_another_region(view, expected, away, MANAGEMENT if besides is DATA else DATA)
    return failed(
        expected,
        f"trails of account {view.account}: {', '.join(mine) or 'none'}",
        evidence,
        rationale="Create trail was not completed, or the trail was deleted.",
        next_action=create(view, DATA if besides is MANAGEMENT else MANAGEMENT),
    )


def name_and_bucket(view: View, trail: LabTrail) -> Finding:
    """The trail has its name, and a bucket of its own that CloudTrail may write to."""
    expected = (
        f"{trail.name} with its own bucket, with {trail.purpose} in the bucket's name and a policy "
        "that lets CloudTrail write"
    )
    description = lab_trails.find(view, trail)
    if description is None:
        away = [each for each in lab_trails.elsewhere(view) if each["Name"] == trail.name]
        if away:
            return _in_another_region(view, expected, away, trail)
        mine = sorted(each["Name"] for each in lab_trails.own(view))
        return failed(
            expected,
            f"trails of account {view.account}: {', '.join(mine)}",
            answered("cloudtrail:DescribeTrails", ownTrails=mine),
            rationale=f"None of them is called {trail.name}.",
            next_action=_create_under_its_name(view, trail),
        )
    shown = {key: description.get(key) for key in ("Name", "TrailARN", "S3BucketName")}
    evidence = answered("cloudtrail:DescribeTrails", **shown)
    name = description["S3BucketName"]
    wrong = _name_problem(view, trail, name)
    if wrong:
        told = f"{trail.name} delivers to {name}"
        return failed(expected, told, evidence, rationale=wrong, next_action=move(view, trail))
    problem = bucket.delivery_problem(view, lab_trails.value(view, trail))
    if problem:
        there = bucket.exists(view, name)
        repair = _permit(view, trail, name) if there else move(view, trail)
        found = f"{trail.name} delivers to {name}{'' if there else ', which does not exist'}"
        return failed(expected, found, evidence, rationale=problem, next_action=repair)
    found = f"{trail.name} delivers to {name}"
    return passed(expected, found, evidence, bucket.evidence(view, name))


def _in_another_region(
    view: View, expected: str, away: list[dict[str, Any]], trail: LabTrail
) -> Finding:
    told = ", ".join(f"{each['Name']} in {each['HomeRegion']}" for each in away)
    return failed(
        expected,
        f"not in {view.region}; {told}",
        answered("cloudtrail:ListTrails", Trails=[each["TrailARN"] for each in away]),
        rationale=(
            "A single-Region trail of another Region records nothing from the lab's Region, "
            f"{view.region}."
        ),
        next_action=NextAction(
            console=(
                f"Choose {view.region} at the top right. CloudTrail, Trails: Create trail, as in "
                f"{_MADE_IN[trail.name]}. Delete the trail of the other Region."
            ),
            command=creation(trail, _free_name(view, trail)),
        ),
    )


def creation(trail: LabTrail, bucket_name: str | None = None) -> str:
    """The command that creates the trail and its bucket. Without `bucket_name`, the bucket has the
    name that the console proposes."""
    name = bucket_name or proposed(trail)
    return (
        f"{_new_bucket(trail, name)} && aws cloudtrail create-trail --name {trail.name} "
        f"--s3-bucket-name {name}"
    )


def create(view: View, trail: LabTrail) -> NextAction:
    """Create the missing trail, and a bucket whose name is free."""
    return NextAction(
        console=(
            f"CloudTrail, Trails: Create trail. Fill in the form as in {_MADE_IN[trail.name]}."
        ),
        command=creation(trail, _free_name(view, trail)),
    )


def _create_under_its_name(view: View, trail: LabTrail) -> NextAction:
    action = create(view, trail)
    return NextAction(
        console=f"A trail cannot be renamed. {action.console} Delete the misnamed one.",
        command=action.command,
    )


def move(view: View, trail: LabTrail) -> NextAction:
    """Give the trail a new bucket of its own."""
    name = _free_name(view, trail)
    return NextAction(
        console=f"CloudTrail, Trails, {trail.name}, General details: Edit; Create new S3 bucket, "
        f"with {trail.purpose} inserted into the proposed name; Save changes.",
        command=f"{_new_bucket(trail, name, lab_trails.value(view, trail))} && "
        f"aws cloudtrail update-trail --name {trail.name} --s3-bucket-name {name}",
    )


def _permit(view: View, trail: LabTrail, name: str) -> NextAction:
    return NextAction(
        console=f"S3, {name}, Permissions, Bucket policy: Edit; let CloudTrail ask for the "
        "bucket's ACL and put objects, as the policy in the command does; Save changes.",
        command=_put_policy(trail, name, lab_trails.value(view, trail)),
    )


def _new_bucket(trail: LabTrail, name: str, there: Trail | None = None) -> str:
    made = f"aws s3api create-bucket --bucket {name} <location>"
    return f"{made} && {_put_policy(trail, name, there)}"


def _put_policy(trail: LabTrail, name: str, there: Trail | None) -> str:
    """The command that gives the bucket the user guide's policy for the trail, as it is `there` or,
    for None, as `creation` makes it."""
    arn = there.arn if there else f"arn:aws:cloudtrail:<region>:<account>:trail/{trail.name}"
    policy = delivery_policy(name, (there and there.prefix) or "", "<account>", arn)
    told = shlex.quote(json.dumps(policy))
    return f"aws s3api put-bucket-policy --bucket {shlex.quote(name)} --policy {told}"


def proposed(trail: LabTrail) -> str:
    """The name that the console proposes, with the purpose inserted."""
    return bucket_name(trail.purpose, "<account>", "<suffix>")


def _free_name(view: View, trail: LabTrail) -> str:
    """The proposed name, with a number at its end if there is such a bucket already."""
    for number in count(1):
        name = f"{proposed(trail)}-{number}" if number > 1 else proposed(trail)
        if not _is_taken(view, view.place.text(name)):
            return name
    raise AssertionError("numbers do not end")


def _is_taken(view: View, name: str) -> bool:
    try:
        return bucket.exists(view, name)
    except Exception as error:
        if error_code(error) not in {"AccessDenied", "403"}:
            raise
        return True  # somebody else's


def _name_problem(view: View, trail: LabTrail, name: str) -> str | None:
    """What is wrong with the bucket's name. Anything may surround the inserted part."""
    if trail.purpose not in name:
        return f"{trail.purpose} should be inserted into the name that the console proposes."
    sharing = [
        each["Name"]
        for each in lab_trails.own(view)
        if each["S3BucketName"] == name and each["Name"] != trail.name
    ]
    return f"The bucket is also used by {', '.join(sharing)}." if sharing else None


def added_to_log_files(key: str | None, validation: bool) -> str:
    """What a trail adds to plain log files; an empty text for nothing."""
    added = [f"log files are encrypted with {key}"] * bool(key)
    return " and ".join(added + ["log file validation is on"] * validation)


def plain_log_files(view: View, trail: LabTrail) -> Finding:
    """No KMS key, no log file validation."""
    expected = "no KMS key, log file validation off"
    description = lab_trails.found(view, trail)
    key = description.get("KmsKeyId")
    validation = bool(description.get("LogFileValidationEnabled"))
    evidence = answered(
        "cloudtrail:DescribeTrails",
        Name=trail.name,
        KmsKeyId=key,
        LogFileValidationEnabled=validation,
    )
    wrong = added_to_log_files(key, validation)
    if wrong:
        return failed(
            expected,
            wrong,
            evidence,
            rationale=(
                "The walkthrough turns both off. With your own key, every reader needs permission "
                "to decrypt, and validation adds digest files next to the log files."
            ),
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
    status = lab_trails.status(view, trail)
    kept = ("IsLogging", "StartLoggingTime", "StopLoggingTime", "LatestDeliveryError")
    evidence = answered("cloudtrail:GetTrailStatus", **plain(status, kept))
    if not status["IsLogging"]:
        return failed(
            expected,
            "logging is off",
            evidence,
            rationale="A trail only records while it is logging. StartLogging turns it on.",
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


_MADE_IN = {MANAGEMENT.name: "steps 6 to 10", DATA.name: "steps 12 to 16"}
"""The steps that fill in the form of the trail."""

_SELECTORS = {
    MANAGEMENT.name: ('[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]'),
    DATA.name: (
        '[{"Name":"All DynamoDB","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},'
        '{"Field":"resources.type","Equals":["AWS::DynamoDB::Table"]}]}]'
    ),
}
