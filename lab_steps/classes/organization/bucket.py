"""The bucket of an organization's trail, as far as its reader can know it.

Its layout shows the organization and the accounts (UG/get-and-view-cloudtrail-log-files). What the
trail records, CloudTrail tells the management account, a delegated administrator's account, and
members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cloudtrail.selectors.matching import recorded_by
from cloudtrail.trails import Trail, trail_from_api
from lab_steps.call_errors import advice, explained
from lab_steps.checking.probe_events import ProbeEvent
from lab_steps.checking.view import error_code
from lab_steps.errors import CannotLookError, UsageError
from lab_steps.targets.target import Target
from trail_logs.layout import ACCOUNT_FOLDER, ORGANIZATION_FOLDER, ROOT

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class LogLocation:
    """A trail's bucket, and its S3KeyPrefix, "" for none."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return "/".join(part for part in ("s3:/", self.bucket, self.prefix) if part)

    @property
    def root(self) -> str:
        """The prefix of all the trail's keys."""
        return "/".join(part for part in (self.prefix, ROOT) if part) + "/"


def log_location(text: str) -> LogLocation:
    """The location of `s3://BUCKET[/PREFIX]`, or of a folder below it. UsageError for another."""
    bucket, _, rest = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not bucket:
        raise UsageError(
            f"--organization-logs: wanted s3://BUCKET or s3://BUCKET/PREFIX, got {text!r}.",
            "The organization's trail has both: aws cloudtrail describe-trails --query "
            "'trailList[?IsOrganizationTrail].[S3BucketName,S3KeyPrefix]' --output text",
        )
    parts = [part for part in rest.split("/") if part]
    return LogLocation(bucket, "/".join(parts[: parts.index(ROOT)] if ROOT in parts else parts))


@dataclass(frozen=True, slots=True)
class KnownTrail:
    """A trail that delivers to the bucket: what it records, and since when it has been logging.

    `problem` says what keeps it from recording or delivering now, "" for nothing.
    """

    trail: Trail
    since: datetime | None
    problem: str

    def lacks(self, samples: Iterable[ProbeEvent], account: str, region: str) -> str:
        """Why a missing record of such events in it proves nothing; "" if it proves something."""
        if self.problem:
            return self.problem
        for each in samples:
            verdict = recorded_by(self.trail, each.record(account, region))
            if not verdict.recorded:
                return f"{self.trail.name} does not record {each.title}: {verdict.reason}"
        return ""


@dataclass(frozen=True, slots=True)
class OrganizationBucket:
    """`accounts` have log files there.

    `trails` deliver there; if none is known, neither is what they record, and `unknown` says why.
    """

    location: LogLocation
    organization: str
    accounts: frozenset[str]
    trails: tuple[KnownTrail, ...] = ()
    unknown: str = ""

    def lacks(self, samples: Iterable[ProbeEvent], account: str, region: str) -> str:
        """Why a missing record of such events proves nothing; "" if it proves something."""
        reasons = [each.lacks(tuple(samples), account, region) for each in self.trails]
        return "" if "" in reasons else "; ".join(reasons) or self.unknown

    @property
    def since(self) -> datetime | None:
        """Since when a trail has been logging, as far as is known."""
        return min((each.since for each in self.trails if each.since), default=None)


def organization_bucket(target: Target, location: LogLocation) -> OrganizationBucket:
    """What can be known of the bucket.

    Raises CannotLookError if it cannot be read, or if it has no organization's log files.
    """
    names = list(_folders(target, location, location.root))
    found = [each for each in names if ORGANIZATION_FOLDER.fullmatch(each)]
    if len(found) != 1:
        raise CannotLookError(
            f"Wanted log files of one organization, under {location}/{ROOT}/o-.../ACCOUNT/, got "
            f"{_named(names)}.",
            "Name the bucket that an organization's trail delivers to, and its prefix. A trail of "
            "one account is looked at with `class check` without --organization-logs.",
        )
    below = _folders(target, location, f"{location.root}{found[0]}/")
    accounts = frozenset(each for each in below if ACCOUNT_FOLDER.fullmatch(each))
    trails, unknown = _trails(target, location)
    return OrganizationBucket(location, found[0], accounts, trails, unknown)


def _named(folders: list[str]) -> str:
    if not folders:
        return "no folder there"
    more = f" and {len(folders) - _MOST_NAMED:,} more" if len(folders) > _MOST_NAMED else ""
    return f"the folders {', '.join(folders[:_MOST_NAMED])}{more}"


def _folders(target: Target, location: LogLocation, prefix: str) -> Iterator[str]:
    """The names of the folders directly below a prefix."""
    asked: dict[str, Any] = {"Bucket": location.bucket, "Prefix": prefix, "Delimiter": "/"}
    while True:
        try:
            answer = target.ask("s3:ListObjectsV2", asked)
        except ClientError as error:
            raise _not_listed(location, error) from error
        for each in answer.get("CommonPrefixes", ()):
            yield each["Prefix"].removeprefix(prefix).rstrip("/")
        if not answer.get("IsTruncated"):
            return
        asked["ContinuationToken"] = answer["NextContinuationToken"]


def _not_listed(location: LogLocation, error: ClientError) -> CannotLookError:
    if error_code(error) == "NoSuchBucket":
        return CannotLookError(
            f"There is no bucket {location.bucket}.",
            "aws cloudtrail describe-trails --query 'trailList[?IsOrganizationTrail].S3BucketName' "
            "tells the organization trail's.",
        )
    return CannotLookError(f"{location} cannot be listed: {error}", advice(error) or "")


def _trails(target: Target, location: LogLocation) -> tuple[tuple[KnownTrail, ...], str]:
    """The organization's trails that deliver there, or why they are not known."""
    try:
        listed = target.ask("cloudtrail:DescribeTrails", {"includeShadowTrails": True})["trailList"]
        found = [each for each in listed if _delivers(each, location)]
        if not found:
            return (), (
                f"no organization trail that delivers to {location} is shown to these credentials "
                f"in {target.region}, so it is not known what it would record"
            )
        return tuple(_known(target, each) for each in found), ""
    except ClientError as error:
        if advice(error) is None:
            raise explained(error) or error from error
        return (), (
            "these credentials may not ask CloudTrail what the organization's trail records "
            f"({error.operation_name})"
        )


def _delivers(described: dict[str, Any], location: LogLocation) -> bool:
    place = (described["S3BucketName"], described.get("S3KeyPrefix") or "")
    return described.get("IsOrganizationTrail", False) and place == (
        location.bucket,
        location.prefix,
    )


def _known(target: Target, described: dict[str, Any]) -> KnownTrail:
    arn = described["TrailARN"]
    selectors = target.ask("cloudtrail:GetEventSelectors", {"TrailName": arn})
    status = target.ask("cloudtrail:GetTrailStatus", {"Name": arn})
    problem = ""
    if not status["IsLogging"]:
        problem = f"{described['Name']} is not logging"
    elif status.get("LatestDeliveryError"):
        problem = (
            f"the latest delivery of {described['Name']} failed with "
            f"{status['LatestDeliveryError']}"
        )
    trail = trail_from_api(described, selectors)
    return KnownTrail(trail, status.get("StartLoggingTime"), problem)
