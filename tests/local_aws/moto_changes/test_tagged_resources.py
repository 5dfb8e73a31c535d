"""Trails and buckets in the Resource Groups Tagging API."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.delivered import client, log_bucket, trail

OWNER = {"Key": "Owner", "Value": "me"}


@pytest.fixture
def arn(aws: LocalAws) -> str:
    log_bucket(aws, "logs")
    client(aws, "sqs").create_queue(QueueName="q", tags={"Owner": "you"})
    return trail(aws, "lab", "logs", TagsList=[OWNER])


def _found(api: Any, **wanted: Any) -> dict[str, list[dict[str, str]]]:
    listed = api.get_resources(ResourceTypeFilters=["cloudtrail"], **wanted)
    return {each["ResourceARN"]: each["Tags"] for each in listed["ResourceTagMappingList"]}


def test_a_trail_is_found_by_type_and_tag_at_home(aws: LocalAws, arn: str) -> None:
    api = client(aws, "resourcegroupstaggingapi")
    assert _found(api) == {arn: [OWNER]}
    assert _found(api, TagFilters=[{"Key": "Owner", "Values": ["nobody"]}]) == {}
    listed = api.get_resources(ResourceTypeFilters=["cloudtrail:trail"])["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in listed] == [arn]
    assert _found(client(aws, "resourcegroupstaggingapi", "eu-west-1")) == {}
    assert api.get_tag_values(Key="Owner")["TagValues"] == ["you", "me"]


def test_a_trail_is_tagged_and_untagged(aws: LocalAws, arn: str) -> None:
    api = client(aws, "resourcegroupstaggingapi")
    assert api.tag_resources(ResourceARNList=[arn], Tags={"A": "B"})["FailedResourcesMap"] == {}
    listed = client(aws, "cloudtrail").list_tags(ResourceIdList=[arn])["ResourceTagList"]
    assert listed[0]["TagsList"] == [OWNER, {"Key": "A", "Value": "B"}]
    api.untag_resources(ResourceARNList=[arn], TagKeys=["Owner"])
    assert _found(api) == {arn: [{"Key": "A", "Value": "B"}]}


def test_what_cannot_be_tagged_is_told_and_the_rest_tagged(aws: LocalAws, arn: str) -> None:
    api = client(aws, "resourcegroupstaggingapi")
    gone = arn.replace("lab", "gone")
    failed = api.tag_resources(ResourceARNList=[gone, arn], Tags={"A": "B"})["FailedResourcesMap"]
    assert failed.keys() == {gone}
    assert failed[gone]["ErrorCode"] == "InvalidParameterException"
    assert "does not exist" in failed[gone]["ErrorMessage"]
    assert len(_found(api)[arn]) == 2


def test_a_bucket_is_found_in_its_region_alone(aws: LocalAws) -> None:
    regions = {"us-east-1": "here", "eu-west-1": "there"}
    client(aws, "s3").create_bucket(Bucket="here")
    place = {"LocationConstraint": "eu-west-1"}
    client(aws, "s3", "eu-west-1").create_bucket(Bucket="there", CreateBucketConfiguration=place)
    for region, bucket in regions.items():
        api = client(aws, "resourcegroupstaggingapi", region)
        arn = f"arn:aws:s3:::{bucket}"
        assert not api.tag_resources(ResourceARNList=[arn], Tags={"A": "B"})["FailedResourcesMap"]
    for region, bucket in regions.items():
        listed = client(aws, "resourcegroupstaggingapi", region).get_resources()
        found = [each["ResourceARN"] for each in listed["ResourceTagMappingList"]]
        assert found == [f"arn:aws:s3:::{bucket}"]
