"""What creates, updates and deletes a resource of each type: moto's models, and our own.

A handler is a class with moto's `CloudFormationModel` class methods. Ours replace moto's
where moto has none or drops properties.
"""

from __future__ import annotations

import inspect
import uuid
from functools import cache
from typing import Any

from moto.cloudformation.parsing import get_model_map
from moto.cloudformation.utils import random_suffix
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException, _RESTError

from local_aws.cloudformation.stacks import Resource

Handler = type[CloudFormationModel]

_SHORT_NAMES = frozenset(
    {"AWS::IAM::InstanceProfile", "AWS::IAM::Role", "AWS::IAM::User", "AWS::Lambda::Function"}
)
_SHORTEST_NAMES = frozenset(
    {
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
    }
)
_LOWER_CASE_NAMES = frozenset({"AWS::ECR::Repository", "AWS::S3::Bucket"})


class ResourceError(Exception):
    """A resource could not be created, updated or deleted; the text is the event's reason.

    `model` is what a failed creation left behind, for the rollback to delete.
    """

    def __init__(self, reason: str, model: Any = None) -> None:
        super().__init__(reason)
        self.model = model


class FoundByCloudFormation(ServiceException):
    """CloudFormation's own handler refuses, before it calls the service."""


class NotUpdatable(ResourceError):
    """The handler can neither change a resource nor replace it; nothing was touched."""


def handler_of(resource_type: str) -> Handler | None:
    """The handler of a resource type, None where the local AWS has none."""
    own = _own_handlers()
    if resource_type in own:
        return own[resource_type]
    if resource_type.startswith("Custom::"):
        return own["AWS::CloudFormation::CustomResource"]
    model = get_model_map().get(resource_type)
    return model if model and _implemented(model.create_from_cloudformation_json) else None


@cache
def _own_handlers() -> dict[str, Handler]:
    from local_aws.cloudformation import (
        bucket_models,
        custom_resources,
        glue_models,
        iam_models,
        lambda_models,
        local_models,
        nested_stacks,
        table_models,
        topic_models,
        trail_models,
        workgroup_models,
    )

    modules = (
        bucket_models,
        custom_resources,
        glue_models,
        iam_models,
        lambda_models,
        local_models,
        nested_stacks,
        table_models,
        topic_models,
        trail_models,
        workgroup_models,
    )
    handlers = [handler for module in modules for handler in module.HANDLERS]
    return {handler.cloudformation_type(): handler for handler in handlers}


def unsupported(logical_id: str, resource_type: str) -> str:
    """Why a resource of an unknown type fails its stack."""
    return (
        "Template contains a resource type the local AWS does not support: "
        f"{resource_type} (logical id {logical_id}). Remove it, or deploy to an account."
    )


def _implemented(method: Any) -> bool:
    return not hasattr(method, "__isabstractmethod__")


def has_update(handler: Handler) -> bool:
    """Whether the handler can change a resource without a new one."""
    return _implemented(handler.update_from_cloudformation_json)


def replaces(handler: Handler, current: Resource, wanted: Resource) -> bool:
    """Whether the type demands a new resource for the change of properties."""
    decide = getattr(handler, "replaces", None)
    return bool(decide and decide(current.properties, wanted.properties))


def leaves_replaced(handler: Handler, current: Resource, wanted: Resource) -> bool:
    """Whether an update made another resource and left the old one for us to delete.

    moto's own models delete what they replace.
    """
    return bool(
        getattr(handler, "leaves_replaced", False) and current.physical_id != wanted.physical_id
    )


def given_name(handler: Handler, properties: dict[str, Any]) -> str | None:
    """The physical name that the template gives a resource, if it does."""
    name = properties.get(handler.cloudformation_name_type() or "")
    return name if isinstance(name, str) and name else None


