"""What must exist before a real record's call can be made again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from cloudtrail.records.calls import Call
from local_aws import LocalAws
from tests.local_aws.delivered import ACCOUNT, client, log_bucket

ABSENT = {
    "ThrottlingException": "nothing throttles this service here",
    "EntityTemporarilyUnmodifiableException": "nothing here is busy with an earlier change",
}
"""Errors that come of AWS's own state, with why no call can meet them here."""

Parameters = Mapping[str, Any]


def lambda_code() -> bytes:
    """A zip file with a handler in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return None")
    return stream.getvalue()


MADE_UP = {
    "ZipFile": lambda_code(),
    "Password": "Pa55word!",
    "NewPassword": "Pa55word!",
    "AccountId": ACCOUNT,
}
"""What records hide and requests need."""

ALLOW_ALL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


class Making:
    """Makes what one call needs."""

    def __init__(self, aws: LocalAws, call: Call, parameters: Parameters, region: str) -> None:
        self.aws = aws
        self.call = call
        self.parameters = parameters
        self.region = region

    def client(self, service: str) -> Any:
        return client(self.aws, service, self.region)

    def __call__(self, name: str) -> Any:
        return self.parameters.get(name)

    def is_for(self, *operations: str) -> bool:
        return self.call.operation in operations


def prepare(aws: LocalAws, call: Call, parameters: Parameters, region: str) -> dict[str, Any]:
    """Make what the call needs, and return the parameters that must name what was made."""
    make = MAKERS.get(call.service)
    if make is None or (call.error is not None and call.error.code not in NEEDS_ALL_THE_SAME):
        return {}
    return make(Making(aws, call, parameters, region)) or {}


NEEDS_ALL_THE_SAME = frozenset(
    {
        "BucketNotEmpty",
        "InvocationDoesNotExist",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchWebsiteConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
"""Errors of something that exists; all others say that it does not, or that it is denied."""


def _iam(making: Making) -> None:
    iam = making.client("iam")
    user, role, policy = making("UserName"), making("RoleName"), making("PolicyArn")
    profile = making("InstanceProfileName")
    if user and not making.is_for("CreateUser"):
        iam.create_user(UserName=user)
    if role and not making.is_for("CreateRole"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=ALLOW_ALL)
    if profile and not making.is_for("CreateInstanceProfile"):
        iam.create_instance_profile(InstanceProfileName=profile)
    if policy and ":aws:policy/" not in policy:
        iam.create_policy(PolicyName=policy.rpartition("/")[2], PolicyDocument=ALLOW_ALL)
    if making.is_for("RemoveRoleFromInstanceProfile"):
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    if making.is_for("DetachRolePolicy"):
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    if making.is_for("DetachUserPolicy"):
        iam.attach_user_policy(UserName=user, PolicyArn=policy)
    if making.is_for("DeleteRolePolicy", "GetRolePolicy"):
        name = making("PolicyName")
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=ALLOW_ALL)
    if making.is_for("GetLoginProfile", "UpdateLoginProfile"):
        iam.create_login_profile(UserName=user, Password="Pa55word!")


def _cloudtrail(making: Making) -> None:
    if making.is_for("CreateTrail"):
        log_bucket(making.aws, making("S3BucketName"))
    names = making("ResourceIdList") or making("trailNameList") or []
    for name in filter(None, [making("Name"), making("TrailName"), *names]):
        if not making.is_for("CreateTrail"):
            log_bucket(making.aws, "trail-logs")
            making.client("cloudtrail").create_trail(
                Name=name.rpartition("/")[2], S3BucketName="trail-logs"
            )


def _dynamodb(making: Making) -> None:
    if making.is_for("CreateTable"):
        return
    keys = [*making.call.table_keys.get(making("TableName"), ())] or ["id"]
    making.client("dynamodb").create_table(
        TableName=making("TableName"),
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def _lambda(making: Making) -> dict[str, Any] | None:
    functions = making.client("lambda")
    name = making("FunctionName")
    made: dict[str, Any] = {}
    if making("Role"):
        _role(making, making("Role").rpartition("/")[2])
    for index, _arn in enumerate(making("Layers") or ()):
        layer = functions.publish_layer_version(
            LayerName=f"layer-{index}", Content={"ZipFile": lambda_code()}
        )
        made.setdefault("Layers", []).append(layer["LayerVersionArn"])
    if making.is_for("CreateFunction"):
        return made
    if name:
        made["FunctionName"] = _function(making, name)
    if making.is_for("RemovePermission"):
        functions.add_permission(
            FunctionName=made["FunctionName"],
            StatementId=making("StatementId"),
            Action="lambda:InvokeFunction",
            Principal="*",
        )
    return made


def _role(making: Making, name: str) -> str:
    made = making.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=ALLOW_ALL)
    arn: str = made["Role"]["Arn"]
    return arn


def _function(making: Making, name: str) -> str:
    functions = making.client("lambda")
    made = functions.create_function(
        FunctionName=name.rpartition(":")[2],
        Role=_role(making, "lambda"),
        Runtime="python3.11",
        Handler="handler.handler",
        Code={"ZipFile": lambda_code()},
    )
    arn: str = made["FunctionArn"]
    return arn if name.startswith("arn:") else name


def _logs(making: Making) -> None:
    group = making("logGroupName") or making("logGroupNamePrefix")
    making.client("logs").create_log_group(logGroupName=group)


def _kms(making: Making) -> dict[str, Any]:
    kms = making.client("kms")
    operation, key = making.call.operation, making("KeyId")
    usage, spec = KEY_USES.get(operation, ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"))
    made = kms.create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["Arn"]
    if operation == "Decrypt":
        sealed = kms.encrypt(
            KeyId=made,
            Plaintext=b"text",
            EncryptionContext=making("EncryptionContext") or {},
        )
        return {"CiphertextBlob": sealed["CiphertextBlob"]}
    if key and key.startswith("alias/") and not key.startswith("alias/aws/"):
        kms.create_alias(AliasName=key, TargetKeyId=made)
        return {}
    return {"KeyId": made}


KEY_USES = {
    "Sign": ("SIGN_VERIFY", "RSA_2048"),
    "GenerateMac": ("GENERATE_VERIFY_MAC", "HMAC_512"),
}


def _s3(making: Making) -> None:
    bucket = making("Bucket")
    if not bucket or making.is_for("CreateBucket"):
        return
    s3 = client(making.aws, "s3")
    s3.create_bucket(Bucket=bucket)
    if making.call.error is not None:
        if making.call.error.code == "BucketNotEmpty":
            s3.put_object(Bucket=bucket, Key="key")
        return
    setting = S3_SETTINGS.get(making.call.operation)
    if setting is not None:
        setting(s3, bucket)


def _bucket_policy(s3: Any, bucket: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def _lifecycle(s3: Any, bucket: str) -> None:
    rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})


def _cors(s3: Any, bucket: str) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def _tags(s3: Any, bucket: str) -> None:
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})


def _public_access(s3: Any, bucket: str) -> None:
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )


def _encryption(s3: Any, bucket: str) -> None:
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [by_default]}
    )


S3_SETTINGS: dict[str, Callable[[Any, str], None]] = {
    "GetBucketPolicy": _bucket_policy,
    "GetBucketPolicyStatus": _bucket_policy,
    "DeleteBucketPolicy": _bucket_policy,
    "GetBucketLifecycle": _lifecycle,
    "DeleteBucketLifecycle": _lifecycle,
    "GetBucketCors": _cors,
    "GetBucketTagging": _tags,
    "GetPublicAccessBlock": _public_access,
    "GetBucketEncryption": _encryption,
}


def _sns(making: Making) -> None:
    arn = making("TopicArn") or making("ResourceArn")
    if arn:
        making.client("sns").create_topic(Name=arn.rpartition(":")[2])


def _ssm(making: Making) -> dict[str, Any] | None:
    ssm = making.client("ssm")
    if making.is_for("GetCommandInvocation"):
        sent = ssm.send_command(InstanceIds=["i-1"], DocumentName="AWS-RunShellScript")
        instance = "i-2" if making.call.error else "i-1"
        return {"CommandId": sent["Command"]["CommandId"], "InstanceId": instance}
    if making.is_for("GetDocument"):
        content = json.dumps({"schemaVersion": "2.2", "mainSteps": []})
        ssm.create_document(Name="inventory", Content=content, DocumentType="Command")
        return {"Name": "inventory"}
    named = [making("Name"), making("ResourceId"), *(making("Names") or ())]
    if not making.is_for("PutParameter", "GetDocument", "PutComplianceItems"):
        for name in filter(None, named):
            ssm.put_parameter(Name=name, Value="text", Type="String")
    return None


def _sts(making: Making) -> None:
    role = making("RoleArn")
    if role:
        _role(making, role.rpartition("/")[2])


MAKERS: dict[str, Callable[[Making], dict[str, Any] | None]] = {
    "iam": _iam,
    "cloudtrail": _cloudtrail,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "logs": _logs,
    "kms": _kms,
    "s3": _s3,
    "sns": _sns,
    "ssm": _ssm,
    "sts": _sts,
}
