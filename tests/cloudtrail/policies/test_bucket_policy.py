"""What a bucket's policy must say for CloudTrail to deliver."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from cloudtrail.policies.bucket_policy import delivery_policy, permits_delivery
from cloudtrail.policies.evaluation import Permission

TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/student-data-events"
ACCOUNT = "123456789012"
ORGANIZATION = "o-exampleorg"
KEY = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/22/file.json.gz"


def delivery(policy: Any, **changes: Any) -> Permission:
    arguments = {"bucket": "logs", "prefix": "", "account_id": ACCOUNT, "trail_arn": TRAIL}
    return permits_delivery(policy, **arguments | changes)


POLICY = delivery_policy("logs", "", ACCOUNT, TRAIL)


def changed(statement: int, **elements: Any) -> dict[str, Any]:
    policy = copy.deepcopy(POLICY)
    policy["Statement"][statement] |= elements
    return policy


@pytest.mark.parametrize("prefix", ["", "lab", "a/b"])
@pytest.mark.parametrize("organization", [None, ORGANIZATION])
def test_the_policy_of_the_user_guide_permits_delivery(
    prefix: str, organization: str | None
) -> None:
    policy = delivery_policy("logs", prefix, ACCOUNT, TRAIL, organization)
    assert delivery(policy, prefix=prefix, organization_id=organization).permitted


def test_the_policy_is_spelled_as_in_the_user_guide() -> None:
    policy = delivery_policy("logs", "lab", ACCOUNT, TRAIL, ORGANIZATION)
    assert [(one["Sid"], one["Action"], one["Resource"]) for one in policy["Statement"]] == [
        ("AWSCloudTrailAclCheck20150319", "s3:GetBucketAcl", "arn:aws:s3:::logs"),
        (
            "AWSCloudTrailWrite20150319",
            "s3:PutObject",
            "arn:aws:s3:::logs/lab/AWSLogs/123456789012/*",
        ),
        (
            "AWSCloudTrailOrganizationWrite20150319",
            "s3:PutObject",
            "arn:aws:s3:::logs/lab/AWSLogs/o-exampleorg/*",
        ),
    ]


def test_the_source_arn_is_not_required() -> None:
    only_the_acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    policy = changed(1, Condition=only_the_acl)
    del policy["Statement"][0]["Condition"]
    assert delivery(policy).permitted


def test_a_policy_for_tls_only_and_aws_services_permits_delivery() -> None:
    policy = copy.deepcopy(POLICY)
    policy["Statement"] += [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::logs/*",
            "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        },
    ]
    assert delivery(policy).permitted


@pytest.mark.parametrize(
    ("policy", "reason", "sid"),
    [
        (None, "there is no policy", "AWSCloudTrailAclCheck20150319"),
        ({"Statement": POLICY["Statement"][1:]}, "no statement allows", "AWSCloudTrailAclCheck"),
        ({"Statement": POLICY["Statement"][:1]}, "no statement allows", "AWSCloudTrailWrite"),
        (changed(0, Resource="arn:aws:s3:::other"), "on arn:aws:s3:::other only", "AclCheck"),
        (
            changed(1, Resource="arn:aws:s3:::logs/AWSLogs/999999999999/*"),
            "on arn:aws:s3:::logs/AWSLogs/999999999999/* only",
            "AWSCloudTrailWrite20150319",
        ),
        (
            changed(1, Condition={"StringEquals": {"s3:x-amz-acl": "private"}}),
            "StringEquals wants s3:x-amz-acl private, and it is bucket-owner-full-control",
            "AWSCloudTrailWrite20150319",
        ),
        (changed(1, Effect="Deny"), "denies", "AWSCloudTrailWrite20150319"),
        (changed(1, Principal={"Service": "config.amazonaws.com"}), "no statement allows", "Write"),
        ("{}", "malformed", "AWSCloudTrailAclCheck20150319"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_shows_the_statement_that_would_do(
    policy: Any, reason: str, sid: str
) -> None:
    answer = delivery(policy)
    assert not answer.permitted
    assert reason in answer.reason
    shown = json.loads(answer.reason[answer.reason.index('{"Sid"') :])
    assert sid in shown["Sid"]
    assert shown in POLICY["Statement"]


def test_the_policy_must_fit_the_trails_prefix() -> None:
    assert not delivery(POLICY, prefix="lab").permitted


def test_another_trail_is_kept_out_by_its_source_arn() -> None:
    answer = delivery(POLICY, trail_arn=TRAIL + "-2")
    assert f"and it is {TRAIL}-2" in answer.reason


def test_an_organization_trail_needs_the_organizations_folder() -> None:
    answer = delivery(POLICY, organization_id=ORGANIZATION)
    assert not answer.permitted
    assert "AWSCloudTrailOrganizationWrite20150319" in answer.reason


def test_a_trail_without_a_key_satisfies_a_policy_that_wants_s3s() -> None:
    """As the Quick Start for NIST has it: DenyUnEncryptedObjectUploads."""
    policy = copy.deepcopy(POLICY)
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
        }
    )
    assert delivery(policy).permitted
    assert not delivery(policy, kms_key_id="arn:aws:kms:us-east-1:123456789012:key/1").permitted


def test_an_encrypting_trail_satisfies_a_policy_that_wants_its_key() -> None:
    policy = copy.deepcopy(POLICY)
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        }
    )
    assert not delivery(policy).permitted
    assert delivery(policy, kms_key_id="arn:aws:kms:us-east-1:123456789012:key/1").permitted
