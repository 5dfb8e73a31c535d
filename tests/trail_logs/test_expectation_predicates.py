from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.trail_logs.log_samples import ACCOUNT, NOON, OTHER_ACCOUNT, file_of, record
from trail_logs.expectation_predicates import compiled
from trail_logs.expectations import Expectation
from trail_logs.records import Record, decode

ROLE = "arn:aws:iam::111122223333:role/Student"
ROLE_SESSION = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/Student/me",
    "accountId": ACCOUNT,
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "Student"}},
}
INSIGHT = {
    "eventName": None,
    "eventSource": None,
    "userIdentity": None,
    "readOnly": None,
    "eventCategory": "Insight",
    "insightDetails": {"eventName": "PutItem", "eventSource": "dynamodb.amazonaws.com"},
}
OLD = {"eventVersion": "1.05", "eventCategory": None, "readOnly": None, "managementEvent": None}
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Users"
SECOND = timedelta(seconds=1)


def typed(**changes: Any) -> Record:
    (only,) = decode(file_of(record(**changes))).records
    return only


def matches(changes: dict[str, Any] | None = None, **filters: Any) -> bool:
    record = typed(**(changes or {}))
    tests = compiled([Expectation("e", **filters)])
    asked = tests.by_name.get(record.eventName or "", tests.of_any_name)
    return any(test(record) for _, test in asked)


def test_an_expectation_without_filters_matches_every_record() -> None:
    assert matches()


@pytest.mark.parametrize(
    ("fitting", "other"),
    [
        ({"event_names": ("GetItem", "PutItem")}, {"event_names": ("GetItem", "putitem")}),
        ({"event_source": "dynamodb.amazonaws.com"}, {"event_source": "s3.amazonaws.com"}),
        ({"category": "Data"}, {"category": "Management"}),
        ({"since": NOON}, {"since": NOON + SECOND}),
        ({"until": NOON}, {"until": NOON - SECOND}),
        ({"since": NOON + SECOND * 0.7}, {"until": NOON - SECOND * 0.3}),
        ({"identity": "alice"}, {"identity": "bob"}),
        ({"identity": f"arn:aws:iam::{ACCOUNT}:user/alice"}, {"identity": ACCOUNT}),
        ({"succeeded": True}, {"succeeded": False}),
        ({"read_only": False}, {"read_only": True}),
        ({"account": ACCOUNT}, {"account": OTHER_ACCOUNT}),
        ({"region": "us-east-1"}, {"region": "eu-west-1"}),
        ({"parameters": (("tableName", "Users"),)}, {"parameters": (("tableName", "User"),)}),
        ({"parameters": (("key.id", "7"),)}, {"parameters": (("key.id", "7.0"),)}),
        ({"not_user_agents": ("checker", "x")}, {"not_user_agents": ("x", "cli/2")}),
        ({"resource": TABLE}, {"resource": TABLE.removesuffix("s")}),
        (
            {"event_names": ("PutItem",), "category": "Data"},
            {"event_names": ("PutItem",), "category": "Management"},
        ),
    ],
    ids=lambda filters: "+".join(filters),
)
def test_each_filter_chooses(fitting: dict[str, Any], other: dict[str, Any]) -> None:
    assert matches(**fitting)
    assert not matches(**other)


def test_a_failed_call_has_an_error_code() -> None:
    denied = {"errorCode": "AccessDenied"}
    assert matches(denied, succeeded=False)
    assert not matches(denied, succeeded=True)


@pytest.mark.parametrize("name", [ROLE, "Student", ROLE_SESSION["arn"]])
def test_a_role_session_is_known_by_its_own_arn_and_its_roles_names(name: str) -> None:
    assert matches({"userIdentity": ROLE_SESSION}, identity=name)


def test_a_record_without_identity_matches_no_identity() -> None:
    assert not matches({"userIdentity": None}, identity="alice")


@pytest.mark.parametrize(
    ("value", "text"),
    [("Users", "Users"), (5, "5"), (12345678901234567890, "12345678901234567890"), (True, "true"),
     (False, "false"), ("ünï\n", "ünï\n"), (2.5, "2.5")],
)  # fmt: skip
def test_scalar_parameters_compare_as_their_text(value: Any, text: str) -> None:
    assert matches({"requestParameters": {"a": value}}, parameters=(("a", text),))


