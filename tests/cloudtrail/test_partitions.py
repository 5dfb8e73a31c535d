"""The partition of a Region."""

from __future__ import annotations

import re

import pytest
from botocore.session import Session

from cloudtrail.partitions import (
    arn_of,
    arn_parts,
    arn_parts_if_any,
    dns_suffix_of,
    partition_of,
    regions_of,
    root_arn,
)

_SESSION = Session()


@pytest.mark.parametrize("partition", _SESSION.get_available_partitions())
def test_a_region_is_of_the_partition_that_botocore_finds_it_in(partition: str) -> None:
    regions = regions_of(partition)
    assert {partition_of(region) for region in regions} <= {partition}
    assert not [region for region in regions if region.endswith("-global")]


def test_a_region_that_is_yet_to_come_is_known_by_its_name() -> None:
    assert partition_of("cn-south-9") == "aws-cn"
    assert partition_of("us-gov-south-9") == "aws-us-gov"


def test_what_is_no_region_is_of_the_standard_partition() -> None:
    assert partition_of("nowhere") == "aws"


def test_names_of_endpoints_end_as_the_partition_says() -> None:
    assert dns_suffix_of("us-gov-west-1") == dns_suffix_of("eu-west-1") == "amazonaws.com"
    assert dns_suffix_of("cn-north-1") == "amazonaws.com.cn"


def test_arns_name_the_partition() -> None:
    arn = arn_of("sns", "cn-north-1", "111122223333", "topic")
    assert arn == "arn:aws-cn:sns:cn-north-1:111122223333:topic"
    assert arn_parts(arn) == ("aws-cn", "sns", "cn-north-1", "111122223333", "topic")
    assert root_arn("aws-us-gov", "111122223333") == "arn:aws-us-gov:iam::111122223333:root"


@pytest.mark.parametrize("text", ["", "topic", "arn:aws:sns:us-east-1:topic", "a:b:c:d:e:f"])
def test_what_is_no_arn_has_no_parts(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"wanted an ARN, got {text!r}")):
        arn_parts(text)
    assert arn_parts_if_any(text) is None
