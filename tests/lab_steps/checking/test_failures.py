"""What every failing step tells, whatever is wrong: expected, actual, why, and one next action."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab_steps.checking.finding import Finding, Outcome
from tests.lab_steps.by_hand import ALL_MANAGEMENT, ALL_TABLES, ITEM, MANAGEMENT, ByHand

Judge = Callable[..., dict[int, Finding]]


def nothing(hand: ByHand) -> None:
    """A student who has not begun."""


def trails_wrong(hand: ByHand) -> None:
    hand.management_trail(
        selectors=[*ALL_MANAGEMENT, *ALL_TABLES], insights=(), EnableLogFileValidation=True
    )
    hand.data_trail(selectors=[*ALL_TABLES, *ALL_MANAGEMENT], EnableLogFileValidation=True)
    hand.work()


def not_logging(hand: ByHand) -> None:
    hand.management_trail(logging=False)
    hand.data_trail(logging=False)
    hand.work()


def policy_removed(hand: ByHand) -> None:
    hand.management_trail()
    hand.s3.delete_bucket_policy(Bucket=hand.buckets[MANAGEMENT])


def table_wrong(hand: ByHand) -> None:
    hand.management_trail()
    hand.data_trail()
    keys = [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "when", "AttributeType": "S"},
    ]
    schema = [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "when", "KeyType": "RANGE"},
    ]
    hand.table(AttributeDefinitions=keys, KeySchema=schema)
    item = {"id": {"S": "1"}, "when": {"S": "now"}, "Name": {"N": "1"}}
    hand.dynamodb.put_item(TableName="Users", Item=item)


LABS = (nothing, trails_wrong, not_logging, policy_removed, table_wrong)


@pytest.mark.parametrize("make", LABS, ids=lambda make: make.__name__)
def test_a_failure_says_what_was_expected_what_was_found_why_and_what_to_do(
    make: Callable[[ByHand], None], by_hand: ByHand, judge: Judge
) -> None:
    make(by_hand)
    failures = {n: each for n, each in judge().items() if each.outcome is Outcome.FAIL}
    assert failures
    for number, finding in failures.items():
        assert finding.expected, number
        assert finding.actual, number
        assert finding.actual != finding.expected, number
        assert finding.rationale, number
        assert finding.next_action, number
        assert finding.next_action.console, number
        assert finding.next_action.command, number


@pytest.mark.parametrize(
    "make", [nothing, not_logging, policy_removed], ids=lambda make: make.__name__
)
def test_a_blocked_step_says_what_to_do_about_the_step_that_blocks_it(
    make: Callable[[ByHand], None], by_hand: ByHand, judge: Judge
) -> None:
    make(by_hand)
    found = judge()
    blocked = [each for each in found.values() if each.outcome is Outcome.BLOCKED]
    assert blocked
    for finding in blocked:
        assert finding.blocked_by
        assert finding.next_action
        assert finding.next_action == found[finding.blocked_by].next_action


def test_a_missing_record_is_repaired_by_the_call_that_makes_it(
    by_hand: ByHand, judge: Judge
) -> None:
    by_hand.management_trail()
    by_hand.data_trail()
    by_hand.table()
    by_hand.dynamodb.scan(TableName="Users")
    by_hand.dynamodb.put_item(TableName="Users", Item=ITEM)
    found = judge(34, 37)
    commands = {n: each.next_action.command for n, each in found.items() if each.next_action}
    assert "dynamodb update-table --table-name Users" in commands[34]
    assert "dynamodb get-item --table-name Users" in commands[37]
