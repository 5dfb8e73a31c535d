"""`AWS::CloudTrail::Trail`, through the local CloudTrail's own operations.

Property names and meanings: AWS CloudFormation Template Reference, AWS::CloudTrail::Trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.utils import camelcase_to_underscores

from local_aws.cloudformation.local_models import LocalModel
from local_aws.cloudtrail.service import CloudTrailService
from local_aws.cloudtrail.trail_requests import Api
from local_aws.cloudtrail.trails import TrailOperations

Properties = Mapping[str, Any]
Request = tuple[str, dict[str, Any]]
"""An operation of CloudTrail's and what it is asked."""

_SETTINGS = {
    "CloudWatchLogsLogGroupArn": "",
    "CloudWatchLogsRoleArn": "",
    "EnableLogFileValidation": False,
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": False,
    "IsOrganizationTrail": False,
    "KMSKeyId": "",
    "S3BucketName": None,
    "S3KeyPrefix": "",
    "SnsTopicName": "",
}
"""Properties that CreateTrail and UpdateTrail take, with what their absence means."""

_API_NAMES = {"KMSKeyId": "KmsKeyId"}
_BOOLEANS = frozenset(name for name, default in _SETTINGS.items() if isinstance(default, bool))
_DEFAULT_SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]


class Trail(LocalModel):
    """A trail of a stack. `Ref` is its name."""

    service: CloudTrailService

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.requests: list[Request] = []
        """What its last operation asked CloudTrail for, in this order."""
        self.answers: dict[str, Api] = {}
        """What was answered, by operation."""
        self._settings: Api = {}

    def perform(self, backend: TrailOperations, requests: list[Request]) -> None:
        """Make the requests one after the other; the first creates or updates the trail."""
        self.requests, self.answers = requests, {}
        for operation, request in requests:
            method = getattr(backend, camelcase_to_underscores(operation))
            self.answers[operation] = method(request)
        self._settings = self.answers[requests[0][0]]

    @staticmethod
    def cloudformation_type() -> str:
        """AWS::CloudTrail::Trail."""
        return "AWS::CloudTrail::Trail"

    @staticmethod
    def cloudformation_name_type() -> str:
        """TrailName."""
        return "TrailName"

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """`Arn` or `SnsTopicArn`."""
        member = {"Arn": "TrailARN", "SnsTopicArn": "SnsTopicARN"}.get(attribute_name, "")
        if self._settings.get(member) is None:
            raise UnformattedGetAttTemplateException
        return self._settings[member]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> Trail:
        """Create the trail, set its selectors, and start it where `IsLogging` says so.

        A trail whose selectors are refused is deleted again.
        """
        backend = cls.service.operations(account_id, region_name)
        requests = creation_requests(resource_name, cloudformation_json["Properties"])
        trail = cls(resource_name)
        try:
            trail.perform(backend, requests)
        except Exception:
            if trail.answers:
                backend.delete_trail({"Name": resource_name})
            raise
        return trail

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Trail,
        new_resource_name: str,  # noqa: ARG003 - moto's interface
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Trail:
        """Bring the trail to the properties; what is no longer given goes to its default."""
        backend = cls.service.operations(account_id, region_name)
        trail = original_resource
        properties = cloudformation_json["Properties"]
        requests = _update_requests(backend, trail.physical_resource_id, properties)
        trail.perform(backend, requests)
        return trail

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the trail."""
        cls.service.operations(account_id, region_name).delete_trail({"Name": resource_name})


def _given_settings(properties: Properties) -> dict[str, Any]:
    return {
        _API_NAMES.get(name, name): _boolean(properties[name])
        if name in _BOOLEANS
        else properties[name]
        for name in _SETTINGS
        if name in properties
    }


def _all_settings(properties: Properties) -> dict[str, Any]:
    defaults = {
        _API_NAMES.get(name, name): default
        for name, default in _SETTINGS.items()
        if default is not None
    }
    return {**defaults, **_given_settings(properties)}


def _boolean(value: Any) -> bool:
    return str(value).lower() == "true"


def creation_requests(name: str, properties: Properties) -> list[Request]:
    """What creates a trail, sets its selectors, and starts it where `IsLogging` says so."""
    logging = _boolean(properties["IsLogging"])
    tags = {"TagsList": properties["Tags"]} if properties.get("Tags") else {}
    requests = [
        ("CreateTrail", {"Name": name, **_given_settings(properties), **tags}),
        *_selector_requests(name, properties),
    ]
    return [*requests, ("StartLogging", {"Name": name})] if logging else requests


def _selector_requests(name: str, properties: Properties) -> list[Request]:
    selectors = {
        kind: properties[kind]
        for kind in ("EventSelectors", "AdvancedEventSelectors")
        if kind in properties
    }
    requests: list[Request] = []
    if selectors:
        requests.append(("PutEventSelectors", {"TrailName": name, **selectors}))
    if "InsightSelectors" in properties:
        wanted = {"TrailName": name, "InsightSelectors": properties["InsightSelectors"]}
        requests.append(("PutInsightSelectors", wanted))
    return requests


def _update_requests(backend: TrailOperations, name: str, properties: Properties) -> list[Request]:
    """What brings a trail to the properties; what is no longer given goes to its default."""
    described = backend.get_trail({"Name": name})["Trail"]
    defaults: dict[str, Any] = {"EventSelectors": _DEFAULT_SELECTORS}
    if described["HasInsightSelectors"]:
        defaults["InsightSelectors"] = []
    if "AdvancedEventSelectors" in properties:
        del defaults["EventSelectors"]
    return [
        ("UpdateTrail", {"Name": name, **_all_settings(properties)}),
        *_selector_requests(name, {**defaults, **properties}),
        *_tag_requests(backend, described["TrailARN"], properties.get("Tags", [])),
        *_logging_requests(backend, name, properties),
    ]


def _tag_requests(
    backend: TrailOperations, arn: str, tags: list[dict[str, str]]
) -> Iterator[Request]:
    present = backend.list_tags({"ResourceIdList": [arn]})["ResourceTagList"][0]["TagsList"]
    wanted = {tag["Key"] for tag in tags}
    gone = [tag for tag in present if tag["Key"] not in wanted]
    new = [tag for tag in tags if tag not in present]
    if gone:
        yield "RemoveTags", {"ResourceId": arn, "TagsList": gone}
    if new:
        yield "AddTags", {"ResourceId": arn, "TagsList": new}


def _logging_requests(
    backend: TrailOperations, name: str, properties: Properties
) -> Iterator[Request]:
    wanted = _boolean(properties["IsLogging"])
    if wanted != backend.get_trail_status({"Name": name})["IsLogging"]:
        yield "StartLogging" if wanted else "StopLogging", {"Name": name}


HANDLERS = (Trail,)
