from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import LabSettings
from tests.stacks.conftest import Synthesize, Template


def properties(template: Template, logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][logical_id]["Properties"]
    return found


def statements(template: Template) -> dict[str, dict[str, Any]]:
    document = properties(template, "BucketPolicy")["PolicyDocument"]
    return {statement["Sid"]: statement for statement in document["Statement"]}


def deleted_before(template: Template, logical_id: str) -> set[str]:
    """What CloudFormation deletes before `logical_id`: all that depends on it, however far."""
    direct = {
        name
        for name, resource in template["Resources"].items()
        if logical_id in referenced(resource) | set(resource.get("DependsOn", []))
    }
    return direct.union(*(deleted_before(template, name) for name in direct))


def referenced(value: Any) -> set[str]:
    """The logical ids in Ref, Fn::GetAtt and Fn::Sub."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), _]}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)", text))
        case dict():
            return set().union(*map(referenced, value.values()))
        case list():
            return set().union(*map(referenced, value))
    return set()


def test_a_bucket_is_named_for_its_purpose_account_and_suffix(synthesize: Synthesize) -> None:
    names = {
        properties(template, "Bucket")["BucketName"]["Fn::Sub"]
        for template in synthesize(suffix="jo1").values()
    }
    assert names == {
        "aws-cloudtrail-logs-management-events-${AWS::AccountId}-jo1",
        "aws-cloudtrail-logs-data-events-${AWS::AccountId}-jo1",
    }


def test_a_bucket_is_private_and_encrypted_with_keys_of_s3(template: Template) -> None:
    bucket = properties(template, "Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    encryption = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]


@pytest.mark.parametrize("name", ["student-management-events", "student-data-events"])
def test_cloudtrail_may_write_for_this_trail_alone(synthesize: Synthesize, name: str) -> None:
    trail = {
        "Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/" + name
    }
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    policy = statements(synthesize()[name])
    assert policy["AWSCloudTrailAclCheck20150319"] == {
        "Sid": "AWSCloudTrailAclCheck20150319",
        "Effect": "Allow",
        "Principal": cloudtrail,
        "Action": "s3:GetBucketAcl",
        "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "Condition": {"StringEquals": {"aws:SourceArn": trail}},
    }
    assert policy["AWSCloudTrailWrite20150319"] == {
        "Sid": "AWSCloudTrailWrite20150319",
        "Effect": "Allow",
        "Principal": cloudtrail,
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*"},
        "Condition": {
            "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail}
        },
    }


def test_nobody_reads_or_writes_without_tls(template: Template) -> None:
    denied = statements(template)["TlsOnly"]
    assert denied["Effect"] == "Deny"
    assert denied["Action"] == "s3:*"
    assert denied["Principal"] == {"AWS": "*"}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [
        {"Fn::GetAtt": ["Bucket", "Arn"]},
        {"Fn::Sub": "${Bucket.Arn}/*"},
    ]


def test_on_delete_the_trail_goes_first_then_the_policy_the_contents_and_the_bucket(
    template: Template,
) -> None:
    assert deleted_before(template, "Trail") == set()
    assert deleted_before(template, "BucketPolicy") == {"Trail"}
    assert deleted_before(template, "EmptyBucket") == {"Trail", "BucketPolicy"}
    assert deleted_before(template, "Bucket") == {"Trail", "BucketPolicy", "EmptyBucket"}


def test_the_function_and_its_role_outlive_the_emptying(template: Template) -> None:
    assert "EmptyBucket" in deleted_before(template, "EmptyBucketFunction")
    assert "EmptyBucketFunction" in deleted_before(template, "EmptyBucketRole")


def test_the_bucket_goes_with_its_stack_and_is_marked_for_emptying(template: Template) -> None:
    bucket = template["Resources"]["Bucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Delete"
    assert {"Key": "EmptyOnDelete", "Value": "true"} in bucket["Properties"]["Tags"]


def test_a_retained_bucket_is_not_marked_and_has_no_function(synthesize: Synthesize) -> None:
    for template in synthesize(removal="retain").values():
        bucket = template["Resources"]["Bucket"]
        assert set(template["Resources"]) == {"Bucket", "BucketPolicy", "Trail"}
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
        assert [tag["Key"] for tag in bucket["Properties"]["Tags"]] == ["Project"]
        assert deleted_before(template, "Bucket") == {"Trail", "BucketPolicy"}


def test_the_emptying_is_told_the_bucket_and_may_not_outlast_its_function(
    template: Template,
) -> None:
    emptying = properties(template, "EmptyBucket")
    assert emptying["ServiceToken"] == {"Fn::GetAtt": ["EmptyBucketFunction", "Arn"]}
    assert emptying["BucketName"] == {"Ref": "Bucket"}
    assert emptying["ServiceTimeout"] > properties(template, "EmptyBucketFunction")["Timeout"]


def test_the_function_is_whole_in_the_template(template: Template) -> None:
    import stacks.log_bucket

    source = Path(stacks.log_bucket.__file__).with_name("empty_bucket.py").read_text()
    function = properties(template, "EmptyBucketFunction")
    assert function["Code"] == {"ZipFile": source}
    assert len(source) < 4096
    assert function["Handler"] == "index.handler"


def test_the_role_reaches_buckets_of_this_purpose_alone(management: Template) -> None:
    (policy,) = properties(management, "EmptyBucketRole")["Policies"]
    allowed = {
        statement["Resource"]["Fn::Sub"]: statement["Action"]
        for statement in policy["PolicyDocument"]["Statement"]
    }
    buckets = LabSettings().bucket_name("management-events", "${AWS::AccountId}")
    buckets = f"arn:${{AWS::Partition}}:s3:::{buckets.removesuffix('lab')}*"
    assert allowed == {
        buckets: ["s3:GetBucketTagging", "s3:ListBucketVersions"],
        f"{buckets}/*": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    }


def test_a_boundary_bounds_every_role(synthesize: Synthesize) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    for template in synthesize(permissions_boundary=boundary).values():
        assert properties(template, "EmptyBucketRole")["PermissionsBoundary"] == boundary


def test_without_a_boundary_none_is_named(template: Template) -> None:
    assert "PermissionsBoundary" not in properties(template, "EmptyBucketRole")
