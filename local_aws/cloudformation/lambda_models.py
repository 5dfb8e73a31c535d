"""`AWS::Lambda::Function` and `AWS::Lambda::Permission`, through moto's Lambda backend."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from local_aws.cloudformation.local_models import LocalModel
from local_aws.lambda_processes import runtimes

Properties = Mapping[str, Any]

_RUNTIMES = Path(str(runtimes.__file__)).parent
_CFNRESPONSE = {"js": "node_modules/cfn-response.js", "py": "cfnresponse.py"}


class LocalFunction(LocalModel):
    """A function; `ZipFile` code gets a `cfnresponse` module beside it, as in AWS."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::Lambda::Function."""
        return "AWS::Lambda::Function"

    @staticmethod
    def cloudformation_name_type() -> str:
        """FunctionName."""
        return "FunctionName"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> LambdaFunction:
        """Create the function."""
        properties = cloudformation_json["Properties"]
        request = {
            **properties,
            "FunctionName": resource_name,
            "Code": _code(properties),
            "Tags": {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
        }
        for name in ("MemorySize", "Timeout"):
            if name in request:
                request[name] = int(request[name])
        function: LambdaFunction = get_backend(account_id, region_name).create_function(request)
        return function

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: LambdaFunction,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,  # noqa: ARG003 - moto's interface
        region_name: str,  # noqa: ARG003 - moto's interface
    ) -> LambdaFunction:
        """Bring code and configuration to the properties."""
        properties = cloudformation_json["Properties"]
        function = original_resource
        function.update_configuration(
            {
                "Description": "",
                **properties,
                "Environment": {"Variables": {}, **properties.get("Environment", {})},
                "MemorySize": int(properties.get("MemorySize", 128)),
                "Timeout": int(properties.get("Timeout", 3)),
            }
        )
        function.update_function_code(_code(properties))
        function.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return function

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the function."""
        get_backend(account_id, region_name).delete_function(resource_name)


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    if "ZipFile" in code:
        archive = inline_archive(code["ZipFile"], str(properties.get("Runtime", "")))
        code["ZipFile"] = base64.b64encode(archive)
    return code


def inline_archive(source: str, runtime: str) -> bytes:
    """The deployment package of inline code: `index` and `cfnresponse`, as AWS makes it."""
    suffix = "js" if runtime.startswith("nodejs") else "py"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(f"index.{suffix}", source)
        package.write(_RUNTIMES / f"cfnresponse.{suffix}", _CFNRESPONSE[suffix])
    return archive.getvalue()


class Permission(LocalModel):
    """A statement of a function's policy. `Ref` is its statement id."""

    def __init__(self, statement_id: str, function_name: str, statement: Properties) -> None:
        super().__init__(statement_id)
        self._function_name = function_name
        self.statement = statement

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::Lambda::Permission."""
        return "AWS::Lambda::Permission"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> Permission:
        """Add the statement."""
        request = dict(cloudformation_json["Properties"])
        name = request.pop("FunctionName")
        function = get_backend(account_id, region_name).get_function(name)
        asked = json.dumps({**request, "StatementId": resource_name})
        statement, _revision = function.policy.add_statement(asked)
        return cls(resource_name, name, statement)

    def delete(self, account_id: str, region_name: str) -> None:
        """Remove the statement."""
        function = get_backend(account_id, region_name).get_function(self._function_name)
        function.policy.del_statement(self.physical_resource_id)


HANDLERS = (LocalFunction, Permission)