def physical_name(
    handler: Handler,
    resource_type: str,
    stack_name: str,
    logical_id: str,
    properties: dict[str, Any],
) -> str:
    """The name that the template gives, else a generated `<stack>-<logical id>-<random>`."""
    given = given_name(handler, properties)
    if given is not None:
        return given
    longest = 255
    if resource_type in _SHORT_NAMES | _LOWER_CASE_NAMES:
        longest = 63
    elif resource_type in _SHORTEST_NAMES:
        longest = 32
    name = _generated_name(stack_name, logical_id, longest)
    return name.lower() if resource_type in _LOWER_CASE_NAMES else name


def _generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    suffix = random_suffix()
    room = longest - len(suffix) - 2
    logical = logical_id[: max(room // 2, room - len(stack_name))]
    return f"{stack_name[: room - len(logical)].rstrip('-')}-{logical.rstrip('-')}-{suffix}"


def can_delete(handler: Handler, resource: Resource, account_id: str, region_name: str) -> bool:
    """Whether the handler has any way to delete the resource; some of moto's have none."""
    delete = getattr(resource.model, "delete", None)
    return _implemented(handler.delete_from_cloudformation_json) or (
        delete is not None and _takes(delete, account_id, region_name)
    )


def delete_model(handler: Handler, resource: Resource, account_id: str, region_name: str) -> None:
    """Delete what a resource became.

    moto's models have either `delete(account_id, region)` on the instance or a class method.
    """
    delete = getattr(resource.model, "delete", None)
    if delete is not None and _takes(delete, account_id, region_name):
        delete(account_id, region_name)
    else:
        handler.delete_from_cloudformation_json(
            resource.physical_id,
            {"Type": resource.type, "Properties": resource.properties},
            account_id,
            region_name,
        )


def _takes(method: Any, *arguments: str) -> bool:
    try:
        inspect.signature(method).bind(*arguments)
    except TypeError:
        return False
    return True


def error_code(error: BaseException) -> str:
    """The API error code that moto raised with, "" where the error is none of an API's."""
    if isinstance(error, ServiceException):
        return str(error.code)
    return str(error.error_type) if isinstance(error, _RESTError) else ""


def is_not_found(error: BaseException) -> bool:
    """Whether the error says that the thing does not exist."""
    code = error_code(error)
    return "NotFound" in code or "NoSuch" in code or "NotExist" in code


def reason_of(error: Exception, resource_type: str) -> str:
    """The event's reason for an error, in CloudFormation's own form for API errors."""
    if isinstance(error, ResourceError):
        return str(error)
    if isinstance(error, KeyError):
        return f"Properties validation failed: required key [{error.args[0]}] not found"
    code = error_code(error)
    if not code:
        return f"Internal failure of the local AWS: {type(error).__name__}: {error}"
    message = str(getattr(error, "message", error))
    return handler_message(message, resource_type.split("::")[1], error_status(error), code)


def error_status(error: BaseException) -> int:
    """The HTTP status of an API's error."""
    code = error_code(error)
    if "AlreadyExists" in code or "AlreadyOwned" in code or "NotEmpty" in code:
        return 409
    status = getattr(error, "code", 400)
    return status if isinstance(status, int) else 400


def handler_message(message: str, service: str, status: int, code: str) -> str:
    """An API error as CloudFormation's resource handlers put it (aws/aws-cdk#27168)."""
    kind = _handler_error_code(code)
    detail = f"{message} (Service: {service}, Status Code: {status}, Request ID: {uuid.uuid4()})"
    if kind == "InvalidRequest":
        detail = f"Invalid request provided: {detail}"
    return (
        f'Resource handler returned message: "{detail}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {kind})"
    )


def _handler_error_code(code: str) -> str:
    kinds = (
        ("AlreadyExists", ("AlreadyExist", "AlreadyOwned", "EntityAlreadyExists")),
        ("NotFound", ("NotFound", "NoSuch", "NotExist")),
        ("AccessDenied", ("AccessDenied", "Unauthorized")),
        ("Throttling", ("Throttl",)),
        ("ServiceLimitExceeded", ("LimitExceeded", "MaximumNumber")),
        ("InvalidRequest", ("Invalid", "Validation", "Malformed", "Insufficient")),
    )
    return next(
        (kind for kind, marks in kinds if any(mark in code for mark in marks)),
        "GeneralServiceException",
    )
