"""Prowler's checks of the CIS benchmark on trails, their buckets and the alarms on their events."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from cloudtrail.policies.bucket_policy import delivery_policy
from cloudtrail.policies.key_policy import encryption_policy
from tests.acceptance.conftest import ORGANIZATION_TRAIL, Server
from tests.acceptance.environments import programs
from tests.local_aws.consumers.test_cis_alarms import PATTERNS
from tests.waiting import LONG

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(1800)]

ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
TRAILS = (
    "multi_region_enabled",
    "multi_region_enabled_logging_management_events",
    "log_file_validation_enabled",
    "cloudwatch_logging_enabled",
    "kms_encryption_enabled",
    "logs_s3_bucket_access_logging_enabled",
    "logs_s3_bucket_is_not_publicly_accessible",
    "s3_dataevents_read_enabled",
    "s3_dataevents_write_enabled",
    "insights_exist",
)
FILTERS = (
    "and_alarm_for_aws_config_configuration_changes_enabled",
    "and_alarm_for_cloudtrail_configuration_changes_enabled",
    "authentication_failures",
    "disable_or_scheduled_deletion_of_kms_cmk",
    "for_s3_bucket_policy_changes",
    "policy_changes",
    "root_usage",
    "security_group_changes",
    "sign_in_without_mfa",
    "unauthorized_api_calls",
)
CHANGES = ("network_acls", "network_gateways", "network_route_tables", "vpcs")
ALARMED = (
    *(f"cloudwatch_log_metric_filter_{name}" for name in FILTERS),
    *(f"cloudwatch_changes_to_{name}_alarm_configured" for name in CHANGES),
)
CHECKS = (*(f"cloudtrail_{name}" for name in TRAILS), *ALARMED)
ROUTES = (
    PATTERNS["routes"]
    .replace("{ ", "{ ($.eventSource = ec2.amazonaws.com) && (")
    .replace(" }", ") }")
)
"""As versions of the benchmark from 2.0 on have it."""

Clients = Callable[[str], Any]


@pytest.fixture
def clients(server: Server) -> Clients:
    session = boto3.Session("test", "test", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=server.endpoint_url)  # type: ignore[call-overload]


def prowler(server: Server, folder: Path) -> dict[str, set[str]]:
    """What each check says of the account and its own trails: PASS, FAIL."""
    run = subprocess.run(
        [
            *(programs("prowler") / "prowler", "aws", "--region", "us-east-1", "--no-banner"),
            *("--output-formats", "json-ocsf", "--output-directory", folder, "-F", "found"),
            *("--ignore-exit-code-3", "--checks", *CHECKS),
        ],
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    said: dict[str, set[str]] = {}
    for finding in json.loads((folder / "found.ocsf.json").read_text(encoding="utf-8")):
        if finding["resources"][0]["uid"].endswith(f"/{ORGANIZATION_TRAIL}"):
            continue
        said.setdefault(finding["metadata"]["event_code"], set()).add(finding["status_code"])
    return said


def test_an_account_without_a_trail_fails(server: Server, tmp_path: Path) -> None:
    said = prowler(server, tmp_path)
    assert {check: said[check] for check in ALARMED} == {check: {"FAIL"} for check in ALARMED}
    assert "cloudtrail_log_file_validation_enabled" not in said


def test_a_trail_and_alarms_as_cis_wants_them_pass(
    server: Server, clients: Clients, tmp_path: Path
) -> None:
    group = watched_group(clients)
    watched_trail(clients, group)
    server.deliver()
    assert prowler(server, tmp_path) == {check: {"PASS"} for check in CHECKS}


def watched_group(clients: Clients) -> str:
    """A log group with the filter and the alarm of each of the benchmark's patterns: its ARN."""
    logs, alarms = clients("logs"), clients("cloudwatch")
    logs.create_log_group(logGroupName="trail")
    topic = clients("sns").create_topic(Name="alarms")["TopicArn"]
    for name, pattern in {**PATTERNS, "routes": ROUTES}.items():
        metric = {"metricNamespace": "CIS", "metricName": name, "metricValue": "1"}
        logs.put_metric_filter(
            logGroupName="trail",
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[metric],
        )
        alarms.put_metric_alarm(
            AlarmName=name,
            Namespace="CIS",
            MetricName=name,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"


def watched_trail(clients: Clients, group: str) -> None:
    """A trail as the benchmark wants it: encrypted, validated, its bucket closed and logged."""
    s3, trails = clients("s3"), clients("cloudtrail")
    for bucket in ("logs", "access-logs"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket="access-logs", Policy=json.dumps(access_logs_policy()))
    s3.put_bucket_policy(
        Bucket="logs", Policy=json.dumps(delivery_policy("logs", "", ACCOUNT, ARN))
    )
    target = {"TargetBucket": "access-logs", "TargetPrefix": "logs/"}
    s3.put_bucket_logging(Bucket="logs", BucketLoggingStatus={"LoggingEnabled": target})
    trails.create_trail(
        Name="audit",
        S3BucketName="logs",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=key(clients("kms")),
        CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=role(clients("iam"), group),
    )
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}
    trails.put_event_selectors(TrailName="audit", EventSelectors=[selector])
    trails.put_insight_selectors(
        TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    trails.start_logging(Name="audit")


def access_logs_policy() -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::access-logs/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def key(kms: Any) -> str:
    made = kms.create_key()["KeyMetadata"]
    policy = encryption_policy(made["Arn"], ACCOUNT, ARN)
    kms.put_key_policy(KeyId=made["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    arn: str = made["Arn"]
    return arn


def role(iam: Any, group: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    trusted = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    made = iam.create_role(RoleName="writer", AssumeRolePolicyDocument=json.dumps(trusted))
    write = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": group,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [write]})
    iam.put_role_policy(RoleName="writer", PolicyName="write", PolicyDocument=policy)
    arn: str = made["Role"]["Arn"]
    return arn
