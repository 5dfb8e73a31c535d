"""What requests that deserve an error may name: a trail, keys, accounts, users."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.policies.key_policy import encryption_policy
from tests.local_aws.wire import Wire, send

ACCOUNT = "123456789012"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})


@functools.cache
def client(endpoint_url: str, service: str, region: str) -> Any:
    """A client that sends what boto3 itself would refuse, made once for all tests."""
    session = boto3.Session("test", "test", region_name=region)
    return session.client(  # type: ignore[call-overload]
        service, endpoint_url=endpoint_url, config=UNCHECKED
    )


class Lab:
    """A trail `audit` that is logging, and what else requests may name."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        s3 = self.client("s3")
        for bucket in ("logs", "shut"):
            s3.create_bucket(Bucket=bucket)
        self.open_bucket("logs")
        self.trails = self.client("cloudtrail")
        self.trails.create_trail(Name="audit", S3BucketName="logs", IsMultiRegionTrail=True)
        self.trails.start_logging(Name="audit")

    def client(self, service: str, region: str = "us-east-1", account: str = "") -> Any:
        if not account:
            return client(self._endpoint_url, service, region)
        role = f"arn:aws:iam::{account}:role/admin"
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")
        secrets = given["Credentials"]
        session = boto3.Session(
            secrets["AccessKeyId"],
            secrets["SecretAccessKey"],
            secrets["SessionToken"],
            region_name=region,
        )
        made: Any = session.client(  # type: ignore[call-overload]
            service, endpoint_url=self._endpoint_url, config=UNCHECKED
        )
        return made

    def open_bucket(self, bucket: str) -> None:
        policy = delivery_policy(bucket, "", ACCOUNT, TRAIL)
        for statement in policy["Statement"]:
            del statement["Condition"]["StringEquals"]["aws:SourceArn"]
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def key(self, *, usable: bool = True) -> str:
        """A key that is ready for the trail `audit`, or that has the default policy."""
        kms = self.client("kms")
        arn: str = kms.create_key()["KeyMetadata"]["Arn"]
        if usable:
            policy = json.dumps(encryption_policy(arn, ACCOUNT, TRAIL))
            kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
        return arn

    def disabled_key(self) -> str:
        arn = self.key()
        self.client("kms").disable_key(KeyId=arn.rpartition("/")[2])
        return arn

    def log_group(self) -> str:
        self.client("logs").create_log_group(logGroupName="events")
        return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:events:*"

    def alone(self, account: str = "222222222222") -> Any:
        """CloudTrail of an account that is in no organization, with a bucket of its own."""
        self.client("s3", account=account).create_bucket(Bucket="alone")
        return self.client("cloudtrail", account=account)

    def billing_only(self) -> Any:
        """CloudTrail of the management account of an organization without all features."""
        account = "333333333333"
        organizations = self.client("organizations", account=account)
        organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")
        return self.client("cloudtrail", account=account)

    def cloudtrail_alone(self, account: str) -> Any:
        """CloudTrail for a user of the account who may use nothing else."""
        iam = self.client("iam", account=account)
        iam.create_user(UserName="alice")
        statement = {"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="alice", PolicyName="trails", PolicyDocument=policy)
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
        return session.client("cloudtrail", endpoint_url=self._endpoint_url, config=UNCHECKED)

    @contextmanager
    def enforced_policies(self) -> Iterator[None]:
        """Let the policies of callers count."""
        reset = "/moto-api/reset-auth"
        send(self._endpoint_url, Wire("POST", reset, body=b"0"))
        try:
            yield
        finally:
            send(self._endpoint_url, Wire("POST", reset, body=b"inf"))

    def lookup_token(self) -> str:
        """A token of another query."""
        token: str = self.trails.lookup_events(MaxResults=1)["NextToken"]
        return token
