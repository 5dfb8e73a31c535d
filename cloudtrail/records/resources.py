"""`resources`: what a call touched.

Only records of these have it: DynamoDB, S3, KMS, STS (AssumeRole*), Systems Manager (without a
type), ECR and the services with data events (measured on 85 services).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cloudtrail.partitions import arn_of, arn_parts_if_any, partition_of
from cloudtrail.records.by_service import dynamodb
from cloudtrail.records.calls import Call, text
from cloudtrail.records.data_events import STREAM, TABLE, resource_type

Resource = dict[str, str]
ResourceRule = Callable[[Call], list[Resource]]

KEY_TYPE = "AWS::KMS::Key"
ALIAS_TYPE = "AWS::KMS::Alias"
ROLE_TYPE = "AWS::IAM::Role"


def resource_rule(service: str, operation: str) -> ResourceRule | None:
    """The function that names a call's resources; None if its records never have them."""
    if service in ("dynamodb", "dynamodbstreams"):
        return _dynamodb
    if service == "kms":
        return _kms
    if service == "sts":
        return _assumed_role if operation.startswith("AssumeRole") else None
    if service == "ssm":
        return _SSM.get(operation)
    if service == "ecr":
        return _repository
    if service == "events" and resource_type(service, operation):
        return _event_buses
    if resource_type(service, operation):
        return _data_resource
    return None


def _resource(call: Call, arn: str, kind: str | None) -> Resource:
    named = arn_parts_if_any(arn)
    account = (named and named.account_id) or call.account_id
    if kind is None:
        return {"accountId": account, "ARN": arn}
    return {"accountId": account, "type": kind, "ARN": arn}


def _arn(call: Call, service: str, resource: str) -> str:
    return arn_of(service, call.region, call.account_id, resource)


def _dynamodb(call: Call) -> list[Resource]:
    tables = [_resource(call, arn, TABLE) for arn in dynamodb.table_arns(call)]
    stream = dynamodb.stream_arn(call) if call.service == "dynamodbstreams" else None
    return [_resource(call, stream, STREAM), *tables] if stream else tables


def _kms(call: Call) -> list[Resource]:
    """The key a call used, and the alias that CreateAlias made."""
    key = used_key(call)
    alias = text(call.parameters, "AliasName") if call.operation == "CreateAlias" else ""
    made = [_resource(call, _arn(call, "kms", alias), ALIAS_TYPE)] if alias else []
    return made + ([_resource(call, key, KEY_TYPE)] if key else [])


def used_key(call: Call) -> str | None:
    """The ARN of the key a call used, from the response or else from the request."""
    output = call.output or {}
    metadata = output.get("KeyMetadata") or {}
    answered = text(metadata, "Arn") or text(output, "KeyId")
    asked = text(call.parameters, "TargetKeyId") or text(call.parameters, "KeyId")
    named = answered or asked
    if named.startswith("alias/") or ":alias/" in named or not named:
        return None
    return named if named.startswith("arn:") else _arn(call, "kms", f"key/{named}")


def _assumed_role(call: Call) -> list[Resource]:
    arn = text(call.parameters, "RoleArn")
    return [_resource(call, arn, ROLE_TYPE)] if arn_parts_if_any(arn) else []


def _event_buses(call: Call) -> list[Resource]:
    """The buses, or the partner's sources, that the entries name, each without an account.

    Source: EventBridge User Guide, "Logging EventBridge API calls using CloudTrail".
    """
    kind = resource_type(call.service, call.operation) or ""
    entries = call.parameters.get("Entries")
    entries = [each for each in entries if isinstance(each, dict)] if entries else []
    if call.operation == "PutPartnerEvents":
        names = [f"event-source/{text(entry, 'Source')}" for entry in entries]
        names = [arn_of("events", call.region, "", name) for name in names]
    else:
        names = [text(entry, "EventBusName") or "default" for entry in entries]
        names = [_named_arn(call, name, "events:{r}:{a}:event-bus/{n}") for name in names]
    return [{"type": kind, "ARN": arn} for arn in dict.fromkeys(names)]


def _parameters(call: Call) -> list[Resource]:
    names = call.parameters.get("Names")
    names = names if isinstance(names, list) else [call.parameters.get("Name")]
    return [_parameter(call, name) for name in names if isinstance(name, str)]


def _parameter(call: Call, name: str) -> Resource:
    arn = name if name.startswith("arn:") else _arn(call, "ssm", f"parameter/{name.lstrip('/')}")
    return _resource(call, arn, None)


def _instance(call: Call) -> list[Resource]:
    instance = text(call.parameters, "InstanceId")
    arns = [_arn(call, "ec2", f"instance/{instance}")] if instance.startswith("i-") else []
    return [_resource(call, arn, None) for arn in arns]


def _inventory(call: Call) -> list[Resource]:
    instance = text(call.parameters, "InstanceId")
    arn = _arn(call, "ssm", f"managed-instance-inventory/{instance}")
    return [*_instance(call), _resource(call, arn, None)]


def _repository(call: Call) -> list[Resource]:
    name = text(call.parameters, "repositoryName")
    return [_resource(call, _arn(call, "ecr", f"repository/{name}"), None)] if name else []


_SSM: dict[str, ResourceRule] = {
    "DeleteParameter": _parameters,
    "DeleteParameters": _parameters,
    "GetParameter": _parameters,
    "GetParameters": _parameters,
    "GetParameterHistory": _parameters,
    "LabelParameterVersion": _parameters,
    "PutInventory": _inventory,
    "PutParameter": _parameters,
}

