"""A trail as a value: its settings, its ARN, and the rules for its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataResource:
    """`AWS::S3::Object`, `AWS::Lambda::Function` or `AWS::DynamoDB::Table`, and the ARNs logged."""

    type: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventSelector:
    """A basic event selector (API/EventSelector), with the API's defaults."""

    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: tuple[DataResource, ...] = ()
    exclude_management_event_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """One field of an advanced event selector (API/AdvancedFieldSelector)."""

    field: str
    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    not_starts_with: tuple[str, ...] = ()
    not_ends_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdvancedEventSelector:
    """An advanced event selector: all its field selectors must match."""

    field_selectors: tuple[FieldSelector, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class InsightSelector:
    """`ApiCallRateInsight` or `ApiErrorRateInsight`, for management or data events."""

    insight_type: str
    event_categories: tuple[str, ...] = ("Management",)


DEFAULT_EVENT_SELECTORS = (EventSelector(),)
"""What a trail has until PutEventSelectors: read and write management events."""


@dataclass(frozen=True, slots=True)
class Trail:
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
        """`arn:aws:cloudtrail:<home region>:<account>:trail/<name>`."""
        return f"arn:aws:cloudtrail:{self.home_region}:{self.account_id}:trail/{self.name}"