@pytest.mark.parametrize("value", [None, {}, {"b": 1}, [1], "other"])
def test_null_objects_and_lists_are_no_parameter_values(value: Any) -> None:
    texts = ("null", "{}", '{"b":1}', "[1]", "")
    assert not any(
        matches({"requestParameters": {"a": value}}, parameters=(("a", text),)) for text in texts
    )


def test_parameters_are_found_in_lists_by_index() -> None:
    request = {"requestItems": [{"tableName": "Orders"}, {"tableName": "Users"}]}
    assert matches(
        {"requestParameters": request}, parameters=(("requestItems[1].tableName", "Users"),)
    )
    assert not matches({"requestParameters": request}, parameters=(("requestItems[2].t", "Users"),))


def test_a_path_through_a_scalar_leads_nowhere() -> None:
    assert not matches(parameters=(("tableName.name", "Users"),))


@pytest.mark.parametrize("agent", [None, 5, ["aws-cli"]])
def test_a_record_without_a_user_agent_contains_no_text(agent: Any) -> None:
    assert matches({"userAgent": agent}, not_user_agents=("aws-cli",))


def test_a_user_agent_is_compared_as_text_however_its_json_is_spelled() -> None:
    assert not matches({"userAgent": "ünï/2"}, not_user_agents=("ünï",))


@pytest.mark.parametrize("resources", [None, [], [None], [{"type": "AWS::S3::Object"}], {}, "x"])
def test_a_record_without_the_resource_does_not_match_it(resources: Any) -> None:
    assert not matches({"resources": resources}, resource=TABLE)


def test_a_resource_may_be_of_the_records_own_account_and_region() -> None:
    own = TABLE.replace(ACCOUNT, "{account}").replace("us-east-1", "{region}")
    assert own != TABLE
    there = {"resources": [{"ARN": TABLE}], "recipientAccountId": ACCOUNT}
    assert matches(there, resource=own)
    assert not matches({**there, "recipientAccountId": OTHER_ACCOUNT}, resource=own)
    assert not matches({**there, "awsRegion": "eu-west-1"}, resource=own)


def test_a_parameter_may_name_the_records_own_account_and_region() -> None:
    there = {"requestParameters": {"name": f"{ACCOUNT} us-east-1"}, "recipientAccountId": ACCOUNT}
    own = (("name", "{account} {region}"),)
    assert matches(there, parameters=own)
    assert not matches({**there, "recipientAccountId": OTHER_ACCOUNT}, parameters=own)
    assert not matches({**there, "awsRegion": "eu-west-1"}, parameters=own)


def test_a_resource_is_found_among_several() -> None:
    others = [{"ARN": f"{TABLE}2"}, None, {"ARN": TABLE}]
    assert matches({"resources": others}, resource=TABLE)


def test_requests_without_parameters_match_no_parameter() -> None:
    assert not matches({"requestParameters": None}, parameters=(("tableName", "Users"),))


@pytest.mark.parametrize(
    ("source", "name", "category", "reads"),
    [
        ("s3.amazonaws.com", "GetObject", "Data", True),
        ("s3.amazonaws.com", "PutObject", "Data", False),
        ("s3.amazonaws.com", "CreateBucket", "Management", False),
        ("lambda.amazonaws.com", "Invoke", "Data", False),
        ("dynamodb.amazonaws.com", "DescribeTable", "Management", True),
    ],
)
def test_old_records_get_the_category_and_direction_they_would_have_today(
    source: str, name: str, category: str, reads: bool
) -> None:
    old = OLD | {"eventSource": source, "eventName": name}
    assert matches(old, category=category)
    assert matches(old, read_only=reads)


def test_insights_are_matched_by_the_api_they_are_about() -> None:
    assert matches(INSIGHT, category="Insight", event_names=("PutItem",))
    assert not matches(INSIGHT, category="Insight", event_names=("GetItem",))
    assert matches(INSIGHT, category="Insight", event_source="dynamodb.amazonaws.com")
    assert not matches(INSIGHT, event_names=("PutItem",))


def test_records_of_2014_count_for_their_callers_account() -> None:
    assert matches({"recipientAccountId": None}, account=ACCOUNT)
