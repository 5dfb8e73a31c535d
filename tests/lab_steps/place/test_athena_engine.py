"""`--engine athena` as people use it: its stack, its price, and what it goes with."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from lab_steps.errors import ExitCode
from lab_steps.results.result import schema
from local_aws import LocalAws
from tests.lab_steps.by_hand import ByHand
from tests.lab_steps.conftest import CliRun
from tests.lab_steps.step_numbers import ALL_PASSED

pytest.importorskip("duckdb")


def buckets(by_hand: ByHand) -> list[str]:
    return [each["Name"] for each in by_hand.s3.list_buckets()["Buckets"]]


def test_a_lab_is_checked_and_reported_through_the_stack_that_up_made_and_down_takes_away(
    aws: LocalAws, cli: CliRun, by_hand: ByHand
) -> None:
    before = buckets(by_hand)
    code, out, _ = cli("up", "--athena")
    assert (code, "check --endpoint-url" in out, "--engine athena" in out) == (0, True, True)
    assert cli("run")[0] == 0
    code, out, _ = cli("check", "--engine", "athena")
    assert (code, ALL_PASSED in out) == (0, True), out
    assert "Athena: 1 query, 0.0" in out
    assert "about $0.00005 ($5 a TB, at least 10 MB a query" in out
    document = check_json(cli)
    (query,) = document["athena"]["queries"]
    executions = by_hand.athena.list_query_executions()["QueryExecutionIds"]
    assert query["query_id"] in executions
    assert document["athena"]["bytes_scanned"] == query["bytes_scanned"] > 0
    code, out, _ = cli("report", "--engine", "athena", "--format", "html", "--step", "34")
    assert code == 0
    assert "Athena: 1 query" in out
    assert "Athena read the log files, so they were not fetched" in out
    assert cli("down")[0] == 0
    assert buckets(by_hand) == before
    assert by_hand.glue.get_databases()["DatabaseList"] == []
    assert [each["Name"] for each in by_hand.athena.list_work_groups()["WorkGroups"]] == ["primary"]


def check_json(cli: CliRun) -> dict[str, Any]:
    code, out, _ = cli("check", "--engine", "athena", "--step", "37", "--format", "json")
    assert code == 0
    document: dict[str, Any] = json.loads(out)
    jsonschema.validate(document, schema())
    return document


def test_watch_asks_athena_too(cli: CliRun, by_hand: ByHand) -> None:
    by_hand.lab()
    by_hand.aws.deliver_now()
    code, out, _ = cli("watch", "--engine", "athena", "--step", "37", "--deadline", "0")
    assert code == ExitCode.CANNOT_LOOK
    assert "There is no Athena table cloudtrail_lab.data_events" in out
    assert "up --athena" in out


def test_athena_is_planned_with_its_price(cli: CliRun) -> None:
    _, out, _ = cli("plan", "--athena")
    assert "AWS::Athena::WorkGroup     cloudtrail-lab" in out
    assert "Athena, scanned" in out
    assert "Athena" not in cli("plan")[1]
    _, out, _ = cli("plan", "--athena", "--region", "us-east-1", here=False)
    assert "AWS::Glue::Table" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--workgroup", "w"], "add --engine athena"),
        (["check", "--database", "d"], "add --engine athena"),
        (["check", "--engine", "athena", "--bundle", "x.zip"], "leave out --engine athena"),
        (["report", "--engine", "athena", "--from", "x.json"], "--from reports a saved result"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_refused(
    cli: CliRun, arguments: list[str], message: str
) -> None:
    code, _, err = cli(*arguments, here="--bundle" not in arguments and "--from" not in arguments)
    assert code == ExitCode.USAGE
    assert message in err
