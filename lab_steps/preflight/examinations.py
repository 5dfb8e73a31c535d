"""What is checked before anything is changed, in the order in which it is reported.

Each examination says what it found. One that is denied, or gets no answer, says so: what it would
have found is then unknown. `REQUIRED` are those that must pass before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import msgspec

from lab_steps.call_errors import advice
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.view import View, error_code
from lab_steps.errors import LabError, RefusedError
from lab_steps.place.deploy import NEVER_CREATED
from lab_steps.place.ownership import in_the_way, ownership
from lab_steps.preflight import leftovers, permissions
from lab_steps.preflight.remark import Level, Remark, note, ok, stops, unknown
from lab_steps.preflight.subject import Subject

Examination = Callable[[Subject], Iterable[Remark]]

TRAILS_PER_REGION = 5
"""A quota that cannot be raised; a multi-Region trail counts in each Region
(UG/WhatIsCloudTrail-Limits)."""

_SKEW_REFUSED = timedelta(minutes=5)
"""Older signatures are refused (IAM UG, reference_aws-signing)."""


def credentials(subject: Subject) -> Iterator[Remark]:
    """Whose the credentials are, where they come from, and whether they expire."""
    yield ok(f"{subject.caller.arn}, {subject.origin}, {subject.lasting}")


def account(subject: Subject) -> Iterator[Remark]:
    """Whether the account is meant for labs."""
    try:
        consent = subject.guard.permit("run", subject.caller.account)
    except RefusedError as error:
        yield stops(str(error), error.advice)
        return
    asked = subject.command(f"run --account {subject.caller.account}")
    yield ok(f"meant for labs ({consent}): {asked}")


def clock(subject: Subject) -> Iterator[Remark]:
    """Whether our clock agrees with AWS's."""
    ahead = subject.caller.ahead
    if not ahead:
        yield ok("agrees with AWS's clock to within two seconds")
        return
    seconds = round(abs(ahead).total_seconds())
    found = (
        f"this machine's clock is {seconds} s {'behind' if ahead > timedelta() else 'ahead of'} "
        "AWS's"
    )
    do = "Set it with NTP: timedatectl set-ntp true"
    if abs(ahead) >= _SKEW_REFUSED:
        yield note(f"{found}; AWS refuses requests signed {_SKEW_REFUSED} off", do)
    else:
        yield note(found, do)


def region(subject: Subject) -> Iterator[Remark]:
    """Whether the account has opted in to the Region."""
    view = subject.view
    answer = view.ask("account:GetRegionOptStatus", RegionName=view.region)
    status = answer["RegionOptStatus"]
    if status in {"ENABLED", "ENABLED_BY_DEFAULT"}:
        yield ok(f"{view.region} is {status}")
        return
    command = view.place.command(f"aws account enable-region --region-name {view.region}")
    yield stops(f"{view.region} is {status} for this account", f"Opt in: {command}")


def quota(subject: Subject) -> Iterator[Remark]:
    """Whether there is room for the lab's trails."""
    view = subject.view
    there = {each["Name"] for each in lab_trails.own(view)}
    wanted = {name for each in subject.stacks for name in each.trails}
    missing, free = wanted - there, TRAILS_PER_REGION - len(there)
    found = f"{len(there)} of {TRAILS_PER_REGION} trails in {view.region}"
    if len(missing) <= free:
        yield ok(found)
        return
    listed = ", ".join(sorted(there))
    yield stops(
        f"{found} ({listed}), and the lab needs {len(missing)} more",
        "This quota cannot be raised. Use another Region or account, or delete trails that nobody "
        f"needs: {view.place.command('aws cloudtrail describe-trails')}",
    )


def names(subject: Subject) -> Iterator[Remark]:
    """Whether the lab's names are free, or already its own."""
    stacks = {each.name for each in subject.stacks}
    found = list(subject.inventory.in_the_way(stacks, of_work=subject.of_work))
    own = [each for each in found if ownership(each).ours]
    refused = in_the_way(found, subject.view.place, subject.state.actions)
    if refused:
        yield stops(str(refused), refused.advice)
    stuck = [each for each in own if each.kind == "stack" and each.remark in NEVER_CREATED]
    for stack in stuck:
        yield stops(
            f"{stack.title} is {stack.remark}: it can only be deleted",
            f"Remove the lab: {subject.command('down')}",
        )
    taken = list(_taken(subject, {each.name for each in found if each.kind == "bucket"}))
    yield from taken
    if not (refused or stuck or taken):
        standing = ", ".join(each.title for each in own)
        yield ok(f"free, or the lab's own ({standing})" if own else "free")


