"""`AWS::CloudTrail::Trail`, through the local CloudTrail's own operations.

Property names and meanings: AWS CloudFormation Template Reference, AWS::CloudTrail::Trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from local_aws.cloudformation.local_models import LocalModel
from local_aws.trails import CloudTrailBackend, cloudtrail_backends

Properties = Mapping[str, Any]

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

    def __init__(self, name: str, arn: str, topic_arn: str | None) -> None:
        super().__init__(name)
        self._attributes = {"Arn": arn, "SnsTopicArn": topic_arn}

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
        if self._attributes.get(attribute_name) is None:
            raise UnformattedGetAttTemplateException
        return self._attributes[attribute_name]

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
        backend = cloudtrail_backends[account_id][region_name]
        properties = cloudformation_json["Properties"]
        logging = _boolean(properties["IsLogging"])
        request = {
            "Name": resource_name,
            **_given_settings(properties),
            "TagsList": properties.get("Tags", []),
        }
        answer = backend.create_trail(request)
        try:
            _put_selectors(backend, resource_name, properties, created=True)
            _set_logging(backend, resource_name, logging)
        except Exception:
            backend.delete_trail({"Name": resource_name})
            raise
        return cls(resource_name, answer["TrailARN"], answer.get("SnsTopicARN"))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Trail,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Trail:
        """Bring the trail to the properties; what is no longer given goes to its default."""
        backend = cloudtrail_backends[account_id][region_name]
        properties = cloudformation_json["Properties"]
        name = original_resource.physical_resource_id
        answer = backend.update_trail({"Name": name, **_all_settings(properties)})
        _put_selectors(backend, name, properties, created=False)
        _put_tags(backend, answer["TrailARN"], properties.get("Tags", []))
        _set_logging(backend, name, _boolean(properties["IsLogging"]))
        return cls(new_resource_name, answer["TrailARN"], answer.get("SnsTopicARN"))

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's interface
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the trail."""
        cloudtrail_backends[account_id][region_name].delete_trail({"Name": resource_name})


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


def _put_selectors(
    backend: CloudTrailBackend, name: str, properties: Properties, *, created: bool
) -> None:
    selectors = {
        kind: properties[kind]
        for kind in ("EventSelectors", "AdvancedEventSelectors")
        if kind in properties
    }
    if selectors or not created:
        request = selectors or {"EventSelectors": _DEFAULT_SELECTORS}
        backend.put_event_selectors({"TrailName": name, **request})
    insights = properties.get("InsightSelectors", [])
    if insights or not created:
        backend.put_insight_selectors({"TrailName": name, "InsightSelectors": insights})


def _put_tags(backend: CloudTrailBackend, arn: str, tags: list[dict[str, str]]) -> None:
    present = backend.list_tags({"ResourceIdList": [arn]})["ResourceTagList"][0]["TagsList"]
    wanted = {tag["Key"] for tag in tags}
    gone = [tag for tag in present if tag["Key"] not in wanted]
    backend.remove_tags({"ResourceId": arn, "TagsList": gone})
    backend.add_tags({"ResourceId": arn, "TagsList": tags})


def _set_logging(backend: CloudTrailBackend, name: str, logging: bool) -> None:
    if logging:
        backend.start_logging({"Name": name})
    else:
        backend.stop_logging({"Name": name})


HANDLERS = (Trail,)
