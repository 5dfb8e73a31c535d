"""What differs between services: event sources and names, versions, reads and writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloudtrail.records.service_models import service_model

if TYPE_CHECKING:
    from botocore.model import OperationModel

EVENT_VERSION = "1.11"
"""The current version (UG/cloudtrail-event-reference-record-contents)."""

GATEWAY_SERVICES = frozenset(
    {
        "apigateway",
        "apigatewayv2",
        "appsync",
        "bedrock-agent",
        "connect",
        "connect-contact-lens",
        "devops-guru",
        "eks",
        "guardduty",
        "kafka",
        "mwaa",
        "networkflowmonitor",
        "resource-explorer-2",
        "rum",
        "securityhub",
        "servicecatalog-appregistry",
    }
)
"""Services behind a gateway that makes their records from the HTTP request and response.

A denied call keeps its parameters. An error has no `errorMessage` (29 of 29): a refused write has
the response's message in `responseElements` instead (14 of 14), a refused read has nothing (15 of
15). There is no `tlsDetails` (35 of 35 since 2023-09).
"""

EVENT_VERSIONS = dict.fromkeys(GATEWAY_SERVICES, "1.09") | {
    "dynamodb": "1.10",
    "ec2-instance-connect": "1.08",
    "identitystore": "1.09",
    "opensearchserverless": "1.08",
    "service-quotas": "1.10",
    "signin": "1.08",
    "sso-admin": "1.09",
    "sts": "1.08",
}
"""Services whose latest real records have an older version than the others (2024-08 to 2026-02)."""

EVENT_SOURCES = {
    "cloudhsmv2": "cloudhsm",
    "iot-data": "iotdata",
    "lexv2-models": "lex",
    "lexv2-runtime": "lex",
    "meteringmarketplace": "metering-marketplace",
    "rds-data": "rdsdata",
    "s3control": "s3",
    "ses": "ses",
    "sesv2": "ses",
    "application-autoscaling": "autoscaling",
    "bedrock-agent": "bedrock",
    "bedrock-runtime": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
}
"""Event sources that are not the last label of the service's endpoint prefix."""

API_VERSIONS = {
    "dynamodb": "2012-08-10",
    "dynamodbstreams": "2012-08-10",
    "elb": "2012-06-01",
    "elbv2": "2015-12-01",
    "logs": "20140328",
    "route53": "2013-04-01",
    "cloudfront": "2020_05_31",
    "appmesh": "2019-01-25",
    "efs": "2015-02-01",
    "events": "2015-10-07",
    "servicediscovery": "2017-03-14",
}
"""`apiVersion` in records of these services; records of 78 other services never have it."""

READ_VERBS = (
    "Get", "List", "Describe", "Head", "BatchGet", "BatchDescribe", "BatchCheck", "BatchDetect",
    "Lookup", "Search", "Query", "Scan", "Select", "Check", "Contains", "Discover", "Filter",
    "View", "Preview", "Simulate", "Validate", "Estimate", "Retrieve", "TransactGet", "Poll",
    "Read", "Is", "Count", "Detect",
)  # fmt: skip

READS = {
    "kms": {"Encrypt", "Decrypt", "Sign", "ReEncrypt", "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "GenerateRandom",
            "DeriveSharedSecret", "Verify", "VerifyMac"},
    "sts": {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
            "DecodeAuthorizationMessage"},
    "bedrock-runtime": {"InvokeModel", "InvokeModelWithResponseStream", "Converse",
                        "ConverseStream"},
    "rds": {"DownloadDBLogFilePortion"},
    "kinesis": {"SubscribeToShard"},
    "sqs": {"ReceiveMessage"},
}  # fmt: skip
"""Reads without a verb of READ_VERBS: measured, or documented as read events (KMS), or by their
access level in the Service Authorization Reference (Kinesis, SQS)."""

WRITES = {
    "cognito-identity": {"GetCredentialsForIdentity"},
    "connect": {"ListRealtimeContactAnalysisSegmentsV2"},
    "connect-contact-lens": {"ListRealtimeContactAnalysisSegments"},
    "dynamodb": {"ListExports"},
    "sts": {"GetFederationToken", "GetSessionToken"},
}
"""Writes that look like reads by their verb (measured)."""

LAMBDA_V2 = frozenset(
    {
        "AddPermission", "GetFunction", "GetFunctionConfiguration", "GetPolicy",
        "RemovePermission", "TagResource", "UntagResource", "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
    }
)  # fmt: skip
LAMBDA_LAST_DATED = "2018-10-31"
"""Operations that Lambda added after this date have no date in their event names."""

S3_EVENT_NAMES = {
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
}
S3_CONTROL_EVENT_NAMES = {
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}

CLOUDFRONT_DATED = frozenset({"CreateFunction", "PublishFunction"})
"""Operations whose event names always end in the API's date.

Other event names only do so if the call was denied (21 of 21).
"""

_DATED_PATH = re.compile(r"^/(\d{4}-\d{2}-\d{2})/")


def event_source(service: str) -> str:
    """`monitoring.amazonaws.com` for botocore's `cloudwatch`."""
    if service in EVENT_SOURCES:
        return f"{EVENT_SOURCES[service]}.amazonaws.com"
    model = service_model(service)
    prefix = model.endpoint_prefix if model else service
    return f"{prefix.rsplit('.', 1)[-1]}.amazonaws.com"


def event_name(
    service: str, operation: str, model: OperationModel | None, *, denied: bool = False
) -> str:
    """The event's name: the operation's, except for S3, Lambda and CloudFront."""
    if service == "s3":
        return S3_EVENT_NAMES.get(operation, operation)
    if service == "s3control":
        return S3_CONTROL_EVENT_NAMES.get(operation, operation)
    if service == "cloudfront" and (denied or operation in CLOUDFRONT_DATED):
        return f"{operation}{API_VERSIONS[service]}"
    if service == "lambda" and model is not None:
        return _lambda_event_name(operation, model)
    return operation


def event_version(service: str) -> str:
    """The version of the records of a service."""
    return EVENT_VERSIONS.get(service, EVENT_VERSION)


def is_read_only(service: str, operation: str) -> bool:
    """Whether an operation changes nothing, by its verb, except for READS and WRITES."""
    if operation in READS.get(service, ()):
        return True
    if operation in WRITES.get(service, ()):
        return False
    return operation.startswith(READ_VERBS)


def _lambda_event_name(operation: str, model: OperationModel) -> str:
    dated = _DATED_PATH.match(model.http["requestUri"])
    if dated is None or dated[1] > LAMBDA_LAST_DATED or operation.startswith("Invoke"):
        return operation
    return f"{operation}{dated[1].replace('-', '')}{'v2' if operation in LAMBDA_V2 else ''}"


TLS_VERSION = "TLSv1.3"
CIPHER_SUITE = "TLS_AES_128_GCM_SHA256"

HOST_ALONE = frozenset({"opensearchserverless"})
"""Services whose `tlsDetails` only has the host (2 of 2)."""


def tls_details(service: str, host: str) -> dict[str, str]:
    """`tlsDetails` for a client of the endpoint `host`."""
    if service in HOST_ALONE:
        return {"clientProvidedHostHeader": host}
    return {
        "tlsVersion": TLS_VERSION,
        "cipherSuite": CIPHER_SUITE,
        "clientProvidedHostHeader": host,
    }
