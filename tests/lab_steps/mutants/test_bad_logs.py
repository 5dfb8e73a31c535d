"""Buckets and files as they come in real accounts: full, shared, repeated, newer, damaged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.records.calls import Record
from lab_steps.checking.finding import Finding, LogObject, Outcome
from lab_steps.checking.known_events import KnownEvents
from lab_steps.checking.user_agents import CHECK
from lab_steps.session import LabSession
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from tests.lab_steps.mutants.catalogue.acts import EmptyBucket
from tests.lab_steps.mutants.conftest import WITNESS, CheckNow, Judged, RequestsDuring
from tests.lab_steps.mutants.reference_lab import (
    ALL_MANAGEMENT,
    ALL_TABLES,
    DATA,
    DATA_BUCKET,
    ITEM,
    MANAGEMENT,
    MANAGEMENT_BUCKET,
    REFERENCE,
    SENTINEL,
    USERS,
    Act,
    build,
    call,
    changed,
    deliver,
    select,
)
from tests.local_aws.delivered import ACCOUNT, account, client, log_files

UNRELATED = 10_000
CLASSMATE = "222222222222"


def not_passed(findings: dict[int, Finding]) -> dict[int, tuple[str, str]]:
    return {
        n: (str(each.outcome), each.actual)
        for n, each in findings.items()
        if each.outcome is not Outcome.PASS
    }


def fill(bucket: str, count: int) -> None:
    """Unrelated objects, before, among and after the folders that matter."""
    from moto.s3.models import s3_backends

    logs = f"AWSLogs/{ACCOUNT}/CloudTrail"
    folders = (
        "0-backup/",
        f"AWSLogs/{CLASSMATE}/CloudTrail/us-east-1/2024/05/06/",
        f"{logs}-Digest/us-east-1/2024/05/06/",
        f"{logs}/us-east-1/2024/05/06/",
        f"{logs}/us-east-1/2024/notes-",
        "photos/",
    )
    s3 = s3_backends[ACCOUNT]["aws"]
    for number in range(count):
        s3.put_object(bucket, f"{folders[number % len(folders)]}{number:06}.json", b"{}")


def test_ten_thousand_unrelated_objects_cost_no_more_requests_than_five_thousand(
    aws: LocalAws, check_now: CheckNow, requests_during: RequestsDuring
) -> None:
    build(aws, changed(REFERENCE, others=(WITNESS,)))
    found: list[dict[int, Finding]] = []
    requests: list[list[Record]] = []
    for unrelated in (UNRELATED // 2, UNRELATED):
        for bucket in (MANAGEMENT_BUCKET, DATA_BUCKET):
            fill(bucket, unrelated)
        requests.append(requests_during(lambda: found.append(check_now())))
    assert [not_passed(each) for each in found] == [{}, {}]
    few, many = requests
    assert listings(many) == listings(few) < 30
    read = [each for each in many if each["eventName"] == "GetObject"]
    assert len(read) < 10, "the log files, which the first check's own calls have added to"


def listings(requests: list[Record]) -> int:
    return sum(each["eventName"] == "ListObjects" for each in requests)


def put_many(bucket: str, folder: str, count: int) -> None:
    """So many small objects in a folder, without a request each."""
    from moto.s3.models import s3_backends

    for number in range(count):
        s3_backends[ACCOUNT]["aws"].put_object(bucket, f"{folder}{number:06}.txt", b"notes")


@pytest.fixture
def _short_pages(lab: LabSession) -> Iterator[None]:
    """The check's own listings have ten keys a page."""
    event = "before-parameter-build.s3.ListObjectsV2", lambda params, **_: params.update(MaxKeys=10)
    events = lab.target.client("s3", CHECK).meta.events
    events.register(*event)
    yield
    events.unregister(*event)


