"""Tags of trails, tokens of pages, and the keys that digests are signed with."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.cloudtrail.refusals import (
    ARN,
    NO_ARN,
    Call,
    refused,
)
from tests.local_aws.delivered import (
    ACCOUNT,
    client,
    log_bucket,
    trail,
)


def test_tags_are_added_changed_listed_and_removed(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    arn = trail(aws, "lab", TagsList=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    trails.add_tags(ResourceId=arn, TagsList=[{"Key": "b", "Value": "3"}, {"Key": "c"}])
    trails.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}, {"Key": "unknown"}])
    assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"] == [
        {
            "ResourceId": arn,
            "TagsList": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": ""}],
        }
    ]


def _add(trails: Any) -> Call:
    return lambda arn: trails.add_tags(ResourceId=arn, TagsList=[{"Key": "a"}])


def _remove(trails: Any) -> Call:
    return lambda arn: trails.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])


def _list(trails: Any) -> Call:
    return lambda arn: trails.list_tags(ResourceIdList=[arn])


@pytest.mark.parametrize("operation", [_add, _remove, _list])
def test_tags_need_an_existing_trails_arn(operation: Any, aws: LocalAws) -> None:
    trail(aws, "lab")
    call = operation(client(aws, "cloudtrail"))
    assert refused(call, arn="lab") == ("CloudTrailARNInvalidException", f"lab {NO_ARN}")
    assert refused(call, arn=f"{ARN}/unknown") == (
        "ResourceNotFoundException",
        f"The resource {ARN}/unknown does not exist.",
    )


def test_tags_that_are_added_at_once_are_all_there(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = trail(aws, "audit", logging=False)
    backend = aws.cloudtrail.operations(ACCOUNT, "us-east-1")
    taggable, together = backend._taggable, threading.Barrier(2)

    def at_the_same_time(arn: str) -> Any:
        found = taggable(arn)
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.1)
        return found

    monkeypatch.setattr(backend, "_taggable", at_the_same_time)
    with ThreadPoolExecutor(2) as pool:
        for key in ("a", "b"):
            request = {"ResourceId": arn, "TagsList": [{"Key": key}]}
            pool.submit(backend.add_tags, request)
    found = backend.list_tags({"ResourceIdList": [arn]})["ResourceTagList"][0]
    assert sorted(tag["Key"] for tag in found["TagsList"]) == ["a", "b"]


def test_refuses_invalid_tags(aws: LocalAws) -> None:
    trails = client(aws, "cloudtrail")
    arn = trail(aws, "lab", TagsList=[{"Key": f"key-{number}"} for number in range(50)])
    rule = "Tag keys have 1 to 128 characters and do not start with aws:. Values have at most 256."
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "aws:x"}]) == (
        "InvalidTagParameterException",
        f"Tag 'aws:x' is not allowed. {rule}",
    )
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "x"}, {"Key": "x"}]) == (
        "InvalidTagParameterException",
        "A tag key is given twice.",
    )
    assert refused(trails.add_tags, ResourceId=arn, TagsList=[{"Key": "one-more"}]) == (
        "TagsLimitExceededException",
        "A trail has at most 50 tags, and this would make 51.",
    )


@pytest.mark.parametrize(
    ("operation", "request_"), [("list_tags", {"ResourceIdList": []}), ("list_public_keys", {})]
)
def test_refuses_a_token_where_none_was_given(
    operation: str, request_: dict[str, Any], aws: LocalAws
) -> None:
    call = getattr(client(aws, "cloudtrail"), operation)
    assert refused(call, NextToken="made-up", **request_) == (
        "InvalidTokenException",
        "NextToken was not returned by this operation.",
    )


# Public keys


def test_list_public_keys_answers_the_key_valid_now(aws: LocalAws) -> None:
    [key] = client(aws, "cloudtrail").list_public_keys()["PublicKeyList"]
    assert key["ValidityStartTime"].timestamp() < datetime.now(UTC).timestamp()
    assert key["ValidityEndTime"].timestamp() > datetime.now(UTC).timestamp()
    assert len(key["Fingerprint"]) == 32


def test_list_public_keys_refuses_a_start_after_the_end(aws: LocalAws) -> None:
    call = client(aws, "cloudtrail").list_public_keys
    assert refused(call, StartTime=2, EndTime=1) == (
        "InvalidTimeRangeException",
        "StartTime 1970-01-01T00:00:02Z is after EndTime 1970-01-01T00:00:01Z.",
    )


def test_a_trail_of_all_regions_counts_in_every_region(aws: LocalAws) -> None:
    bucket = log_bucket(aws, "logs")
    abroad = client(aws, "cloudtrail", "eu-west-1")
    for number in range(5):
        abroad.create_trail(Name=f"trail-{number}", S3BucketName=bucket)
    trails = client(aws, "cloudtrail")
    trails.create_trail(Name="one-region", S3BucketName=bucket)
    everywhere = {"IsMultiRegionTrail": True}
    for ask, given in (
        (trails.create_trail, {"Name": "all-regions", "S3BucketName": bucket}),
        (trails.update_trail, {"Name": "one-region"}),
    ):
        with pytest.raises(ClientError) as refused:
            ask(**given, **everywhere)
        error = refused.value.response["Error"]
        assert error["Code"] == "MaximumNumberOfTrailsExceededException"
        assert error["Message"].endswith("already has 5 trails in eu-west-1.")
    assert trails.get_trail(Name="one-region")["Trail"]["IsMultiRegionTrail"] is False
    abroad.update_trail(Name="trail-0", **everywhere)
