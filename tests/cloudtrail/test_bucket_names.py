"""S3's rules for the names of buckets."""

from __future__ import annotations

import pytest

from cloudtrail.bucket_names import is_bucket_name


@pytest.mark.parametrize("name", ["abc", "a" * 63, "ok.name.here", "1-2", "amzn-s3-demo-bucket"])
def test_a_name_that_a_bucket_may_have(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("ab", "a" * 64, "Not_A_Name", "UPPER", "a_b_c", "-abc", "abc-", ".abc", "a..b"),
        *("192.168.1.1", "xn--abc", "sthree-x", "abc-s3alias", "abc--ol-s3", "abc.mrap"),
        *("abc--x-s3", "abc--table-s3", "abc\n"),
    ],
)
def test_a_name_that_none_may_have(name: str) -> None:
    assert not is_bucket_name(name)
