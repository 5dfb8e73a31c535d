"""Removing a lab made by hand: things that have the lab's names, and only content of the lab.

They do not have the lab's tag, so nothing proves who owns them: the person confirms it. Anything
that contains more than the lab creates is left, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cloudtrail.log_files import parse_log_file_key
from cloudtrail.partitions import arn_parts
from lab_steps.checking.trails import lab_trails
from lab_steps.checking.view import View, error_code
from lab_steps.errors import DeployError
from lab_steps.place.emptying import empty_bucket, versions
from lab_steps.place.inventory import Inventory, Names, buckets
from lab_steps.place.obstacles import removing
from lab_steps.place.ownership import Thing, ownership
from lab_steps.targets.target import Target
from lab_steps.terminal.legible import one_line
from trail_logs.counting import counted

OtherContent = Callable[[View, str], str]
"""What a table with the lab's name has that the lab does not create; an empty text for nothing."""

Say = Callable[[str], None]
_ORDER = ("bucket", "trail", "table")
"""Only a trail shows which bucket is its own, so it is deleted after the bucket. If a removal is
interrupted between the two, both are found again."""

_NOT_EMPTY = "BucketNotEmpty"


@dataclass(frozen=True, slots=True)
class HandMade:
    """One thing of a lab made by hand, and why it is left, if it is."""

    thing: Thing
    left_because: str = ""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What exists of a lab made by hand at a target."""

    target: Target
    names: Names
    look: Callable[[], View]
    other_content: OtherContent
    say: Say

    def found(self) -> tuple[HandMade, ...]:
        """Trails and tables with the lab's names, and the buckets that those trails deliver to."""
        view = self.look()
        things = [*Inventory(view, self.names).all(), *self._delivered_to(view)]
        mine = [
            each
            for each in {(each.kind, each.name): each for each in things}.values()
            if each.kind in _ORDER and each.named and not ownership(each).ours
        ]
        kept = [HandMade(each, self._obstacle(view, each)) for each in mine]
        return tuple(sorted(kept, key=lambda each: _ORDER.index(each.thing.kind)))

    def remove(self, made: tuple[HandMade, ...]) -> None:
        """Stop the trails, so that nothing more is recorded; then delete what may go."""
        remove: Mapping[str, Callable[[Thing], None]] = {
            "trail": self._delete_trail,
            "bucket": self._delete_bucket,
            "table": self._delete_table,
        }
        going = [each.thing for each in made if not each.left_because]
        for thing in going:
            if thing.kind == "trail":
                self.target.client("cloudtrail").stop_logging(Name=thing.arn)
        for thing in going:
            with removing(thing.title, self.target.place, **{thing.kind: thing.name}):
                remove[thing.kind](thing)
            self.say(f"{thing.title}: gone")

    def _delivered_to(self, view: View) -> Iterator[Thing]:
        names = [
            str(each["S3BucketName"])
            for each in lab_trails.own(view)
            if each["Name"] in self.names.trails and each.get("S3BucketName")
        ]
        yield from buckets(view, dict.fromkeys(names))

    def _obstacle(self, view: View, thing: Thing) -> str:
        obstacles: Mapping[str, Callable[[View, Thing], str]] = {
            "trail": _why_elsewhere,
            "bucket": self._of_others,
            "table": lambda view, table: self.other_content(view, table.name),
        }
        return obstacles[thing.kind](view, thing)

    def _of_others(self, view: View, bucket: Thing) -> str:
        """Other trails that deliver to the bucket, and what CloudTrail did not put there."""
        others = [
            each["Name"]
            for each in lab_trails.described(view)
            if each.get("S3BucketName") == bucket.name and each["Name"] not in self.names.trails
        ]
        if others:
            return f"trail {others[0]} also delivers to it"
        for page in versions(self.target.client("s3"), bucket.name):
            for each in page:
                if not _is_of_cloudtrail(each["Key"], view.account):
                    key = one_line(each["Key"])
                    return f"it holds {key}, which no trail of this account put there"
        return ""

    def _delete_trail(self, trail: Thing) -> None:
        self.target.client("cloudtrail").delete_trail(Name=trail.arn)

    def _delete_bucket(self, bucket: Thing) -> None:
        """Delete its policy first: without it CloudTrail cannot deliver anything more, however
        late. Then empty it until S3 considers it empty."""
        client, account = self.target.client("s3"), self.look().account
        client.delete_bucket_policy(Bucket=bucket.name)
        deadline = datetime.now(UTC) + self.target.patience.due
        while True:
            count = empty_bucket(
                self.target, bucket.name, lambda key: _is_of_cloudtrail(key, account)
            )
            self.say(f"{bucket.title}: {counted(count, 'object')} deleted")
            try:
                client.delete_bucket(Bucket=bucket.name)
                return
            except client.exceptions.ClientError as error:
                if error_code(error) != _NOT_EMPTY:
                    raise
                if datetime.now(UTC) >= deadline or not count:
                    raise DeployError(
                        (
                            f"The {bucket.title} holds something that CloudTrail did not deliver. "
                            "It was left alone."
                        ),
                        "Check what it is, then repeat the command.",
                    ) from error
            time.sleep(self.target.patience.poll)

    def _delete_table(self, table: Thing) -> None:
        client = self.target.client("dynamodb")
        client.delete_table(TableName=table.name)
        client.get_waiter("table_not_exists").wait(
            TableName=table.name, WaiterConfig={"Delay": max(1, int(self.target.patience.poll))}
        )


def _why_elsewhere(view: View, trail: Thing) -> str:
    """Why a trail is left: it can only be deleted in its home Region. Empty if that is here."""
    home = arn_parts(trail.arn).region
    return "" if home == view.region else f"its home Region is {home}: use --region {home}"


def _is_of_cloudtrail(key: str, account: str) -> bool:
    """Whether it is a file that CloudTrail delivered for this account, or a folder's own empty
    object."""
    name = parse_log_file_key(key)
    if name is not None:
        return name.account_id == account
    return key.endswith("/") and f"AWSLogs/{account}/" in f"/{key}"
