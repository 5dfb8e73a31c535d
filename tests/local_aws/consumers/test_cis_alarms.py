"""The fourteen alarms of the CIS benchmark fire on the call that they are for, and on no other.

Source: CIS AWS Foundations Benchmark 1.4, section 4 (3 in version 1.2).
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client, log_bucket, trail
from tests.local_aws.subscribers import log_group, trust
from tests.local_aws.wire import Wire, send


def _any_of(names: str) -> str:
    return " || ".join(f"($.eventName={name})" for name in names.split())


PATTERNS: Mapping[str, str] = {
    "unauthorized": '{ ($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*") }',
    "no-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "root": (
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
        '&& $.eventType != "AwsServiceEvent" }'
    ),
    "iam": "{ "
    + _any_of(
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy "
        "PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion "
        "AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy "
        "DetachGroupPolicy"
    )
    + " }",
    "trails": "{ " + _any_of("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging") + " }",
    "sign-in": ('{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }'),
    "keys": (
        "{ ($.eventSource = kms.amazonaws.com) && "
        "(($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }"
    ),
    "buckets": "{ ($.eventSource = s3.amazonaws.com) && ("
    + _any_of(
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication "
        "DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication"
    )
    + ") }",
    "config": "{ ($.eventSource = config.amazonaws.com) && ("
    + _any_of(
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel "
        "PutConfigurationRecorder"
    )
    + ") }",
    "groups": "{ "
    + _any_of(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
    )
    + " }",
    "acls": "{ "
    + _any_of(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry "
        "ReplaceNetworkAclEntry ReplaceNetworkAclAssociation"
    )
    + " }",
    "gateways": "{ "
    + _any_of(
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway "
        "CreateInternetGateway DeleteInternetGateway DetachInternetGateway"
    )
    + " }",
    "routes": "{ "
    + _any_of(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation "
        "DeleteRouteTable DeleteRoute DisassociateRouteTable"
    )
    + " }",
    "networks": "{ "
    + _any_of(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection "
        "CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection "
        "AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink"
    )
    + " }",
}

_STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_POLICY = {"Version": "2012-10-17", "Statement": [_STATEMENT]}

Call = Callable[[Callable[[str], Any], LocalAws], object]


def _bucket(make: Callable[[str], Any]) -> str:
    make("s3").create_bucket(Bucket="some-bucket")
    return "some-bucket"


def _denied(make: Callable[[str], Any], aws: LocalAws) -> None:
    send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"0"))
    try:
        with pytest.raises(ClientError):
            make("dynamodb").list_tables()
    finally:
        send(aws.endpoint_url, Wire("POST", "/moto-api/reset-auth", body=b"inf"))


def _sign_in(**more: Any) -> Call:
    """The console is no API: its event is put into the log group as CloudTrail puts it there."""
    record = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT},
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "additionalEventData": {"MFAUsed": "Yes"},
        **more,
    }

    def put(_make: Callable[[str], Any], aws: LocalAws) -> None:
        logs = client(aws, "logs")
        with contextlib.suppress(ClientError):
            logs.create_log_stream(logGroupName="trail-logs", logStreamName="console")
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(record)}
        logs.put_log_events(logGroupName="trail-logs", logStreamName="console", logEvents=[event])

    return put


CALLS: Mapping[str, Call] = {
    "no-mfa": _sign_in(additionalEventData={"MFAUsed": "No"}),
    "sign-in": _sign_in(errorMessage="Failed authentication"),
    "iam": lambda make, _: make("iam").put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=json.dumps(_POLICY)
    ),
    "trails": lambda make, _: make("cloudtrail").stop_logging(Name="other"),
    "keys": lambda make, aws: make("kms").disable_key(
        KeyId=client(aws, "kms").create_key()["KeyMetadata"]["KeyId"]
    ),
    "buckets": lambda make, _: make("s3").put_bucket_cors(
        Bucket=_bucket(make),
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    ),
    "config": lambda make, _: make("config").put_configuration_recorder(
        ConfigurationRecorder={"name": "r", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/r"}
    ),
    "groups": lambda make, _: make("ec2").create_security_group(GroupName="g", Description="d"),
    "acls": lambda make, aws: make("ec2").create_network_acl(VpcId=_vpc(aws)),
    "gateways": lambda make, _: make("ec2").create_internet_gateway(),
    "routes": lambda make, aws: make("ec2").create_route_table(VpcId=_vpc(aws)),
    "networks": lambda make, _: make("ec2").create_vpc(CidrBlock="10.1.0.0/16"),
    "unauthorized": _denied,
    "root": lambda _, aws: client(aws, "dynamodb").list_tables(),
}


def _vpc(aws: LocalAws) -> str:
    found: str = client(aws, "ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    return found


@pytest.fixture
def alarmed(patient_aws: LocalAws) -> tuple[LocalAws, Callable[[str], Any]]:
    """An account with the trail and its alarms, and the clients of a user in it."""
    aws = patient_aws
    iam = client(aws, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust("config")))
    trail(aws, "other", log_bucket(aws, "other-logs"))
    client(aws, "ec2").describe_vpcs()
    trail(aws, "audit", **log_group(aws))
    # What was called until now is in the log group before there are filters.
    aws.deliver_now()
    for name, pattern in PATTERNS.items():
        transformation = {"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}
        client(aws, "logs").put_metric_filter(
            logGroupName="trail-logs",
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[transformation],
        )
        client(aws, "cloudwatch").put_metric_alarm(
            AlarmName=name,
            MetricName=name,
            Namespace="CIS",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
    aws.deliver_now()
    secret = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    return aws, lambda service: client(aws, service, **secret)


def counted(aws: LocalAws) -> dict[str, float]:
    from moto.cloudwatch.models import cloudwatch_backends

    found: dict[str, float] = {}
    for datum in cloudwatch_backends[ACCOUNT]["us-east-1"].metric_data:
        assert datum.namespace == "CIS"
        found[datum.name] = found.get(datum.name, 0) + datum.value  # type: ignore[attr-defined]
    return found


def test_each_fires_on_its_call_alone(alarmed: tuple[LocalAws, Callable[[str], Any]]) -> None:
    aws, make = alarmed
    # Until now everything was the root user's, as is what a call needs to be prepared.
    before = counted(aws)
    assert set(before) == {"root"}
    for name, call in CALLS.items():
        call(make, aws)
        aws.deliver_now()
        after = counted(aws)
        fired = {each for each in after if after[each] != before.get(each)} - {"root"}
        wanted = {name} - {"root"}
        assert fired == wanted, f"{name}: wanted {wanted}, got {fired}"
        before = after
    alarms = client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]
    assert {each["AlarmName"]: each["StateValue"] for each in alarms} == dict.fromkeys(
        PATTERNS, "ALARM"
    )


def test_user_is_not_the_root_user(alarmed: tuple[LocalAws, Callable[[str], Any]]) -> None:
    aws, make = alarmed
    before = counted(aws)
    make("dynamodb").list_tables()
    aws.deliver_now()
    assert counted(aws) == before
