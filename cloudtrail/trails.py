"""A trail as a value: its settings, the rules for its names, and its shapes in the API.

Errors of this package that the CloudTrail API also has derive from one class:

    CloudTrailException
      x InvalidTrailName, InvalidS3Prefix, InvalidSnsTopicName   here
      x InvalidEventSelectors, InvalidInsightSelectors           cloudtrail.selectors.*rules
      x InvalidLookupAttributes, InvalidTimeRange, ...           cloudtrail.event_history
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from cloudtrail.partitions import arn_of, arn_parts


class CloudTrailException(Exception):
    """A request that CloudTrail refuses: `str(error)` is its message, `code` its error code."""

    @property
    def code(self) -> str:
        """The API's error code, such as `InvalidTrailNameException`."""
        return f"{type(self).__name__}Exception"


class InvalidTrailName(CloudTrailException):
    """The name breaks a rule of API/CreateTrail."""


class InvalidS3Prefix(CloudTrailException):
    """The key prefix is longer than 200 characters."""


class InvalidSnsTopicName(CloudTrailException):
    """The topic's name is longer than 256 characters."""


class DataResource(Struct, frozen=True):
    """`AWS::S3::Object`, `AWS::Lambda::Function` or `AWS::DynamoDB::Table`, and the ARNs logged."""

    type: str
    values: tuple[str, ...]


class EventSelector(Struct, frozen=True):
    """A basic event selector (API/EventSelector), with the API's defaults."""

    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: tuple[DataResource, ...] = ()
    exclude_management_event_sources: tuple[str, ...] = ()


class FieldSelector(Struct, frozen=True):
    """One field of an advanced event selector (API/AdvancedFieldSelector)."""

    field: str
    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    not_starts_with: tuple[str, ...] = ()
    not_ends_with: tuple[str, ...] = ()


class AdvancedEventSelector(Struct, frozen=True):
    """An advanced event selector: all its field selectors must match."""

    field_selectors: tuple[FieldSelector, ...]
    name: str | None = None


class InsightSelector(Struct, frozen=True):
    """`ApiCallRateInsight` or `ApiErrorRateInsight`, for management or data events."""

    insight_type: str
    event_categories: tuple[str, ...] = ("Management",)


DEFAULT_EVENT_SELECTORS = (EventSelector(),)
"""What a trail has until PutEventSelectors: read and write management events."""


class Trail(Struct, frozen=True):
    """A trail's settings. Exactly one of the two kinds of event selector is non-empty."""

    name: str
    home_region: str
    account_id: str
    bucket: str
    prefix: str = ""
    is_multi_region: bool = False
    include_global_service_events: bool = True
    log_file_validation: bool = False
    is_organization_trail: bool = False
    organization_id: str | None = None
    kms_key_id: str | None = None
    sns_topic_name: str | None = None
    sns_topic_arn: str | None = None
    log_group_arn: str | None = None
    log_role_arn: str | None = None
    event_selectors: tuple[EventSelector, ...] = DEFAULT_EVENT_SELECTORS
    advanced_event_selectors: tuple[AdvancedEventSelector, ...] = ()
    insight_selectors: tuple[InsightSelector, ...] = ()

    @property
    def arn(self) -> str:
        """`arn:<partition>:cloudtrail:<home region>:<account>:trail/<name>`."""
        return arn_of("cloudtrail", self.home_region, self.account_id, f"trail/{self.name}")


def check_trail_name(name: str) -> None:
    """Raise InvalidTrailName unless `name` obeys the rules of API/CreateTrail."""
    for broken, message in _NAME_RULES:
        if broken(name):
            raise InvalidTrailName(message.format(length=len(name)))