_DATA_ARNS: dict[str, tuple[tuple[str, ...], str]] = {
    "AWS::Lambda::Function": (("FunctionName",), "lambda:{r}:{a}:function:{n}"),
    "AWS::SNS::Topic": (("TopicArn", "TargetArn"), ""),
    "AWS::SQS::Queue": (("QueueUrl",), "sqs:{r}:{a}:{n}"),
    "AWS::Kinesis::Stream": (("StreamARN", "StreamName"), "kinesis:{r}:{a}:stream/{n}"),
    "AWS::Kinesis::StreamConsumer": (("ConsumerARN",), ""),
    "AWS::Cognito::IdentityPool": (
        ("IdentityPoolId",),
        "cognito-identity:{r}:{a}:identitypool/{n}",
    ),
    "AWS::RDS::DBCluster": (("resourceArn",), ""),
    "AWS::EC2::Snapshot": (("SnapshotId", "SecondSnapshotId"), "ec2:{r}::snapshot/{n}"),
    "AWS::XRay::Trace": ((), "xray:{r}:{a}:trace"),
    "AWS::Timestream::Table": (("TableName",), "timestream:{r}:{a}:database/{d}/table/{n}"),
    "AWS::NetworkFlowMonitor::Scope": (("scopeId",), "networkflowmonitor:{r}:{a}:scope/{n}"),
    "AWS::RUM::AppMonitor": (("Id",), "rum:{r}:{a}:appmonitor/{n}"),
    "AWS::SageMaker::Endpoint": (("EndpointName",), "sagemaker:{r}:{a}:endpoint/{n}"),
    "AWS::KinesisFirehose::DeliveryStream": (
        ("DeliveryStreamName",),
        "firehose:{r}:{a}:deliverystream/{n}",
    ),
    "AWS::KinesisVideo::Stream": (("StreamARN", "StreamName"), "kinesisvideo:{r}:{a}:stream/{n}"),
    "AWS::Pinpoint::App": (("ApplicationId",), "mobiletargeting:{r}:{a}:apps/{n}"),
    "AWS::SageMaker::ExperimentTrialComponent": (
        ("TrialComponentName",),
        "sagemaker:{r}:{a}:experiment-trial-component/{n}",
    ),
    "AWS::SDB::Domain": (("DomainName",), "sdb:{r}:{a}:domain/{n}"),
    "AWS::StepFunctions::Activity": (("activityArn",), ""),
    "AWS::StepFunctions::StateMachine": (("stateMachineArn",), ""),
    "AWS::IoT::Thing": (("thingName",), "iot:{r}:{a}:thing/{n}"),
    "AWS::ServiceDiscovery::Service": (("ServiceId",), "servicediscovery:{r}:{a}:service/{n}"),
    "AWS::SES::EmailIdentity": (("Source", "FromEmailAddress"), "ses:{r}:{a}:identity/{n}"),
    "AWS::Signer::SigningProfile": (("profileName",), "signer:{r}:{a}:/signing-profiles/{n}"),
    "AWS::AppConfig::Configuration": (("ConfigurationProfileIdentifier",), ""),
    "AWS::SWF::Domain": (("domain",), "swf:{r}:{a}:/domain/{n}"),
    "AWS::Bedrock::AgentAlias": (("agentAliasId",), "bedrock:{r}:{a}:agent-alias/{n}"),
    "AWS::Bedrock::KnowledgeBase": (("knowledgeBaseId",), "bedrock:{r}:{a}:knowledge-base/{n}"),
}
"""For each type of data resource: the members that may name it, and the form of its ARN."""

TYPE_ONLY = frozenset({"AWS::CloudWatch::Metric"})
"""Types of data resources without an ARN in records (1 of 1)."""


def _data_resource(call: Call) -> list[Resource]:
    kind = resource_type(call.service, call.operation) or ""
    if kind in TYPE_ONLY:
        return [{"type": kind}]
    members, form = _DATA_ARNS[kind]
    if not members:
        return [_resource(call, _formed(call, form, ""), kind)]
    names = (text(call.parameters, member) for member in members)
    arns = (_named_arn(call, name, form) for name in names if name)
    return [_resource(call, arn, kind) for arn in _first(arns)]


def _named_arn(call: Call, name: str, form: str) -> str:
    if name.startswith("arn:") or not form:
        return name if name.startswith("arn:") else ""
    return _formed(call, form, name.rsplit("/", 1)[-1])


def _formed(call: Call, form: str, name: str) -> str:
    database = text(call.parameters, "DatabaseName")
    return f"arn:{partition_of(call.region)}:" + form.format(
        r=call.region, a=call.account_id, n=name, d=database
    )


def invoked_version(call: Call) -> dict[str, Any]:
    """`additionalEventData` of Lambda's Invoke: the version of the function that ran.

    Source: AWS Lambda Developer Guide, "Logging using CloudTrail", data event example.
    """
    arn = "".join(resource["ARN"] for resource in _data_resource(call))
    qualifier = text(call.parameters, "Qualifier") or "$LATEST"
    is_qualified = arn.count(":") > 6
    return {"functionVersion": arn if is_qualified else f"{arn}:{qualifier}"}


def _first(arns: Iterable[str]) -> list[Any]:
    return [arn for arn in arns if arn][:1]
