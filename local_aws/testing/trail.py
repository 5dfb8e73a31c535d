"""A trail for a test, with everything it needs, and the records that it delivered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cloudtrail.compact_json import to_json
from cloudtrail.log_files import parse_log_file_key, read_log_file
from cloudtrail.partitions import arn_of
from cloudtrail.policies.bucket_policy import delivery_policy
from local_aws.testing.records import Records, Wanted, Where, chosen

Selectors = Sequence[Mapping[str, Any]]


class TestTrail(Struct, frozen=True):
    """A trail that is logging, and its bucket."""

    __test__ = False

    name: str
    arn: str
    bucket: str
    account_id: str
    deliver_now: Callable[[], None]

    def records(self, *, where: Where = None, **wanted: Wanted) -> Records:
        """The records that the trail has delivered so far, including those under way.

        The filters are those of `LocalAws.records`. Reading makes no call, so it leaves no record.
        Raises TypeError and ValueError for an invalid filter.
        """
        self.deliver_now()
        return chosen([to_json(each) for each in self._delivered()], where, wanted)

    def _delivered(self) -> Iterator[Mapping[str, Any]]:
        from moto.s3.models import s3_backends

        objects = s3_backends[self.account_id]["aws"].buckets[self.bucket].keys
        names = [(parse_log_file_key(key), key) for key in list(objects)]
        files = [(name.stamp, key) for name, key in names if name and not _is_digest(name.folder)]
        for _, key in sorted(files):
            yield from read_log_file(objects[key].value)


def _is_digest(folder: str) -> bool:
    return folder == "CloudTrail-Digest"


def make_trail(
    client: Callable[[str, str], Any],
    deliver_now: Callable[[], None],
    name: str,
    *,
    region: str,
    event_selectors: Selectors,
    advanced_event_selectors: Selectors,
    insight_selectors: Selectors,
    **settings: Any,
) -> TestTrail:
    """Create a bucket that lets CloudTrail in and a trail with these selectors, and start it."""
    cloudtrail, s3 = client("cloudtrail", region), client("s3", "us-east-1")
    account_id = client("sts", region).get_caller_identity()["Account"]
    bucket, prefix = f"{name.lower().replace('_', '-')}-logs", settings.get("S3KeyPrefix", "")
    arn = arn_of("cloudtrail", region, account_id, f"trail/{name}")
    s3.create_bucket(Bucket=bucket)
    policy = json.dumps(delivery_policy(bucket, prefix, account_id, arn))
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    cloudtrail.create_trail(Name=name, S3BucketName=bucket, **settings)
    wanted = {
        "EventSelectors": event_selectors,
        "AdvancedEventSelectors": advanced_event_selectors,
    }
    if given := {member: value for member, value in wanted.items() if value}:
        cloudtrail.put_event_selectors(TrailName=arn, **given)
    if insight_selectors:
        cloudtrail.put_insight_selectors(TrailName=arn, InsightSelectors=insight_selectors)
    cloudtrail.start_logging(Name=arn)
    return TestTrail(name, arn, bucket, account_id, deliver_now)
