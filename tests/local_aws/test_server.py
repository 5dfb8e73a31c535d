from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import AlreadyRunning, LocalAws, OrganizationTrail
from tests.conftest import OneAtATime
from tests.local_aws.delivered import TABLES, client, history, keys, put_item, table, trail
from tests.local_aws.wire import Wire, json_call, send, send_all
from tests.waiting import LONG


def _in_a_process(script: str) -> str:
    """What a script prints in a process of its own, as a LocalAws is one of its process."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_process_has_one_local_aws_at_a_time(aws: LocalAws) -> None:
    with pytest.raises(AlreadyRunning, match="this process already runs a local AWS: stop it"):
        LocalAws().start()
    assert send(aws.endpoint_url, json_call("dynamodb", "ListTables")).status == 200


def test_a_stopped_one_may_be_followed_by_another_and_stopped_twice(aws_with: OneAtATime) -> None:
    aws_with.stop()
    for _ in range(3):
        aws = LocalAws(delivery_delay=0.1)
        with aws:
            assert aws.client("s3").list_buckets()["Buckets"] == []
            aws.client("s3").create_bucket(Bucket="lab-bucket")
        aws.stop()


def test_a_process_starts_one_after_a_taken_port_and_is_as_it_was_when_it_stops() -> None:
    """No thread is left, and moto is as it comes, also where CloudFormation was used first."""
    said = _in_a_process(
        """
import socket
import threading
from local_aws import LocalAws, PortTaken
with socket.create_server(("127.0.0.1", 0)) as taken:
    try:
        LocalAws(port=taken.getsockname()[1]).start()
    except PortTaken as error:
        print("another process is listening there" in str(error))
with LocalAws(delivery_delay=300) as aws:
    aws.client("cloudformation").list_stacks()
    print(len(aws.client("s3").list_buckets()["Buckets"]))
    aws.client("dynamodb").list_tables()
print([thread.name for thread in threading.enumerate()])
from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response
print(S3Response.get_bucket_notification.__module__, DynamoHandler.update_table.__module__)
"""
    )
    assert said.splitlines() == [
        "True",
        "0",
        "['MainThread']",
        "moto.s3.responses moto.dynamodb.responses",
    ]


def test_reset_forgets_buckets_trails_history_and_what_is_under_way(aws: LocalAws) -> None:
    trail(aws, "lab", advanced=TABLES)
    table(aws)
    put_item(aws, "1")
    assert send(aws.endpoint_url, Wire("POST", "/moto-api/reset")).status == 200
    client(aws, "s3").create_bucket(Bucket="lab-logs")
    aws.deliver_now()
    assert keys(aws, "lab-logs") == []
    assert [record["eventName"] for record in history(aws)] == ["CreateBucket"]
    assert client(aws, "cloudtrail").list_trails()["Trails"] == []


def test_reset_lets_accounts_out_of_their_organizations(aws_with: OneAtATime) -> None:
    in_one = aws_with(organization=OrganizationTrail("everyones"))
    with pytest.raises(ClientError, match="AlreadyInOrganizationException"):
        client(in_one, "organizations").create_organization()
    in_none = aws_with()
    client(in_none, "organizations", key="222222222222").create_organization()
    member = _member(in_none, "222222222222")
    in_none.reset()
    for key in ("test", member):
        client(in_none, "organizations", key=key).create_organization()


def _member(aws: LocalAws, management_account: str) -> str:
    """A new account of the organization."""
    organizations = client(aws, "organizations", key=management_account)
    begun = organizations.create_account(AccountName="jo", Email="jo@example.com")
    asked = {"CreateAccountRequestId": begun["CreateAccountStatus"]["Id"]}
    status = organizations.describe_create_account_status(**asked)["CreateAccountStatus"]
    return str(status["AccountId"])


def test_reset_ends_the_enforcing_of_policies(aws: LocalAws) -> None:
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(aws, "dynamodb").list_tables()
    aws.reset()
    assert client(aws, "dynamodb").list_tables()["TableNames"] == []


def test_the_next_server_of_a_process_knows_nothing_of_the_one_before(aws_with: OneAtATime) -> None:
    def seen(aws: LocalAws) -> tuple[list[Any], list[Any], list[Any]]:
        trails = client(aws, "cloudtrail")
        keys = [each["Fingerprint"] for each in trails.list_public_keys()["PublicKeyList"]]
        return keys, trails.list_trails()["Trails"], history(aws)

    first = aws_with()
    trail(first, "audit", EnableLogFileValidation=True)
    keys, trails, _ = seen(first)
    aws_with.stop()
    assert trails
    other_keys, trails, events = seen(aws_with())
    assert trails == []
    assert set(keys).isdisjoint(other_keys)
    assert [record["eventName"] for record in events] == ["ListPublicKeys", "ListTrails"]


def test_resets_while_requests_are_under_way_do_no_harm(aws: LocalAws) -> None:
    statuses: list[int] = []

    def ask() -> None:
        replies = send_all(aws.endpoint_url, [json_call("cloudtrail", "ListTrails")] * 30)
        statuses.extend(reply.status for reply in replies)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        aws.reset()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}


def test_the_environment_points_any_client_here(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws.environment("eu-west-1").items():
        monkeypatch.setenv(name, value)
    anywhere: Any = boto3.Session().client("dynamodb")
    anywhere.list_tables()
    assert anywhere.meta.endpoint_url == aws.endpoint_url
    assert [record["eventName"] for record in history(aws, "eu-west-1")] == ["ListTables"]


@pytest.mark.parametrize("delay", [5, 5.0, timedelta(seconds=5)])
def test_the_delay_is_seconds_or_a_timedelta(delay: float | timedelta) -> None:
    assert LocalAws(delivery_delay=delay)._delay == timedelta(seconds=5)