@pytest.mark.usefixtures("_short_pages")
def test_log_files_are_found_behind_foreign_objects_of_their_day(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    for bucket in (MANAGEMENT_BUCKET, DATA_BUCKET):
        first = min(log_files(aws, bucket))
        put_many(bucket, f"{first.rpartition('/')[0]}/0-", 11)
    found = check_now(32, 36)
    assert [found[number].outcome for number in (32, 36)] == [Outcome.PASS, Outcome.PASS]


def test_a_region_folder_full_of_other_things_is_not_paged_through_to_its_end(
    aws: LocalAws, check_now: CheckNow, requests_during: RequestsDuring
) -> None:
    build(aws, changed(REFERENCE, others=(WITNESS,)))
    day = min(log_files(aws, MANAGEMENT_BUCKET)).rpartition("/")[0]
    stop = call("cloudtrail", "stop_logging", Name=MANAGEMENT)
    for act in (stop, deliver, EmptyBucket(MANAGEMENT_BUCKET)):
        act(aws)
    put_many(MANAGEMENT_BUCKET, f"{day}/0-", 1100)
    put_many(MANAGEMENT_BUCKET, f"{day.rpartition('us-east-1/')[0]}us-east-1/photos/", 4000)
    found: list[dict[int, Finding]] = []
    requests = requests_during(lambda: found.append(check_now(32)))
    assert "do not have the names that CloudTrail gives" in found[0][32].rationale
    assert listings(requests) < 6


def test_a_second_run_of_the_same_student_passes_beside_the_first(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    call("dynamodb", "delete_table", TableName="Users")(aws)
    for act in (*REFERENCE.work, deliver):
        act(aws)
    findings = check_now()
    assert not_passed(findings) == {}
    assert findings[37].actual == "PutItem 2x, GetItem 2x"


def test_a_right_second_run_is_not_failed_by_what_a_wrong_first_one_left_in_the_buckets(
    aws: LocalAws, check_now: CheckNow
) -> None:
    both = (ALL_MANAGEMENT, ALL_TABLES)
    build(aws, changed(REFERENCE, management__selectors=both, data__selectors=both))
    repairs: tuple[Act, ...] = (
        select(MANAGEMENT, ALL_MANAGEMENT),
        select(DATA, ALL_TABLES),
        call("dynamodb", "delete_table", TableName="Users"),
        deliver,
    )
    for act in repairs:
        act(aws)
    assert set(not_passed(check_now(33, 36))) == {33, 36}
    aws.advance(timedelta(hours=2))
    again: tuple[Act, ...] = (*REFERENCE.work, SENTINEL, deliver)
    for act in again:
        act(aws)
    assert not_passed(check_now()) == {}


def share_with_classmate(aws: LocalAws, bucket: str, selectors: dict[str, Any]) -> None:
    """Another account's trail delivers to the same bucket what its owner does."""
    arn = f"arn:aws:cloudtrail:us-east-1:{CLASSMATE}:trail/theirs"
    s3 = client(aws, "s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] += delivery_policy(bucket, "", CLASSMATE, arn)["Statement"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    who = account(aws, CLASSMATE)
    cloudtrail = client(aws, "cloudtrail", **who)
    cloudtrail.create_trail(Name="theirs", S3BucketName=bucket)
    cloudtrail.put_event_selectors(TrailName="theirs", **selectors)
    cloudtrail.start_logging(Name="theirs")
    dynamodb = client(aws, "dynamodb", **who)
    dynamodb.create_table(**USERS)
    dynamodb.put_item(TableName="Users", Item=ITEM)
    dynamodb.get_item(TableName="Users", Key={"id": ITEM["id"]})
    aws.deliver_now()


def test_management_events_of_a_classmate_in_the_data_bucket_are_not_the_students(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    everything = {"ReadWriteType": "All", "IncludeManagementEvents": True}
    share_with_classmate(aws, DATA_BUCKET, {"EventSelectors": [everything]})
    files = log_files(aws, DATA_BUCKET)
    assert any(CLASSMATE in key for key in files), "the classmate's files are there"
    assert not_passed(check_now()) == {}


def test_item_calls_of_a_classmate_do_not_stand_in_for_the_students(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, changed(REFERENCE, read=False))
    tables = {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}
    selector = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": False,
        "DataResources": [tables],
    }
    share_with_classmate(aws, DATA_BUCKET, {"EventSelectors": [selector]})
    assert not_passed(check_now()) == {37: ("FAIL", "not found: GetItem")}


@pytest.mark.parametrize(
    "aws",
    [{"disturbance": Disturbance(duplicates=1.0, late=0.5, shuffle=True, seed=7)}],
    indirect=True,
    ids=["duplicate, late and unordered"],
)
def test_disturbed_delivery_changes_no_verdict_and_no_count(aws: LocalAws, judged: Judged) -> None:
    findings = judged(REFERENCE)
    delivered = [record for file in log_files(aws, DATA_BUCKET).values() for record in file]
    assert len(delivered) > len({record["eventID"] for record in delivered})
    assert not_passed(findings) == {}
    assert findings[37].actual == "PutItem 1x, GetItem 1x"


def rewrite(aws: LocalAws, bucket: str, change: Callable[[bytes], bytes]) -> None:
    """Every log file of the bucket with its bytes changed."""
    put(aws, bucket, bodies(aws, bucket), change)


def bodies(aws: LocalAws, bucket: str) -> list[tuple[str, bytes]]:
    """The key and the bytes of every log file of the bucket."""
    s3 = client(aws, "s3")
    return [
        (key, s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        for key in log_files(aws, bucket)
    ]


def put(
    aws: LocalAws,
    bucket: str,
    files: list[tuple[str, bytes]],
    change: Callable[[bytes], bytes],
) -> None:
    for key, body in files:
        client(aws, "s3").put_object(Bucket=bucket, Key=key, Body=change(body))


def with_records(change: Callable[[Record], Record]) -> Callable[[bytes], bytes]:
    def of_file(body: bytes) -> bytes:
        whole = json.loads(gzip.decompress(body))
        whole["Records"] = [change(record) for record in whole["Records"]]
        return gzip.compress(json.dumps(whole).encode())

    return of_file


def in_three_members(body: bytes) -> bytes:
    text = gzip.decompress(body)
    third = len(text) // 3
    parts = (text[:third], text[third : 2 * third], text[2 * third :])
    return b"".join(gzip.compress(part) for part in parts)


FORMS = {
    "several gzip members": in_three_members,
    "not packed": gzip.decompress,
    "newer version": with_records(lambda record: {**record, "eventVersion": "2.01"}),
    "unknown field": with_records(lambda record: {"aNewField": {"deep": [1, None]}, **record}),
    "other shapes": with_records(
        lambda record: {**record, "requestID": None, "tlsDetails": "new shape"}
    ),
}


def test_files_in_another_form_are_read_all_the_same(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    files = {bucket: bodies(aws, bucket) for bucket in (MANAGEMENT_BUCKET, DATA_BUCKET)}
    for name, change in FORMS.items():
        for bucket, found in files.items():
            put(aws, bucket, found, change)
        lab.known_events = KnownEvents()
        assert not_passed(check_now()) == {}, name


UNREADABLE = {
    "zero bytes": (b"", "empty"),
    "gzip of nothing": (gzip.compress(b""), ""),
    "truncated gzip": (gzip.compress(b'{"Records": []}')[:-9], "truncated"),
    "second member truncated": (gzip.compress(b'{"Records": []}') + b"\x1f\x8b\x08", "truncated"),
    "Records is no list": (gzip.compress(b'{"Records": {}}'), "not a CloudTrail log file"),
    "records in lower case": (gzip.compress(b'{"records": []}'), "not a CloudTrail log file"),
    "a list": (gzip.compress(b"[]"), "not a CloudTrail log file"),
    "record without eventTime": (
        gzip.compress(b'{"Records": [{"eventName": "PutItem"}]}'),
        "field `eventVersion`",
    ),
    "half a JSON": (gzip.compress(b'{"Records": ['), "JSON is broken"),
    "no UTF-8": (gzip.compress(b"\xff\xfe"), "JSON is broken"),
}


def test_log_files_that_cannot_be_read_are_an_error_of_their_step_alone(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    key = next(iter(log_files(aws, DATA_BUCKET)))
    name_of = {
        f"{key.rsplit('_', 1)[0]}_{number:016}.json.gz": name
        for number, name in enumerate(UNREADABLE)
    }
    s3 = client(aws, "s3")
    for damaged, name in name_of.items():
        s3.put_object(Bucket=DATA_BUCKET, Key=damaged, Body=UNREADABLE[name][0])
    findings = check_now()
    assert {n: outcome for n, (outcome, _) in not_passed(findings).items()} == {36: "ERROR"}
    named = [each for each in findings[36].evidence if isinstance(each, LogObject)]
    assert {each.key for each in named} == {*name_of}
    for each in named:
        assert UNREADABLE[name_of[each.key]][1] in each.note, name_of[each.key]


def where(name: str, **changes: Any) -> Callable[[Record], Record]:
    return lambda record: {**record, **changes} if record["eventName"] == name else record


DAMAGE = {
    "padded eventID": {"eventID": " 0a0b0c0d-0000-4000-8000-00000000abcd"},
    "no eventTime": {"eventTime": "yesterday"},
    "half a surrogate pair": {"userAgent": "\ud800"},
}


def test_a_damaged_record_is_no_evidence_and_what_it_may_be_is_not_called_missing(
    aws: LocalAws, lab: LabSession, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    files = bodies(aws, DATA_BUCKET)
    for name, changes in DAMAGE.items():
        put(aws, DATA_BUCKET, files, with_records(where("GetItem", **changes)))
        lab.known_events = KnownEvents()
        findings = check_now()
        found = {n: outcome for n, (outcome, _) in not_passed(findings).items()}
        assert found == {36: "ERROR", 37: "ERROR"}, name
        named = [each for each in findings[37].evidence if isinstance(each, LogObject)]
        assert {each.key for each in named} <= {key for key, _ in files}, name
        assert all("Records[" in each.note for each in named), name
        assert f"Restore s3://{DATA_BUCKET}/{named[0].key} as" in findings[37].rationale, name


def test_a_damaged_record_beside_the_evidence_is_an_error_of_its_step_alone(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    key = min(log_files(aws, DATA_BUCKET))
    damaged = {"Records": [{"eventID": "?"}]}
    beside = (f"{key.rsplit('_', 1)[0]}_AAAAAAAAAAAAAAAA.json.gz", json.dumps(damaged).encode())
    put(aws, DATA_BUCKET, [beside], gzip.compress)
    assert {n: outcome for n, (outcome, _) in not_passed(check_now()).items()} == {36: "ERROR"}


def test_when_the_only_file_is_damaged_the_events_are_not_called_missing(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    rewrite(aws, DATA_BUCKET, lambda body: body[: len(body) // 2])
    findings = check_now()
    found = {n: outcome for n, (outcome, _) in not_passed(findings).items()}
    assert found == dict.fromkeys((23, 24, 36, 37), "ERROR")


def test_a_bucket_that_was_emptied_and_refilled_is_judged_by_what_it_holds_now(
    aws: LocalAws, check_now: CheckNow
) -> None:
    build(aws, REFERENCE)
    EmptyBucket(DATA_BUCKET)(aws)
    assert check_now(35)[35].outcome is Outcome.FAIL
    call("dynamodb", "put_item", TableName="Users", Item=ITEM)(aws)
    call("dynamodb", "get_item", TableName="Users", Key={"id": ITEM["id"]})(aws)
    SENTINEL(aws)
    aws.deliver_now()
    assert not_passed(check_now()) == {}
