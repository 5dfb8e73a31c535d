"""The bucket that a trail delivers to, and the function that empties it when its stack is
deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import CfnResource, CfnTag, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.review import acknowledge
from stacks.settings import LOG_DAYS

EMPTYING_SECONDS = 900
"""The longest a Lambda function may run: some millions of log files."""

EMPTY_ON_DELETE = CfnTag(key="EmptyOnDelete", value="true")
"""Without this tag the emptying function leaves a bucket as it is."""

ENCRYPTED = {
    "serverSideEncryptionConfiguration": [
        {"serverSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]
}
PRIVATE = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}
"""What every bucket of the lab has."""

FORGETS = {
    "rules": [
        {
            "id": "forget",
            "status": "Enabled",
            "expirationInDays": LOG_DAYS,
            "noncurrentVersionExpiration": {"noncurrentDays": LOG_DAYS},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
        }
    ]
}
"""A forgotten lab costs no more storage than a month's."""

_EMPTY_BUCKET = Path(__file__).with_name("empty_bucket.py")
_EMPTIES_LOGS = (
    "Steps 6 and 12 end the bucket's name in a suffix, and CloudTrail names the log files. All "
    "files are deleted, also those of a bucket that was replaced because its suffix changed."
)


class LogBucket(Construct):
    """A private bucket with the policy that lets one trail, and only it, write to one folder.

    `name`, `log_folder` (`[prefix/]AWSLogs/<account>/`) and `trail_arn` may hold `${AWS::...}`
    parameters; so may `name_pattern`, with `*` for the suffix. With `removes_logs` the bucket is
    deleted with its contents, else it outlives its stack and no function is made.

    The trail has to depend on `policy`: CloudTrail asks for it when the trail is created.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        name_pattern: str,
        log_folder: str,
        trail_arn: str,
        removes_logs: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = _bucket(self, name, removes_logs)
        self.policy = s3.CfnBucketPolicy(
            self,
            "BucketPolicy",
            bucket=self.bucket.ref,
            policy_document=_policy_document(self.bucket, log_folder, Fn.sub(trail_arn)),
        )
        if removes_logs:
            # Deleted in reverse: the policy first, so that nothing more is delivered, then the
            # contents, then the bucket. Emptying before that loses the race (aws-cdk#16332).
            emptied = empty_on_delete(self, self.bucket, name_pattern, _EMPTIES_LOGS)
            self.policy.add_resource_dependency(emptied)


def _bucket(scope: Construct, name: str, removes_logs: bool) -> s3.CfnBucket:
    bucket = s3.CfnBucket(
        scope,
        "Bucket",
        bucket_name=Fn.sub(name),
        bucket_encryption=ENCRYPTED,
        ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
        public_access_block_configuration=PRIVATE,
        lifecycle_configuration=FORGETS if removes_logs else None,
        tags=[EMPTY_ON_DELETE] if removes_logs else None,
    )
    bucket.apply_removal_policy(RemovalPolicy.DESTROY if removes_logs else RemovalPolicy.RETAIN)
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Steps 6 and 12 make one bucket for each trail, and only that trail writes to it. A third "
        "bucket for access logs is not part of the lab.",
    )
    return bucket


def _policy_document(bucket: s3.CfnBucket, log_folder: str, trail_arn: str) -> dict[str, Any]:
    """CloudTrail's policy (user guide, create-s3-bucket-policy-for-cloudtrail), and TLS only."""
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    objects = f"${{{bucket.logical_id}.Arn}}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AWSCloudTrailAclCheck20150319",
                "Effect": "Allow",
                "Principal": cloudtrail,
                "Action": "s3:GetBucketAcl",
                "Resource": bucket.attr_arn,
                "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
            },
            {
                "Sid": "AWSCloudTrailWrite20150319",
                "Effect": "Allow",
                "Principal": cloudtrail,
                "Action": "s3:PutObject",
                "Resource": Fn.sub(f"{objects}/{log_folder}*"),
                "Condition": {
                    "StringEquals": {
                        "s3:x-amz-acl": "bucket-owner-full-control",
                        "aws:SourceArn": trail_arn,
                    }
                },
            },
            tls_only(bucket),
        ],
    }


def tls_only(bucket: s3.CfnBucket) -> dict[str, Any]:
    """The statement that refuses requests without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [bucket.attr_arn, Fn.sub(f"${{{bucket.logical_id}.Arn}}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def empty_on_delete(
    scope: Construct, bucket: s3.CfnBucket, name_pattern: str, reason: str
) -> CfnResource:
    """What empties a bucket with the tag EMPTY_ON_DELETE when its stack is deleted.

    The bucket's policy has to depend on it. `name_pattern` is Fn::Sub's text of the buckets'
    names that may be emptied; `reason` says why all of their objects may go.
    """
    role = _emptying_role(scope, f"arn:${{AWS::Partition}}:s3:::{name_pattern}", reason)
    function = lambda_.CfnFunction(
        scope,
        "EmptyBucketFunction",
        description="Empties the bucket when its stack is deleted",
        code={"zipFile": _EMPTY_BUCKET.read_text(encoding="utf-8")},
        handler="index.handler",
        memory_size=256,
        role=role.attr_arn,
        runtime=lambda_.Runtime.PYTHON_3_14.name,
        timeout=EMPTYING_SECONDS,
    )
    return CfnResource(
        scope,
        "EmptyBucket",
        type="Custom::EmptyBucket",
        properties={
            "ServiceToken": function.attr_arn,
            "ServiceTimeout": EMPTYING_SECONDS + 60,
            "BucketName": bucket.ref,
        },
    )


def _emptying_role(scope: Construct, buckets: str, reason: str) -> iam.CfnRole:
    """A role for the emptying function alone.

    Log buckets of any suffix, because a changed suffix replaces the bucket, and the old one is
    emptied after the role is updated. No logs: what there is to say is told to CloudFormation,
    and a log group would outlive the stack.
    """
    role = iam.CfnRole(
        scope,
        "EmptyBucketRole",
        description="Only what emptying the bucket needs",
        assume_role_policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        policies=[
            {
                "policyName": "EmptyBucket",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["s3:GetBucketTagging", "s3:ListBucketVersions"],
                            "Resource": Fn.sub(buckets),
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                            "Resource": Fn.sub(f"{buckets}/*"),
                        },
                    ],
                },
            }
        ],
    )
    for resource in (buckets, f"{buckets}/*"):
        shown = resource.replace("${", "<").replace("}", ">")  # as cdk-nag writes it
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{shown}]", reason)
    return role


def bound_roles(stack: Stack, boundary: str) -> None:
    """Bound every role of the stack by the managed policy with this ARN; by none for ""."""
    if boundary:
        policy = iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", boundary)
        iam.PermissionsBoundary.of(stack).apply(policy)
