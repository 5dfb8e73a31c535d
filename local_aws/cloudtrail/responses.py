"""CloudTrail's API over HTTP: JSON 1.1, with moto's serializers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model

from cloudtrail.partitions import arn_parts
from cloudtrail.records.service_models import regions
from local_aws.cloudtrail.exceptions import CloudTrailError
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.cloudtrail.trails import TrailOperations


def routes_to(service: CloudTrailService) -> dict[str, Callable[..., Any]]:
    """moto's routes to the CloudTrail of one server.

    moto creates the object that answers a request. So each server has a class of its own, which
    knows the service, and no module variable has to hold it.
    """

    class OfServer(CloudTrailResponse):
        pass

    OfServer.service = service
    return {"{0}/$": OfServer.dispatch}


def check_region(region: str) -> None:
    """Raise UnsupportedOperation for a Region without CloudTrail, where AWS has no endpoint at
    all."""
    if region not in regions("cloudtrail"):
        raise CloudTrailError(
            "UnsupportedOperationException", f"wanted a Region of CloudTrail, got {region!r:.200}"
        )


ORGANIZATION_TRAIL_NEEDS = (
    "iam:GetRole",
    "iam:CreateServiceLinkedRole",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAWSServiceAccessForOrganization",
)
"""What else a caller who makes an organization trail must be allowed to do (CloudTrail User Guide,
"Prepare for creating a trail for your organization"; the console needs more)."""


Operation = Callable[["CloudTrailResponse"], ActionResult]


def _of_trails(method: str) -> Operation:
    def operation(self: CloudTrailResponse) -> ActionResult:
        return ActionResult(getattr(self.backend, method)(self.params))

    return operation


def _of_organizations_too(method: str) -> Operation:
    answer = _of_trails(method)

    def operation(self: CloudTrailResponse) -> ActionResult:
        if _is_of_the_organization(self):
            _check_dependencies(self)
        return answer(self)

    return operation


def _is_of_the_organization(response: CloudTrailResponse) -> bool:
    """Whether the request makes or changes an organization trail of the caller's account."""
    if response.params.get("IsOrganizationTrail"):
        return True
    name = response.params.get("Name") or response.params.get("TrailName")
    if not name:
        return False
    try:
        trail = response.backend.get_trail({"Name": name})["Trail"]
    except CloudTrailError:
        return False  # The operation itself says what is wrong with the name.
    own = arn_parts(trail["TrailARN"]).account_id == response.current_account
    return own and bool(trail["IsOrganizationTrail"])


def _check_dependencies(response: CloudTrailResponse) -> None:
    from local_aws.moto_changes.access.refusals import may

    if not all(may(response, action) for action in ORGANIZATION_TRAIL_NEEDS):
        raise CloudTrailError(
            "InsufficientDependencyServiceAccessPermissionException",
            "AWS CloudTrail cannot create resources for your organization because access to one "
            "or more required APIs has been denied.",
        )


class CloudTrailResponse(BaseResponse):
    """The operations of CloudTrail's trails, Event history and public keys."""

    service: CloudTrailService

    def __init__(self) -> None:
        super().__init__(service_name="cloudtrail")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> TrailOperations:
        return self.service.operations(self.current_account, self.region)

    add_tags = _of_trails("add_tags")
    create_trail = _of_organizations_too("create_trail")
    delete_trail = _of_organizations_too("delete_trail")
    describe_trails = _of_trails("describe_trails")
    get_event_selectors = _of_trails("get_event_selectors")
    get_insight_selectors = _of_trails("get_insight_selectors")
    get_trail = _of_trails("get_trail")
    get_trail_status = _of_trails("get_trail_status")
    list_tags = _of_trails("list_tags")
    list_trails = _of_trails("list_trails")
    put_event_selectors = _of_organizations_too("put_event_selectors")
    put_insight_selectors = _of_trails("put_insight_selectors")
    remove_tags = _of_trails("remove_tags")
    start_logging = _of_organizations_too("start_logging")
    stop_logging = _of_organizations_too("stop_logging")
    update_trail = _of_organizations_too("update_trail")

    def lookup_events(self) -> ActionResult:
        return ActionResult(
            self.service.history.lookup(self.current_account, self.region, self._asked())
        )

    def list_public_keys(self) -> ActionResult:
        """The keys that digests of the Region were signed with."""
        return ActionResult(self.service.keys.list_public_keys(self.region, self._asked()))

    def _asked(self) -> dict[str, Any]:
        """The request's parameters, with times in UTC: moto's parser leaves them without a zone."""
        return {
            name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
            for name, value in self.params.items()
        }

    def call_action(self) -> Any:
        """Answer the request, or refuse it if a member is missing or the operation is not
        offered."""
        try:
            self._check_request()
        except CloudTrailError as error:
            status, headers, body = self.serialized(ActionResult(error))
            return status, headers, body
        return super().call_action()

    def _check_request(self) -> None:
        action = self._get_action()
        check_region(self.region)
        self.service.throttle.admit(self.current_account, self.region, action)
        model = get_service_model("cloudtrail").operation_model(action)
        if not hasattr(self, camelcase_to_underscores(action)):
            raise CloudTrailError(
                "UnsupportedOperationException",
                f"{action} is not available: this CloudTrail has trails, Event history and "
                "Insights, but no Lake (closed to new customers since 2026-05-31).",
            )
        for member in model.input_shape.required_members if model.input_shape else ():
            if self.params.get(member) is None:
                raise CloudTrailError(
                    "ValidationException",
                    f"1 validation error detected: Value null at '{member[0].lower()}{member[1:]}' "
                    "failed to satisfy constraint: Member must not be null",
                )
