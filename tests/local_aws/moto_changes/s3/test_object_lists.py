"""Lists of objects: pages hold what a walk over all keys would find, each once, in S3's order."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from moto.s3.utils import _VersionedKeyStore

from local_aws import LocalAws
from local_aws.moto_changes.s3 import object_lists
from local_aws.moto_changes.s3.object_lists import entries, names_of
from tests.local_aws.delivered import client

KEYS = st.text("ab/\U0001f600", min_size=1, max_size=5)
PREFIXES = st.text("ab/", max_size=2)


def by_a_walk(names: set[str], prefix: str, delimiter: str | None) -> list[tuple[str, bool]]:
    found = set()
    for name in names:
        if name.startswith(prefix):
            head, cut, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            found.add((prefix + head + cut, True) if cut else (name, False))
    return sorted(found, key=lambda entry: entry[0].encode())


@given(st.sets(KEYS), st.sets(KEYS), PREFIXES, st.sampled_from([None, "/", "b/"]), st.none() | KEYS)
def test_a_list_has_what_a_walk_over_all_names_finds(
    names: set[str], hidden: set[str], prefix: str, delimiter: str | None, after: str | None
) -> None:
    found = entries(
        sorted(names | hidden),
        prefix=prefix,
        delimiter=delimiter,
        after=after,
        counts=lambda name: name not in hidden,
    )
    wanted = by_a_walk(names - hidden, prefix, delimiter)
    assert list(found) == [one for one in wanted if after is None or one[0] > after]


@given(st.lists(st.tuples(st.booleans(), KEYS)))
def test_names_are_in_order_whatever_was_put_and_taken_away(acts: list[tuple[bool, str]]) -> None:
    with ExitStack() as patches:
        keys = _VersionedKeyStore()
        keys.setlist("before", [object()])
        object_lists.install(patches)
        for put, name in acts:
            if put:
                keys.setlist(name, [object()])
            elif name in keys:
                dict.pop(keys, name)
            names = [one for one in names_of(keys) if one in keys]
            assert names == sorted(keys)


def pages(s3: Any, operation: str, bucket: str, **request: Any) -> list[dict[str, Any]]:
    return list(s3.get_paginator(operation).paginate(Bucket=bucket, **request))


def test_pages_follow_one_another_without_gap_or_double(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="many")
    wanted = sorted(
        f"{folder}{name}" for folder in ("", "x/", "y/") for name in ("a & b", "c", "<d>")
    )
    for key in reversed(wanted):
        s3.put_object(Bucket="many", Key=key, Body=b"1")
    for operation in ("list_objects", "list_objects_v2"):
        every = pages(s3, operation, "many", PaginationConfig={"PageSize": 2})
        assert [one["Key"] for page in every for one in page["Contents"]] == wanted
        top = pages(s3, operation, "many", Delimiter="/", PaginationConfig={"PageSize": 2})
        assert [one["Key"] for page in top for one in page.get("Contents", ())] == wanted[:3]
        folders = [one["Prefix"] for page in top for one in page.get("CommonPrefixes", ())]
        assert folders == ["x/", "y/"]
    s3.delete_objects(Bucket="many", Delete={"Objects": [{"Key": key} for key in wanted[3:6]]})
    left = s3.list_objects_v2(Bucket="many", Delimiter="/", StartAfter="<d>")
    assert [one["Key"] for one in left["Contents"]] == wanted[1:3]
    assert left["CommonPrefixes"] == [{"Prefix": "y/"}]


def test_an_object_is_listed_as_a_head_of_it_says(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="many")
    s3.put_object(Bucket="many", Key="a", Body=b"12", ChecksumAlgorithm="SHA256")
    (listed,) = s3.list_objects_v2(Bucket="many", FetchOwner=True)["Contents"]
    head = s3.head_object(Bucket="many", Key="a")
    assert listed["LastModified"] == head["LastModified"]
    assert (listed["ETag"], listed["Size"]) == (head["ETag"], 2)
    assert (listed["StorageClass"], listed["Owner"]["DisplayName"]) == ("STANDARD", "webfile")


def test_versions_come_latest_first_and_pages_go_on_within_a_key(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="many")
    s3.put_bucket_versioning(Bucket="many", VersioningConfiguration={"Status": "Enabled"})
    ids = {
        key: [s3.put_object(Bucket="many", Key=key, Body=b"1")["VersionId"] for _ in range(3)]
        for key in ("a", "b", "f/c")
    }
    marker = s3.delete_object(Bucket="many", Key="b")["VersionId"]
    every = pages(s3, "list_object_versions", "many", PaginationConfig={"PageSize": 2})
    assert all(len(page.get("Versions", [])) <= 2 for page in every)
    versions = [
        (one["Key"], one["VersionId"], one["IsLatest"])
        for page in every
        for one in page.get("Versions", ())
    ]
    assert versions == [
        (key, version, key != "b" and place == 0)
        for key, of_key in ids.items()
        for place, version in enumerate(of_key[::-1])
    ]
    (deleted,) = [one for page in every for one in page.get("DeleteMarkers", ())]
    assert (deleted["VersionId"], deleted["IsLatest"]) == (marker, True)
    folders = s3.list_object_versions(Bucket="many", Delimiter="/")["CommonPrefixes"]
    assert folders == [{"Prefix": "f/"}]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="many")["Contents"]] == ["a", "f/c"]


def test_a_key_may_have_several_lines(aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="lab-bucket")
    keys = ["\nfirst", "several\nlines", "several\r\n/lines"]

    for key in keys:
        s3.put_object(Bucket="lab-bucket", Key=key, Body=key.encode())

    assert [
        s3.get_object(Bucket="lab-bucket", Key=key)["Body"].read().decode() for key in keys
    ] == keys
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="lab-bucket")["Contents"]] == keys
    put = aws.records(event_name="PutObject", where=["requestParameters.bucketName=lab-bucket"])
    assert [each["requestParameters"]["key"] for each in put] == keys
