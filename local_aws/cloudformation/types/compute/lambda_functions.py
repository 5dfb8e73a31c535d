"""AWS Lambda's functions, their versions, aliases, permissions and event sources."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Plan,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    retag,
    tags_of,
)
from local_aws.lambda_processes import runtimes

_RUNTIMES = Path(str(runtimes.__file__)).parent
_CFNRESPONSE = {"js": "node_modules/cfn-response.js", "py": "cfnresponse.py"}
_DEFAULTS: Properties = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "FileSystemConfigs": [],
    "ImageConfig": {},
    "KmsKeyArn": "",
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
}
"""What an update sends if a property is no longer given."""

_SETTINGS = (*_DEFAULTS, "Handler", "Role", "Runtime")
_SOURCE_SETTINGS = (
    "AmazonManagedKafkaEventSourceConfig",
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "DocumentDBEventSourceConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "LoggingConfig",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
)
_SOURCE_DEFAULTS: Properties = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {},
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "KmsKeyArn": "",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "MetricsConfig": {"Metrics": []},
    "ParallelizationFactor": 1,
    "ScalingConfig": {},
    "TumblingWindowInSeconds": 0,
}
"""What an update of a mapping sends if a property is no longer given."""

_SOURCE = (
    "EventSourceArn",
    "SelfManagedEventSource",
    "StartingPosition",
    "StartingPositionTimestamp",
)


def _create(change: Change) -> Steps:
    wanted = {**change.properties, "FunctionName": change.name, "Code": _code(change.properties)}
    answer = yield call("lambda", "CreateFunction", wanted)
    yield Made(change.name, {"Arn": answer["FunctionArn"]})
    yield from _concurrency(change)


def _concurrency(change: Change) -> Steps:
    function = {"FunctionName": change.name}
    for reserved in change.changed(["ReservedConcurrentExecutions"]).values():
        if reserved is None:
            yield call("lambda", "DeleteFunctionConcurrency", function)
        else:
            yield call("lambda", "PutFunctionConcurrency", {**function, **change.properties})


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    if "ZipFile" in code:
        code["ZipFile"] = _inline_archive(code["ZipFile"], str(properties.get("Runtime", "")))
    return code


def _inline_archive(source: str, runtime: str) -> bytes:
    """The deployment package of inline code, as in AWS: `index` and `cfnresponse`."""
    suffix = "js" if runtime.startswith("nodejs") else "py"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(f"index.{suffix}", source)
        package.write(_RUNTIMES / f"cfnresponse.{suffix}", _CFNRESPONSE[suffix])
    return archive.getvalue()


def _update(change: Change) -> Steps:
    function = {"FunctionName": change.name}
    if change.changed(["Code", "Architectures"]):
        code = {**change.properties, **_code(change.properties), **function}
        yield call("lambda", "UpdateFunctionCode", code)
    settings = change.changed(_SETTINGS, _DEFAULTS)
    if settings:
        yield call("lambda", "UpdateFunctionConfiguration", {**settings, **function})
    yield from _concurrency(change)
    arn = {"Resource": change.arn("lambda", f"function:{change.name}")}
    yield from retag("lambda", arn, change)


def _delete_version(change: Change) -> Steps:
    function, _, version = change.physical_id.rpartition(":")
    yield call("lambda", "DeleteFunction", {"FunctionName": function, "Qualifier": version})


def _alias(operation: str) -> Plan:
    def plan(change: Change) -> Steps:
        weights = change.properties.get("RoutingConfig", {}).get("AdditionalVersionWeights", ())
        routing = {each["FunctionVersion"]: each["FunctionWeight"] for each in weights}
        wanted = {**change.properties, "RoutingConfig": {"AdditionalVersionWeights": routing}}
        answer = yield call("lambda", operation, wanted)
        yield Made(answer["AliasArn"], {"AliasArn": answer["AliasArn"]})

    return plan


def _map_source(change: Change) -> Steps:
    wanted = {**change.properties, "Tags": tags_of(change.properties) or None}
    answer = yield call("lambda", "CreateEventSourceMapping", wanted)
    arn = answer.get("EventSourceMappingArn") or _mapping_arn(change, answer["UUID"])
    yield Made(answer["UUID"], {"Id": answer["UUID"], "EventSourceMappingArn": arn})


def _mapping_arn(change: Change, uuid: str) -> str:
    return change.arn("lambda", f"event-source-mapping:{uuid}")


def _update_mapping(change: Change) -> Steps:
    settings = change.changed(_SOURCE_SETTINGS, _SOURCE_DEFAULTS)
    if settings:
        named = {"UUID": change.physical_id, "FunctionName": change.properties["FunctionName"]}
        yield call("lambda", "UpdateEventSourceMapping", {**named, **settings})
    arn = {"Resource": _mapping_arn(change, change.physical_id)}
    yield from retag("lambda", arn, change)


TYPES = (
    ResourceType(
        name="AWS::Lambda::Alias",
        properties=("Description", "FunctionName", "FunctionVersion", "Name", "RoutingConfig"),
        create=_alias("CreateAlias"),
        update=_alias("UpdateAlias"),
        delete=one("lambda", "DeleteAlias"),
        naming=Naming("Name"),
    ),
    ResourceType(
        name="AWS::Lambda::Version",
        properties=("CodeSha256", "Description", "FunctionName"),
        create=one(
            "lambda",
            "PublishVersion",
            ref="FunctionArn",
            attributes={"FunctionArn": "FunctionArn", "Version": "Version"},
        ),
        delete=_delete_version,
    ),
    ResourceType(
        name="AWS::Lambda::EventSourceMapping",
        properties=(*_SOURCE_SETTINGS, *_SOURCE, "Queues", "Tags", "Topics"),
        create=_map_source,
        update=_update_mapping,
        delete=one("lambda", "DeleteEventSourceMapping", UUID="physical_id"),
        fixed=("Queues", "Topics"),
        system_tags=True,
    ),
    ResourceType(
        name="AWS::Lambda::Function",
        properties=(
            *_SETTINGS,
            "Architectures",
            "Code",
            "CodeSigningConfigArn",
            "FunctionName",
            "PackageType",
            "ReservedConcurrentExecutions",
            "Tags",
        ),
        fixed=("CodeSigningConfigArn",),
        system_tags=True,
        create=_create,
        update=_update,
        delete=one("lambda", "DeleteFunction", FunctionName="name"),
        naming=Naming("FunctionName", longest=63),
    ),
    ResourceType(
        name="AWS::Lambda::Permission",
        properties=(
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ),
        create=one("lambda", "AddPermission", StatementId="name"),
        delete=one("lambda", "RemovePermission", StatementId="name"),
    ),
)
