"""Resource types that make nothing, and the base of the models that moto has not."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel


class LocalModel(CloudFormationModel):
    """A resource of a type that moto has no model of.

    Not registered with moto: moto looks at direct subclasses of its base class only.
    """

    def __init__(self, physical_resource_id: str) -> None:
        self.physical_resource_id = physical_resource_id

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003 - decided by get_cfn_attribute
        """Whether `Fn::GetAtt` may name the attribute: decided when it is asked for."""
        return True

    def get_cfn_attribute(self, attribute_name: str) -> Any:  # noqa: ARG002 - an interface
        """The value of `Fn::GetAtt`."""
        raise UnformattedGetAttTemplateException

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names the resource; "" where none does."""
        return ""


class Marker(LocalModel):
    """A resource that makes nothing, of types that stand for something outside of a template."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,  # noqa: ARG003 - moto's interface
        region_name: str,  # noqa: ARG003 - moto's interface
        **_: Any,
    ) -> Marker:
        """Nothing but a physical id."""
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Marker,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,  # noqa: ARG003 - moto's interface
        region_name: str,  # noqa: ARG003 - moto's interface
    ) -> Marker:
        """Nothing changes."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Nothing is there to delete."""


class CdkMetadata(Marker):
    """`AWS::CDK::Metadata`: what the CDK counts its constructs by."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::CDK::Metadata."""
        return "AWS::CDK::Metadata"


class WaitConditionHandle(Marker):
    """`AWS::CloudFormation::WaitConditionHandle`; nothing here can signal it."""

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::CloudFormation::WaitConditionHandle."""
        return "AWS::CloudFormation::WaitConditionHandle"


HANDLERS = (CdkMetadata, WaitConditionHandle)
