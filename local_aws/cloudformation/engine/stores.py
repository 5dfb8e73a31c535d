"""Parameter Store and Secrets Manager, which dynamic references read by API calls."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.language.parameters import EXISTING
from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import ApiCall, read


class CalledStores(Struct, frozen=True):
    """The stores of an account and Region, read on behalf of the stack's caller or role.

    `recorded` is false for a check before the operation, which reads everything again.
    """

    on_behalf: OnBehalf
    recorded: bool = True
    read: dict[str, str] = field(default_factory=dict)
    """Values of SSM parameters by the names with which they were read."""

    def parameter(self, name: str) -> tuple[str, str] | None:
        """Type and value of an SSM parameter, None if there is none."""
        wanted = {"Names": [name], "WithDecryption": True}
        found = self._send(ApiCall("ssm", "GetParameters", wanted, self.recorded))["Parameters"]
        if not found:
            return None
        self.read[name] = found[0]["Value"]
        return found[0]["Type"], found[0]["Value"]

    def exists(self, kind: str, value: str) -> bool:
        """Whether what a parameter of one of AWS's own types names exists."""
        service, operation, member = EXISTING[kind]
        named = value if member == "Id" else [value]
        try:
            answer = self.on_behalf.send(read(service, operation, {member: named}))
        except CallFailed:
            return False
        return any(answer.values())

    def secret(self, secret_id: str, stage: str | None, version: str | None) -> str:
        """A secret's SecretString."""
        optional = {"VersionStage": stage, "VersionId": version}
        wanted = {"SecretId": secret_id, **{key: item for key, item in optional.items() if item}}
        found = self._send(ApiCall("secretsmanager", "GetSecretValue", wanted, self.recorded))
        if "SecretString" not in found:
            raise ValidationError(f"Secrets Manager secret {secret_id} has no SecretString")
        return str(found["SecretString"])

    def _send(self, call: ApiCall) -> dict[str, Any]:
        try:
            return dict(self.on_behalf.send(call))
        except CallFailed as error:
            raise ValidationError(error.message) from error
