"""AWS Lambda's functions and the permissions to call them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from local_aws.cloudformation.resources.resource_types import (
    Change,
    Made,
    Naming,
    Properties,
    ResourceType,
    Steps,
    call,
    one,
    retag,
)
from local_aws.lambda_processes import runtimes

_RUNTIMES = Path(str(runtimes.__file__)).parent
_CFNRESPONSE = {"js": "node_modules/cfn-response.js", "py": "cfnresponse.py"}
_DEFAULTS: Properties = {
    "Description": "",
    "Environment": {"Variables": {}},
    "MemorySize": 128,
    "Timeout": 3,
}
"""What an update asks for where a property is no longer given."""


def _create(change: Change) -> Steps:
    wanted = {**change.properties, "FunctionName": change.name, "Code": _code(change.properties)}
    answer = yield call("lambda", "CreateFunction", wanted)
    yield Made(change.name, {"Arn": answer["FunctionArn"]})


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    if "ZipFile" in code:
        code["ZipFile"] = _inline_archive(code["ZipFile"], str(properties.get("Runtime", "")))
    return code


def _inline_archive(source: str, runtime: str) -> bytes:
    """The deployment package of inline code: `index` and `cfnresponse`, as AWS makes it."""
    suffix = "js" if runtime.startswith("nodejs") else "py"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(f"index.{suffix}", source)
        package.write(_RUNTIMES / f"cfnresponse.{suffix}", _CFNRESPONSE[suffix])
    return archive.getvalue()


def _update(change: Change) -> Steps:
    function = {"FunctionName": change.name}
    if change.changed(["Code"]):
        yield call("lambda", "UpdateFunctionCode", {**_code(change.properties), **function})
    settings = {
        name: _DEFAULTS.get(name) if value is None else value
        for name, value in change.all_changed("Code", "Tags").items()
    }
    if settings:
        yield call("lambda", "UpdateFunctionConfiguration", {**settings, **function})
    arn = {"Resource": change.arn("lambda", f"function:{change.name}")}
    yield from retag("lambda", "TagResource", "UntagResource", arn, change)


def _publish(change: Change) -> Steps:
    answer = yield call("lambda", "PublishVersion", change.properties)
    arn, version = answer["FunctionArn"], answer["Version"]
    yield Made(arn, {"FunctionArn": arn, "Version": version})


def _delete_version(change: Change) -> Steps:
    function, _, version = change.physical_id.rpartition(":")
    yield call("lambda", "DeleteFunction", {"FunctionName": function, "Qualifier": version})


TYPES = (
    ResourceType(name="AWS::Lambda::Version", create=_publish, delete=_delete_version),
    ResourceType(
        name="AWS::Lambda::Function",
        create=_create,
        update=_update,
        delete=one("lambda", "DeleteFunction", FunctionName="name"),
        naming=Naming("FunctionName", longest=63),
        replaced_by=("PackageType",),
    ),
    ResourceType(
        name="AWS::Lambda::Permission",
        create=one("lambda", "AddPermission", StatementId="name"),
        delete=one("lambda", "RemovePermission", StatementId="name"),
    ),
)