_NAME_RULES = (
    (
        lambda name: len(name) < 3,
        (
            "Trail name too short. Minimum allowed length: 3 characters. "
            "Specified name length: {length} characters."
        ),
    ),
    (
        lambda name: len(name) > 128,
        (
            "Trail name too long. Maximum allowed length: 128 characters. "
            "Specified name length: {length} characters."
        ),
    ),
    (
        lambda name: not re.match(r"[0-9a-zA-Z]", name),
        "Trail name must starts with a letter or number.",
    ),
    (
        lambda name: not re.match(r"[0-9a-zA-Z]", name[-1]),
        "Trail name must ends with a letter or number.",
    ),
    (
        lambda name: not re.fullmatch(r"[.\-_0-9a-zA-Z]+", name),
        (
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, "
            "periods (.), hyphens (-), and underscores (_)."
        ),
    ),
    (
        lambda name: re.search(r"[.\-_]{2}", name),
        "Trail name cannot contain adjacent periods (.), hyphens (-), or underscores (_).",
    ),
    (
        lambda name: re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", name),
        "Trail name cannot be in IP address format.",
    ),
)
"""What breaks the name, and the message: the last two wordings are ours, the others AWS's."""


def check_s3_key_prefix(prefix: str) -> None:
    """Raise InvalidS3Prefix for a prefix of more than 200 characters (API/CreateTrail)."""
    if len(prefix) > 200:
        raise InvalidS3Prefix(
            "S3 prefix too long. Maximum allowed length: 200 characters. "
            f"Specified prefix length: {len(prefix)} characters."
        )


def check_sns_topic_name(name: str) -> None:
    """Raise InvalidSnsTopicName for a name or ARN of more than 256 characters (API/CreateTrail)."""
    if len(name) > 256:
        raise InvalidSnsTopicName(
            "SNS topic name too long. Maximum allowed length: 256 characters. "
            f"Specified name length: {len(name)} characters."
        )


def trail_from_api(
    description: Mapping[str, Any],
    event_selectors_answer: Mapping[str, Any],
    insight_selectors_answer: Mapping[str, Any] | None = None,
    *,
    organization_id: str | None = None,
) -> Trail:
    """The trail that three answers of the API describe.

    `description` is one item of DescribeTrails' `trailList`, the others are the answers of
    GetEventSelectors and GetInsightSelectors (None if it raised InsightNotEnabledException).
    """
    basic = event_selectors_answer.get("EventSelectors") or ()
    advanced = event_selectors_answer.get("AdvancedEventSelectors") or ()
    insights = (insight_selectors_answer or {}).get("InsightSelectors") or ()
    return Trail(
        name=description["Name"],
        home_region=description["HomeRegion"],
        account_id=arn_parts(description["TrailARN"]).account_id,
        bucket=description["S3BucketName"],
        prefix=description.get("S3KeyPrefix") or "",
        is_multi_region=description.get("IsMultiRegionTrail", False),
        include_global_service_events=description.get("IncludeGlobalServiceEvents", True),
        log_file_validation=description.get("LogFileValidationEnabled", False),
        is_organization_trail=description.get("IsOrganizationTrail", False),
        organization_id=organization_id,
        kms_key_id=description.get("KmsKeyId"),
        sns_topic_name=description.get("SnsTopicName"),
        sns_topic_arn=description.get("SnsTopicARN"),
        log_group_arn=description.get("CloudWatchLogsLogGroupArn"),
        log_role_arn=description.get("CloudWatchLogsRoleArn"),
        event_selectors=event_selectors_from_api(basic),
        advanced_event_selectors=advanced_event_selectors_from_api(advanced),
        insight_selectors=insight_selectors_from_api(insights),
    )


def trail_to_api(trail: Trail) -> dict[str, Any]:
    """The item of DescribeTrails' `trailList` for `trail`; settings it does not have are absent."""
    settings = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix or None,
        "SnsTopicName": trail.sns_topic_name,
        "SnsTopicARN": trail.sns_topic_arn,
        "IncludeGlobalServiceEvents": trail.include_global_service_events,
        "IsMultiRegionTrail": trail.is_multi_region,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.log_file_validation,
        "CloudWatchLogsLogGroupArn": trail.log_group_arn,
        "CloudWatchLogsRoleArn": trail.log_role_arn,
        "KmsKeyId": trail.kms_key_id,
        "HasCustomEventSelectors": has_custom_event_selectors(trail),
        "HasInsightSelectors": bool(trail.insight_selectors),
        "IsOrganizationTrail": trail.is_organization_trail,
    }
    return {name: value for name, value in settings.items() if value is not None}


