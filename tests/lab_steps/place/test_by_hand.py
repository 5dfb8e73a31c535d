"""`down --by-hand`: a lab made by hand goes, and nothing that it does not make."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from moto.s3.models import s3_backends

from lab_steps.errors import ExitCode
from local_aws import LocalAws
from local_aws.cloudtrail.delivery.disturbance import Disturbance
from tests.conftest import OneAtATime
from tests.lab_steps.by_hand import ACCOUNT, DATA, MANAGEMENT, ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.place.test_ownership import everything as all_there_is
from tests.lab_steps.standing import MARK, ORGANIZATION


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ACCOUNT}\n"))


def everything(by_hand: ByHand) -> dict[str, Any]:
    """All there is but log files, which go on coming."""
    found = all_there_is(by_hand)
    versions = [each for of_bucket in found["objects"].values() for each in of_bucket or ()]
    found["objects"] = [each for each in versions if each["Key"] == "theirs"]
    return found


def standing(by_hand: ByHand) -> tuple[list[str], list[str], list[str]]:
    return (
        [each["Name"] for each in by_hand.cloudtrail.describe_trails()["trailList"]],
        [each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]],
        by_hand.dynamodb.list_tables()["TableNames"],
    )


def test_a_lab_made_by_hand_is_listed_and_goes_once_the_account_is_typed_whatever_its_mark(
    cli: CliRun, by_hand: ByHand, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = standing(by_hand)
    by_hand.lab()
    aws.deliver_now()
    made = everything(by_hand)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO("yes\n"))
        assert cli("down", "--by-hand", "--yes")[0] == ExitCode.USAGE
    assert everything(by_hand) == made
    code, out, err = cli("down", "--by-hand")
    assert code == 0, err
    assert f"This permanently removes from account {ACCOUNT}:\n  bucket aws-" in err
    assert out == "5 of 5 things of a lab made by hand were removed.\n"
    assert standing(by_hand) == before


def test_down_says_of_it_what_goes_on_costing_and_which_command_takes_it_away(
    cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.lab()
    code, out, err = cli("down")
    assert code == ExitCode.REFUSED
    assert "Nothing of the lab is left" not in out
    assert "3 things with its names were not created by it" in out.lower()
    assert "down --by-hand --dry-run --endpoint-url" in out
    assert f"trail {MANAGEMENT}, without the lab's tag" in err
    assert "it keeps logging, and what it delivers keeps costing money" in err


@pytest.mark.parametrize("options", [["--by-hand"], []], ids=str)
def test_a_dry_run_says_all_and_changes_nothing(
    options: list[str], cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.lab() if options else cli("run")
    before = everything(by_hand)
    code, out, err = cli("down", "--dry-run", *options)
    assert code == 0
    assert "with the lab's tag" not in err  # what belongs to a stack is removed with it
    assert "would be removed: table Users" in out
    assert f"would be removed: trail {DATA}" in out
    told = json.loads(cli("down", "--dry-run", "--format", "json", *options)[1])
    assert told["dry_run"]
    assert "Users" in [each["name"] for each in told["removed"]]
    assert everything(by_hand) == before
    cli("down")


def _other_object(by_hand: ByHand) -> str:
    by_hand.s3.put_object(Bucket=by_hand.buckets[DATA], Key="theirs", Body=b"precious")
    return f"bucket {by_hand.buckets[DATA]}, it holds theirs"


def _old_version(by_hand: ByHand) -> str:
    bucket = by_hand.buckets[DATA]
    versioning = {"Status": "Enabled"}
    by_hand.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    by_hand.s3.put_object(Bucket=bucket, Key="theirs", Body=b"precious")
    by_hand.s3.delete_object(Bucket=bucket, Key="theirs")
    return f"bucket {bucket}, it holds theirs"


def _other_trail(by_hand: ByHand) -> str:
    bucket = by_hand.buckets[DATA]
    policy = by_hand.s3.get_bucket_policy(Bucket=bucket)["Policy"].replace(DATA, "copy")
    by_hand.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    by_hand.cloudtrail.create_trail(Name="copy", S3BucketName=bucket)
    return f"bucket {bucket}, trail copy also delivers to it"


def _other_item(by_hand: ByHand) -> str:
    item = {"id": {"N": "9"}, "Salary": {"N": "1"}}
    by_hand.dynamodb.put_item(TableName="Users", Item=item)
    return "table Users, its items have the attribute Salary"


OTHERS = [_other_object, _old_version, _other_trail, _other_item]


@pytest.mark.parametrize("other", OTHERS, ids=lambda each: each.__name__)
def test_a_bucket_or_table_with_other_content_is_left_with_the_reason(
    other: Any, cli: CliRun, by_hand: ByHand
) -> None:
    by_hand.lab()
    why = other(by_hand)
    before = everything(by_hand)
    code, out, err = cli("down", "--by-hand")
    assert (code, why in err) == (ExitCode.REFUSED, True), err
    assert out == "4 of 5 things of a lab made by hand were removed.\n"
    after = everything(by_hand)
    assert after["objects"] == before["objects"]
    if other is _other_item:
        assert after["items"] == before["items"]
    assert not {DATA, MANAGEMENT} & {each["Name"] for each in after["trails"]}


def test_thousands_of_versions_go_while_late_log_files_come(
    aws_with: OneAtATime, cli: CliRun
) -> None:
    disturbed = Disturbance(duplicates=0.5, late=0.5, shuffle=True, seed=1)
    aws = aws_with(organization=ORGANIZATION, log_group=MARK, disturbance=disturbed)
    by_hand = ByHand(aws)
    by_hand.lab()
    bucket = by_hand.buckets[DATA]
    versioning = {"Status": "Enabled"}
    by_hand.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    folder = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/27/{ACCOUNT}_CloudTrail_us-east-1_"
    objects = s3_backends[ACCOUNT]["aws"]  # a request each would take ten seconds
    for number in range(2_300):
        key = f"{folder}20261127T{number // 60 % 24:02}{number % 60:02}Z_{number:016}.json.gz"
        objects.put_object(bucket, key, b"")
        if number % 10 == 0:
            objects.delete_object(bucket, key)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            by_hand.dynamodb.list_tables()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        code, out, err = cli("down", "--by-hand", "--endpoint-url", aws.endpoint_url, here=False)
    finally:
        stop.set()
        worker.join()
    assert (code, out) == (0, "5 of 5 things of a lab made by hand were removed.\n"), err
    assert bucket not in standing(by_hand)[1]
