"""Parameter Store and Secrets Manager, as dynamic references read them: by calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local_aws.cloudformation.exceptions import ValidationError
from local_aws.cloudformation.resources.calls import OnBehalf
from local_aws.cloudformation.resources.failures import CallFailed
from local_aws.cloudformation.resources.resource_types import ApiCall, read

_NAMED = {
    "AWS::EC2::AvailabilityZone::Name": ("ec2", "DescribeAvailabilityZones", "ZoneNames"),
    "AWS::EC2::Instance::Id": ("ec2", "DescribeInstances", "InstanceIds"),
    "AWS::EC2::KeyPair::KeyName": ("ec2", "DescribeKeyPairs", "KeyNames"),
    "AWS::EC2::SecurityGroup::GroupName": ("ec2", "DescribeSecurityGroups", "GroupNames"),
    "AWS::EC2::SecurityGroup::Id": ("ec2", "DescribeSecurityGroups", "GroupIds"),
    "AWS::EC2::Subnet::Id": ("ec2", "DescribeSubnets", "SubnetIds"),
    "AWS::EC2::VPC::Id": ("ec2", "DescribeVpcs", "VpcIds"),
    "AWS::EC2::Volume::Id": ("ec2", "DescribeVolumes", "VolumeIds"),
    "AWS::Route53::HostedZone::Id": ("route53", "GetHostedZone", "Id"),
    "AWS::SSM::Parameter::Name": ("ssm", "GetParameters", "Names"),
}
"""How the things that parameters of AWS's own types name are looked up."""


@dataclass(frozen=True, slots=True)
class CalledStores:
    """The stores of an account and Region, read for whoever the stack works for.

    `recorded` is false for a look before the operation, which reads all of it again.
    """

    on_behalf: OnBehalf
    recorded: bool = True
    read: dict[str, str] = field(default_factory=dict)
    """Values of SSM parameters by the names they were read by."""

    def parameter(self, name: str) -> tuple[str, str] | None:
        """Type and value of an SSM parameter, None where there is none."""
        wanted = {"Names": [name], "WithDecryption": True}
        found = self._send(ApiCall("ssm", "GetParameters", wanted, self.recorded))["Parameters"]
        if not found:
            return None
        self.read[name] = found[0]["Value"]
        return found[0]["Type"], found[0]["Value"]

    def exists(self, kind: str, value: str) -> bool:
        """Whether there is what a parameter of one of AWS's own types names."""
        service, operation, member = _NAMED[kind]
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
