"""botocore's service models: the public descriptions of AWS's APIs, each loaded once.

botocore itself is imported with the first model, so that code without models does not wait for it.
"""

from __future__ import annotations

from functools import cache
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel
    from botocore.regions import EndpointResolver
    from botocore.session import Session

_LOADING = RLock()
"""botocore cannot load sessions and models in several threads at once."""


@cache
def _session() -> Session:
    import botocore.session

    return botocore.session.Session()


@cache
def _endpoints() -> EndpointResolver:
    from botocore.regions import EndpointResolver

    return EndpointResolver(_session().get_component("data_loader").load_data("endpoints"))


@cache
def service_model(service: str) -> ServiceModel | None:
    """The model of a service, by botocore's name for the service; None if botocore has none."""
    from botocore.exceptions import UnknownServiceError

    try:
        with _LOADING:
            return _session().get_service_model(service)
    except UnknownServiceError:
        return None


def operation_model(service: str, operation: str) -> OperationModel | None:
    """The model of an operation, or None if the service's model lacks it."""
    from botocore.model import OperationNotFoundError

    model = service_model(service)
    if model is None:
        return None
    try:
        return model.operation_model(operation)
    except OperationNotFoundError:
        return None


@cache
def operations_of_version(service: str, api_version: str) -> frozenset[str]:
    """The names of the operations that a service had in an earlier version of its API."""
    with _LOADING:
        model = _session().get_service_model(service, api_version)
    return frozenset(model.operation_names)


@cache
def endpoint(service: str, region: str) -> tuple[str, str]:
    """The host name of a service's endpoint, and the Region in which its calls are recorded.

    Global services (IAM, CloudFront, Route 53, Organizations ...) have one endpoint. Its calls are
    recorded in us-east-1 (UG/cloudtrail-concepts, global service events).
    """
    model = service_model(service)
    prefix = model.endpoint_prefix if model else service
    with _LOADING:
        found = _endpoints().construct_endpoint(prefix, region) or {}
    host = found.get("hostname", f"{prefix}.{region}.amazonaws.com")
    if found.get("endpointName", region).endswith("-global"):
        return host, found["credentialScope"]["region"]
    return host, region


@cache
def regions(service: str, partition: str | None = None) -> frozenset[str]:
    """The Regions that have an endpoint of a service, of one partition or of all."""
    with _LOADING:
        wanted = [partition] if partition else _session().get_available_partitions()
        return frozenset(
            region for each in wanted for region in _session().get_available_regions(service, each)
        )


def error_shape(service: str, wire_code: str) -> str | None:
    """The name of the exception's shape for an error code on the wire.

    `NoSuchEntity` of IAM is `NoSuchEntityException`. None if the service's model does not declare
    the error, as in S3 and EC2.
    """
    model = service_model(service)
    if model is None:
        return None
    shape = model.shape_for_error_code(wire_code)  # type: ignore[arg-type]  # wrong in the stubs
    return shape.name if shape is not None else None
