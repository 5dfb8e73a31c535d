"""Buckets and their policies, as stacks make and change them."""

from __future__ import annotations

import json

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import (
    Stacks,
    bucket,
    policy,
    refused,
)
from tests.local_aws.delivered import client


def test_a_bucket_has_the_properties_that_its_template_gives(stacks: Stacks, aws: LocalAws) -> None:
    block = dict.fromkeys(
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
    )
    sse = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    properties = {
        "PublicAccessBlockConfiguration": block,
        "VersioningConfiguration": {"Status": "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [sse]},
        "LifecycleConfiguration": {
            "Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]
        },
    }
    stacks.create("bucket", {"B": bucket("whole", **properties)})
    s3 = client(aws, "s3")
    found = s3.get_public_access_block(Bucket="whole")["PublicAccessBlockConfiguration"]
    assert found == block
    assert s3.get_bucket_versioning(Bucket="whole")["Status"] == "Enabled"
    rules = s3.get_bucket_ownership_controls(Bucket="whole")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    encryption = s3.get_bucket_encryption(Bucket="whole")["ServerSideEncryptionConfiguration"]
    default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "AES256"
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket="whole")["Rules"]
    assert (lifecycle[0]["ID"], lifecycle[0]["Expiration"]) == ("old", {"Days": 30})


def test_a_bucket_property_that_an_update_drops_goes_back_to_its_default(
    stacks: Stacks, aws: LocalAws
) -> None:
    block = {"BlockPublicAcls": True}
    stacks.create("bucket", {"B": bucket("less", PublicAccessBlockConfiguration=block)})
    stacks.update("bucket", {"B": bucket("less")})
    read = client(aws, "s3").get_public_access_block
    code, _ = refused(lambda: read(Bucket="less"))
    assert code == "NoSuchPublicAccessBlockConfiguration"


def test_a_second_policy_for_a_bucket_is_refused(stacks: Stacks) -> None:
    stacks.create("one", {"B": bucket("shared"), "P": policy({"Ref": "B"})})
    stacks.create("two", {"P": policy("shared", "s3:PutObject")})
    reason = stacks.reason("two", "P", "CREATE_FAILED")
    assert "The bucket policy already exists on bucket shared." in reason


def test_a_bucket_policy_is_updated_and_taken_off(stacks: Stacks, aws: LocalAws) -> None:
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="mine")
    stacks.create("policy", {"P": policy("mine"), "B": bucket()})
    stacks.update("policy", {"P": policy("mine", "s3:PutObject"), "B": bucket()})
    document = json.loads(s3.get_bucket_policy(Bucket="mine")["Policy"])
    assert document["Statement"][0]["Action"] == "s3:PutObject"
    stacks.update("policy", {"B": bucket()})
    code, _ = refused(lambda: s3.get_bucket_policy(Bucket="mine"))
    assert code == "NoSuchBucketPolicy"