def _taken(subject: Subject, own: set[str]) -> Iterator[Remark]:
    """Buckets of other accounts and Regions: their names are unique in the world."""
    for stack in subject.stacks:
        for bucket in stack.buckets:
            if bucket not in own and _is_taken(subject.view, bucket):
                yield stops(
                    f"bucket {bucket} is in another Region or account, or you may not see it",
                    "Use another --suffix: bucket names are unique across all Regions and "
                    "accounts. Without s3:ListBucket permission, every name looks taken.",
                )


def _is_taken(view: View, bucket: str) -> bool:
    """HeadBucket has three responses: 200 for your own, 403 for others', 404 if it does not
    exist."""
    try:
        view.ask("s3:HeadBucket", Bucket=bucket)
    except Exception as error:
        if error_code(error) in {"404", "NoSuchBucket", "NotFound"}:
            return False
        if error_code(error) in {"403", "AccessDenied", "Forbidden", "301", "400"}:
            return True
        raise
    return True


def organization(subject: Subject) -> Iterator[Remark]:
    """Service control policies, as far as a member account can see them."""
    view = subject.view
    try:
        found = view.ask("organizations:DescribeOrganization")["Organization"]
    except Exception as error:
        if error_code(error) == "AWSOrganizationsNotInUseException":
            yield ok("the account is in no organization: no service control policies")
            return
        raise
    management = found["MasterAccountId"]
    if management == subject.caller.account:
        yield note(
            (
                f"this account manages organization {found['Id']}: service control policies do "
                "not apply here"
            ),
            "Use a member account for a lab: this one can do too much.",
        )
        return
    yield note(
        f"a member of organization {found['Id']} of account {management}: service control "
        "policies may deny what IAM allows, and members cannot list them. A simulation shows "
        "those that deny an action completely; a refused call names them",
        "",
    )


def bootstrap(subject: Subject) -> Iterator[Remark]:
    """Whether the CDK's bootstrap stack exists: people expect that it matters."""
    stack = leftovers.stack_named(subject.view, "CDKToolkit")
    found = f"the CDK's stack CDKToolkit is {stack['StackStatus'] if stack else 'missing'}"
    yield ok(f"{found}; it is not needed: the templates have no assets")


EXAMINATIONS: dict[str, Examination] = {
    "credentials": credentials,
    "account": account,
    "permissions": permissions.examine,
    "region": region,
    "clock": clock,
    "trail quota": quota,
    "names": names,
    "service control policies": organization,
    "CDK bootstrap": bootstrap,
    "leftovers": leftovers.examine,
}

REQUIRED = ("trail quota", "names")
"""Before `run` and `up`: if these cannot be checked, nothing is changed."""

OPTIONAL = ("permissions", "region")
"""Before `run` and `up`: if these cannot be checked, they continue."""


def examine(subject: Subject, topics: Iterable[str] = EXAMINATIONS) -> Iterator[Remark]:
    """The remarks on `topics`."""
    for topic in topics:
        try:
            remarks = list(EXAMINATIONS[topic](subject))
        except Exception as error:  # noqa: BLE001 (_not_known raises what is not AWS's)
            remarks = [_not_known(error)]
        for each in remarks:
            yield msgspec.structs.replace(each, topic=topic)


def require(subject: Subject) -> None:
    """Raise RefusedError, with what to do, if the lab cannot be deployed.

    Raises what botocore raises if something that must be known may not be read.
    """
    told = [each for topic in REQUIRED for each in EXAMINATIONS[topic](subject)]
    told += examine(subject, OPTIONAL)
    stopping = [each for each in told if each.level is Level.STOPS]
    if stopping:
        raise RefusedError(
            "\n".join(each.found for each in stopping),
            "\n".join(dict.fromkeys(["Nothing was changed.", *(each.do for each in stopping)])),
        )


def _not_known(error: Exception) -> Remark:
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, LabError):
        return unknown(str(error), error.advice)
    if isinstance(error, ClientError | BotoCoreError):
        return unknown(" ".join(str(error).split()), advice(error) or "")
    raise error
