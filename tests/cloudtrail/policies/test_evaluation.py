"""Resource policies, evaluated for a service principal."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloudtrail.policies.documents import MalformedPolicy, parse_policy
from cloudtrail.policies.evaluation import AccessRequest, Permission, evaluate, service_context

TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/student"
CONTEXT = service_context(
    "cloudtrail.amazonaws.com", source_arn=TRAIL, source_account="123456789012"
) | {"s3:x-amz-acl": "bucket-owner-full-control"}
PUT = AccessRequest(
    "cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::logs/AWSLogs/1/x", CONTEXT
)
ALLOW: dict[str, Any] = {
    "Sid": "Write",
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::logs/*",
}


def asked(*statements: dict[str, Any]) -> Permission:
    return evaluate({"Version": "2012-10-17", "Statement": list(statements)}, PUT)


def without(element: str) -> dict[str, Any]:
    return {name: value for name, value in ALLOW.items() if name != element}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": "123456789012", "Service": ["a", "cloudtrail.amazonaws.com"]}},
        {"Action": "*"},
        {"Action": "S3:putobject"},
        {"Action": ["s3:GetBucketAcl", "s3:Put*"]},
        {"Action": "s3:PutObjec?"},
        {"Resource": "*"},
        {"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::logs/AWSLogs/?/x"]},
    ],
)
def test_a_matching_statement_allows(change: dict[str, Any]) -> None:
    assert asked(ALLOW | change).permitted


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"Service": "config.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": "cloudtrail.amazonaws.com"},
        {"Action": "s3:GetObject"},
        {"Action": "s3:Put"},
        {"Resource": "arn:aws:s3:::logs"},
        {"Resource": "arn:aws:s3:::LOGS/*"},
    ],
)
def test_another_principal_action_or_resource_is_not_allowed(change: dict[str, Any]) -> None:
    assert not asked(ALLOW | change).permitted


def test_not_elements_match_everything_else() -> None:
    assert asked(without("Action") | {"NotAction": "s3:GetObject"}).permitted
    assert not asked(without("Action") | {"NotAction": "s3:Put*"}).permitted
    assert asked(without("Resource") | {"NotResource": "arn:aws:s3:::other/*"}).permitted
    assert not asked(without("Resource") | {"NotResource": "arn:aws:s3:::logs/*"}).permitted
    everyone_else = {"NotPrincipal": {"Service": "config.amazonaws.com"}}
    assert asked(without("Principal") | everyone_else).permitted


def test_one_statement_may_stand_without_a_list() -> None:
    assert evaluate({"Statement": ALLOW}, PUT).permitted


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:SourceArn": TRAIL}}, True),
        ({"StringEquals": {"AWS:sourcearn": TRAIL}}, True),
        ({"StringEquals": {"aws:SourceArn": ["arn:other", TRAIL]}}, True),
        ({"StringEquals": {"aws:SourceArn": TRAIL + "2"}}, False),
        ({"StringEquals": {"aws:SourceArn": TRAIL.replace("student", "*")}}, False),
        ({"StringLike": {"aws:SourceArn": TRAIL.replace("student", "*")}}, True),
        ({"StringEqualsIgnoreCase": {"aws:SourceArn": TRAIL.upper()}}, True),
        ({"StringNotEquals": {"aws:SourceArn": TRAIL}}, False),
        ({"StringNotEquals": {"aws:SourceArn": "arn:other"}}, True),
        ({"StringNotLike": {"aws:SourceArn": "arn:*"}}, False),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudtrail:*:123456789012:trail/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:trail/*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-?:*:trail/stud*"}}, True),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": 123456789012}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceArn": "arn:other"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, True),
        ({"Null": {"aws:SourceArn": True}}, False),
        ({"Null": {"aws:SourceArn": "false"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:SourceArn": TRAIL}}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"NumericLessThan": {"aws:SourceAccount": "5"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"StringEquals": {"aws:SourceArn": TRAIL, "aws:SourceAccount": "9"}}, False),
        (
            {"StringEquals": {"aws:SourceArn": TRAIL}, "Bool": {"aws:SecureTransport": "false"}},
            False,
        ),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], holds: bool) -> None:
    assert asked(ALLOW | {"Condition": condition}).permitted is holds


def test_a_policy_variable_stands_for_the_requests_value() -> None:
    statement = ALLOW | {
        "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"StringLike": {"aws:SourceArn": "*:${aws:SourceAccount}:*"}},
    }
    assert asked(statement).permitted


def test_an_explicit_deny_wins() -> None:
    deny = ALLOW | {"Effect": "Deny", "Sid": "NoUploads", "Principal": "*"}
    for statements in ((ALLOW, deny), (deny, ALLOW)):
        answer = asked(*statements)
        assert not answer.permitted
        assert answer.reason == (
            'the statement "NoUploads" denies cloudtrail.amazonaws.com to call s3:PutObject '
            "on arn:aws:s3:::logs/AWSLogs/1/x"
        )


def test_a_deny_whose_condition_does_not_hold_denies_nothing() -> None:
    tls_only = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert asked(ALLOW, tls_only).permitted


def test_a_deny_that_does_not_apply_is_not_the_reason() -> None:
    deny = ALLOW | {"Effect": "Deny", "Sid": "Other", "Resource": "arn:aws:s3:::other/*"}
    assert asked(deny).reason.startswith("no statement allows cloudtrail.amazonaws.com")


def test_the_reason_names_the_condition_that_fails() -> None:
    other = "arn:aws:cloudtrail:us-east-1:123456789012:trail/other"
    answer = asked(ALLOW | {"Condition": {"StringEquals": {"aws:SourceArn": other}}})
    assert answer.reason == (
        f'the statement "Write" would allow it, but StringEquals wants aws:SourceArn {other}, '
        f"and it is {TRAIL}"
    )


def test_the_reason_names_the_resource_that_is_allowed_instead() -> None:
    assert asked(ALLOW | {"Resource": "arn:aws:s3:::logs/other/*"}).reason == (
        'the statement "Write" allows s3:PutObject on arn:aws:s3:::logs/other/* only'
    )


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (None, "there is no policy"),
        ([], "the policy is malformed: Policies must be valid JSON"),
        ({}, "the policy is malformed: Missing required field Statement"),
        ({"Statement": []}, "the policy is malformed: Could not parse the policy"),
        ({"Statement": ["x"]}, "Invalid policy syntax."),
        ({"Statement": "x"}, "Invalid policy syntax."),
        ({"Statement": [without("Effect")]}, "Missing required field Effect"),
        ({"Statement": [ALLOW | {"Effect": "allow"}]}, "Missing required field Effect"),
        ({"Statement": [ALLOW | {"Effect": []}]}, "Missing required field Effect"),
        ({"Statement": [ALLOW | {"Sid": []}]}, "Invalid policy syntax."),
        ({"Statement": [ALLOW | {"Principal": {"Service": [5]}}]}, "Invalid principal in policy"),
        ({"Statement": [ALLOW | {"NotPrincipal": "x"}]}, "Invalid principal in policy"),
        ({"Statement": [ALLOW | {"Action": 5}]}, "Policy has invalid action"),
        ({"Statement": [ALLOW | {"Resource": [None]}]}, "Policy has invalid resource"),
        ({"Statement": [ALLOW | {"Condition": ["x"]}]}, "Invalid policy syntax."),
        ({"Statement": [ALLOW | {"Condition": {"Bool": 1}}]}, "Invalid policy syntax."),
        ({"Statement": [ALLOW | {"Condition": {"Bool": {"x": {}}}}]}, "Invalid policy syntax."),
        ({"Statement": [without("Action")]}, "no statement allows"),
    ],
)
def test_no_policy_or_a_malformed_one_permits_nothing(policy: Any, reason: str) -> None:
    answer = evaluate(policy, PUT)
    assert not answer.permitted
    assert reason in answer.reason


any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["*", "Allow"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ALLOW, "Statement", "Condition", "x"]), inner)
    ),
    max_leaves=12,
)


@given(any_json, any_json)
def test_no_document_breaks_the_evaluation(document: Any, condition: Any) -> None:
    assert not evaluate(document, PUT).permitted
    evaluate({"Statement": ALLOW | {"Condition": {"StringEquals": condition}}}, PUT)
    for element in ("Sid", "Effect", "Principal", "NotAction", "Resource", "Condition"):
        evaluate({"Statement": [ALLOW | {element: document}, ALLOW | {element: condition}]}, PUT)


@given(any_json)
def test_what_is_taken_is_never_called_malformed(document: Any) -> None:
    try:
        policy = parse_policy(json.dumps(document))
    except MalformedPolicy:
        return
    assert not evaluate(policy, PUT).reason.startswith("the policy is malformed")


@pytest.mark.parametrize("document", ["", "x", b"\xff", "[", "5", "[" * 100_000, '{"Statement"'])
def test_what_is_no_json_object_is_refused(document: str | bytes) -> None:
    with pytest.raises(MalformedPolicy, match="must be valid JSON and the first byte must be"):
        parse_policy(document)


@pytest.mark.parametrize("element", ["Principal", "Action", "Resource"])
def test_a_policy_that_lacks_an_element_is_refused(element: str) -> None:
    with pytest.raises(MalformedPolicy, match=f"Missing required field {element}"):
        parse_policy(json.dumps({"Statement": without(element)}))


def test_a_policy_of_many_stars_is_judged_at_once() -> None:
    started = time.process_time()
    stars = ALLOW | {"Resource": "arn:aws:s3:::" + "*a" * 30 + "b"}
    evaluate({"Statement": stars}, replace(PUT, resource="arn:aws:s3:::" + "a" * 10_000))
    assert time.process_time() - started < 1