def has_custom_event_selectors(trail: Trail) -> bool:
    """Whether `trail` selects other events than a trail does by default."""
    return bool(trail.advanced_event_selectors) or trail.event_selectors != DEFAULT_EVENT_SELECTORS


def event_selectors_from_api(selectors: Sequence[Mapping[str, Any]]) -> tuple[EventSelector, ...]:
    """Basic event selectors from the API's shape, unchecked; absent members get their defaults."""
    return tuple(
        EventSelector(
            read_write_type=selector.get("ReadWriteType", "All"),
            include_management_events=selector.get("IncludeManagementEvents", True),
            data_resources=tuple(
                DataResource(resource["Type"], tuple(resource.get("Values", ())))
                for resource in selector.get("DataResources", ())
            ),
            exclude_management_event_sources=tuple(
                selector.get("ExcludeManagementEventSources", ())
            ),
        )
        for selector in selectors
    )


def event_selectors_to_api(selectors: Sequence[EventSelector]) -> list[dict[str, Any]]:
    """Basic event selectors as GetEventSelectors answers them, all members present."""
    return [
        {
            "ReadWriteType": selector.read_write_type,
            "IncludeManagementEvents": selector.include_management_events,
            "DataResources": [
                {"Type": resource.type, "Values": list(resource.values)}
                for resource in selector.data_resources
            ],
            "ExcludeManagementEventSources": list(selector.exclude_management_event_sources),
        }
        for selector in selectors
    ]


OPERATORS = {
    "Equals": "equals",
    "StartsWith": "starts_with",
    "EndsWith": "ends_with",
    "NotEquals": "not_equals",
    "NotStartsWith": "not_starts_with",
    "NotEndsWith": "not_ends_with",
}
"""The operators of API/AdvancedFieldSelector, and FieldSelector's attribute for each."""


def advanced_event_selectors_from_api(
    selectors: Sequence[Mapping[str, Any]],
) -> tuple[AdvancedEventSelector, ...]:
    """Advanced event selectors from the API's shape, unchecked."""
    return tuple(
        AdvancedEventSelector(
            field_selectors=tuple(
                FieldSelector(
                    field["Field"],
                    **{
                        attribute: tuple(field.get(operator, ()))
                        for operator, attribute in OPERATORS.items()
                    },
                )
                for field in selector["FieldSelectors"]
            ),
            name=selector.get("Name"),
        )
        for selector in selectors
    )


def advanced_event_selectors_to_api(
    selectors: Sequence[AdvancedEventSelector],
) -> list[dict[str, Any]]:
    """Advanced event selectors as GetEventSelectors answers them: only operators in use."""
    return [
        {
            **({} if selector.name is None else {"Name": selector.name}),
            "FieldSelectors": [_field_selector_to_api(field) for field in selector.field_selectors],
        }
        for selector in selectors
    ]


def _field_selector_to_api(selector: FieldSelector) -> dict[str, Any]:
    values = {name: list(getattr(selector, attribute)) for name, attribute in OPERATORS.items()}
    return {"Field": selector.field, **{name: some for name, some in values.items() if some}}


def insight_selectors_from_api(
    selectors: Sequence[Mapping[str, Any]],
) -> tuple[InsightSelector, ...]:
    """Insights selectors from the API's shape, unchecked; categories default to Management."""
    return tuple(
        InsightSelector(
            selector["InsightType"], tuple(selector.get("EventCategories") or ("Management",))
        )
        for selector in selectors
    )


def insight_selectors_to_api(selectors: Sequence[InsightSelector]) -> list[dict[str, Any]]:
    """Insights selectors as GetInsightSelectors answers them: only categories that are not the
    default."""
    return [
        {
            "InsightType": selector.insight_type,
            **(
                {}
                if selector.event_categories == ("Management",)
                else {"EventCategories": list(selector.event_categories)}
            ),
        }
        for selector in selectors
    ]
