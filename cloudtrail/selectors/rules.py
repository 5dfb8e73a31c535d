"""The rules for event selectors: API-shaped requests in, frozen selectors out, or the error.

Sources: API/PutEventSelectors, API/EventSelector, API/DataResource, API/AdvancedEventSelector,
API/AdvancedFieldSelector, UG/logging-management-events, UG/logging-data-events-with-cloudtrail,
UG/logging-network-events-with-cloudtrail, UG/WhatIsCloudTrail-Limits. Messages are AWS's if known
(the number of selectors and of values, DataResources.Values, the combination).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, TypeVar

import msgspec

from cloudtrail.trails import (
    OPERATORS,
    AdvancedEventSelector,
    CloudTrailException,
    EventSelector,
    advanced_event_selectors_from_api,
    event_selectors_from_api,
)

MAX_EVENT_SELECTORS = 5
MAX_DATA_RESOURCES = 250
MAX_ADVANCED_VALUES = 500
MAX_SELECTOR_NAME = 1000
MAX_VALUE = 2048


class InvalidEventSelectors(CloudTrailException):
    """Event selectors that PutEventSelectors refuses."""


# The shapes of a request, as JSON may hold them; msgspec checks them.


class _DataResource(TypedDict):
    Type: str
    Values: NotRequired[list[str]]


class _EventSelector(TypedDict):
    ReadWriteType: NotRequired[str]
    IncludeManagementEvents: NotRequired[bool]
    DataResources: NotRequired[list[_DataResource]]
    ExcludeManagementEventSources: NotRequired[list[str]]


class _FieldSelector(TypedDict):
    Field: str
    Equals: NotRequired[list[str]]
    StartsWith: NotRequired[list[str]]
    EndsWith: NotRequired[list[str]]
    NotEquals: NotRequired[list[str]]
    NotStartsWith: NotRequired[list[str]]
    NotEndsWith: NotRequired[list[str]]


class _AdvancedEventSelector(TypedDict):
    FieldSelectors: list[_FieldSelector]
    Name: NotRequired[str]


Shape = TypeVar("Shape")


def _shaped(api: object, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(api, shape)
    except msgspec.ValidationError as error:
        raise InvalidEventSelectors(f"The event selectors are malformed: {error}") from error


def parse_selectors(
    request: Mapping[str, Any],
) -> tuple[tuple[EventSelector, ...], tuple[AdvancedEventSelector, ...]]:
    """The basic and the advanced selectors of a PutEventSelectors request: one kind is empty."""
    basic = request.get("EventSelectors") or []
    advanced = request.get("AdvancedEventSelectors") or []
    if basic and advanced:
        raise InvalidEventSelectors(
            "Specify either EventSelectors or AdvancedEventSelectors, not both."
        )
    if advanced:
        return (), parse_advanced_event_selectors(advanced)
    return parse_event_selectors(basic), ()


# Basic event selectors.


def parse_event_selectors(api: Sequence[Mapping[str, Any]]) -> tuple[EventSelector, ...]:
    """Basic event selectors from the API's shape. Raises InvalidEventSelectors."""
    check_event_selectors(api)
    return event_selectors_from_api(api)


def check_event_selectors(api: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidEventSelectors for the first rule that these basic event selectors break."""
    selectors = _shaped(api, list[_EventSelector])
    if not 1 <= len(selectors) <= MAX_EVENT_SELECTORS:
        raise InvalidEventSelectors(
            f"Specify a valid number of selectors (1 to {MAX_EVENT_SELECTORS}) for your trail."
        )
    for selector in selectors:
        _check_event_selector(selector)
    if sum(map(_count_data_resources, selectors)) > MAX_DATA_RESOURCES:
        raise InvalidEventSelectors(
            "Specify a valid number of DataResources.Values "
            f"(0 to {MAX_DATA_RESOURCES}) for all your selectors."
        )


def _check_event_selector(selector: _EventSelector) -> None:
    _check_one_of(
        "ReadWriteType", selector.get("ReadWriteType", "All"), ("All", "ReadOnly", "WriteOnly")
    )
    resources = selector.get("DataResources", [])
    excluded = selector.get("ExcludeManagementEventSources", [])
    for source in excluded:
        _check_one_of(
            "ExcludeManagementEventSources", source, ("kms.amazonaws.com", "rdsdata.amazonaws.com")
        )
    if not selector.get("IncludeManagementEvents", True):
        _check_without_management_events(resources, excluded)
    for resource in resources:
        _check_data_resource(resource)


def _check_without_management_events(
    resources: Sequence[_DataResource], excluded: Sequence[str]
) -> None:
    if not resources:
        raise InvalidEventSelectors(
            "Invalid combination of parameters in EventSelectors. "
            "When includeManagementEvents is false, DataResources must not be empty."
        )
    if excluded:
        raise InvalidEventSelectors(
            "Invalid combination of parameters in EventSelectors. "
            "When includeManagementEvents is false, ExcludeManagementEventSources must be empty."
        )


def _check_one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InvalidEventSelectors(
            f"Value {value} for {name} is invalid. Valid values: {', '.join(allowed)}."
        )


_PARTITION = r"arn:aws[a-z-]*"
_FUNCTION_ARN = rf"{_PARTITION}:lambda:[a-z0-9-]+:\d{{12}}:function:[\w-]+(:[\w$-]+)?"
_TABLE_ARN = rf"{_PARTITION}:dynamodb:[a-z0-9-]+:\d{{12}}:table/[\w.-]+"
_DATA_RESOURCE_VALUES = {
    "AWS::S3::Object": re.compile(
        rf"{_PARTITION}:s3(:::([A-Za-z0-9._-]{{3,255}}/.*)?)?", re.DOTALL
    ),
    "AWS::Lambda::Function": re.compile(rf"{_PARTITION}:lambda|{_FUNCTION_ARN}"),
    "AWS::DynamoDB::Table": re.compile(rf"{_PARTITION}:dynamodb|{_TABLE_ARN}"),
}
"""What DataResources.Values may be: all of a service (`arn:aws:s3:::` too), or an ARN."""


def _check_data_resource(resource: _DataResource) -> None:
    _check_one_of("DataResources.Type", resource["Type"], tuple(_DATA_RESOURCE_VALUES))
    for value in resource.get("Values", []):
        if not _DATA_RESOURCE_VALUES[resource["Type"]].fullmatch(value):
            raise InvalidEventSelectors(f"Value {value} for DataResources.Values is invalid.")


def _count_data_resources(selector: _EventSelector) -> int:
    """How many values count against the limit: those that mean all of a service do not."""
    values = (value for one in selector.get("DataResources", []) for value in one.get("Values", []))
    return sum(len(value.rstrip(":").split(":")) > 3 for value in values)


# Advanced event selectors.

_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "Management": (frozenset({"eventCategory"}), frozenset({"eventSource", "readOnly"})),
    "Data": (
        frozenset({"eventCategory", "resources.type"}),
        frozenset(
            {
                "readOnly",
                "eventName",
                "resources.ARN",
                "eventSource",
                "eventType",
                "userIdentity.arn",
                "sessionCredentialFromConsole",
            }
        ),
    ),
    "NetworkActivity": (
        frozenset({"eventCategory", "eventSource"}),
        frozenset({"eventName", "errorCode", "vpcEndpointId", "userIdentity.arn"}),
    ),
}
"""Per event category that a trail can log: the fields a selector must have, and may have."""

_ONLY_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "eventCategory": ("Equals",),
    "resources.type": ("Equals",),
    "readOnly": ("Equals",),
    "errorCode": ("Equals",),
    "sessionCredentialFromConsole": ("Equals", "NotEquals"),
}
"""The fields that do not take every operator. Network activity's eventSource takes Equals only."""

_ONLY_VALUES: Mapping[str, tuple[str, ...]] = {
    "readOnly": ("true", "false"),
    "errorCode": ("VpceAccessDenied",),
    "sessionCredentialFromConsole": ("true",),
}
_ONE_VALUE = ("eventCategory", "resources.type", "readOnly", "sessionCredentialFromConsole")
_RESOURCE_TYPE = re.compile(
    r"AWS::(DynamoDB::(Table|Stream)|Lambda::Function|S3::(Object|AccessPoint)"
    r"|(?!DynamoDB:|Lambda:|S3:)[A-Za-z0-9]+::[A-Za-z0-9]+)"
)
"""The types of DynamoDB, Lambda and S3, and any type of another service: AWS adds some."""
_ANY_ARN = re.compile(rf"{_PARTITION}:[a-z0-9-]+:[a-z0-9-]*:\d*:.+", re.DOTALL)
_EXACT_ARNS = {
    "AWS::S3::Object": re.compile(rf"{_PARTITION}:s3:::[A-Za-z0-9._-]{{3,255}}/.*", re.DOTALL),
    "AWS::Lambda::Function": re.compile(_FUNCTION_ARN),
    "AWS::DynamoDB::Table": re.compile(_TABLE_ARN),
    "AWS::DynamoDB::Stream": re.compile(rf"{_TABLE_ARN}/stream/.+"),
}
"""What Equals and NotEquals on resources.ARN may hold, for the types whose ARNs we know.

`arn:aws:s3:::bucket/` is accepted, as in AWS (API/AdvancedFieldSelector), but is not an object's
ARN: Equals finds nothing with it, NotEquals excludes nothing. For the bucket, use StartsWith.
"""


def parse_advanced_event_selectors(
    api: Sequence[Mapping[str, Any]],
) -> tuple[AdvancedEventSelector, ...]:
    """Advanced event selectors from the API's shape. Raises InvalidEventSelectors."""
    check_advanced_event_selectors(api)
    return advanced_event_selectors_from_api(api)


def check_advanced_event_selectors(api: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidEventSelectors for the first rule that these advanced selectors break."""
    selectors = _shaped(api, list[_AdvancedEventSelector])
    if not selectors:
        raise InvalidEventSelectors("Specify at least one advanced event selector.")
    for number, selector in enumerate(selectors, 1):
        try:
            _check_advanced_event_selector(selector)
        except InvalidEventSelectors as error:
            raise InvalidEventSelectors(f"Advanced event selector {number}: {error}") from None
    values = sum(
        len(values)
        for selector in selectors
        for one in selector["FieldSelectors"]
        for values in _operators(one).values()
    )
    if values > MAX_ADVANCED_VALUES:
        raise InvalidEventSelectors(
            f"Specify up to {MAX_ADVANCED_VALUES} values for all conditions in all advanced event "
            f"selectors, got {values}."
        )


def _operators(selector: _FieldSelector) -> dict[str, list[str]]:
    """The operators that a field selector uses, and their values."""
    return {name: values for name, values in selector.items() if name in OPERATORS}  # type: ignore[misc]


def _check_advanced_event_selector(selector: _AdvancedEventSelector) -> None:
    if len(selector.get("Name", "")) > MAX_SELECTOR_NAME:
        raise InvalidEventSelectors(f"Name is longer than {MAX_SELECTOR_NAME} characters.")
    fields = [one["Field"] for one in selector["FieldSelectors"]]
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice:
        raise InvalidEventSelectors(f"Field {twice} is given twice: use one field selector for it.")
    for one in selector["FieldSelectors"]:
        _check_values(one)
    by_field = {one["Field"]: _operators(one) for one in selector["FieldSelectors"]}
    category = _check_category(by_field)
    _check_fields(category, by_field)
    for field, operators in by_field.items():
        _check_operators(category, field, operators)
    _check_resources(by_field)


def _check_values(selector: _FieldSelector) -> None:
    """Every operator has values, every value 1 to 2048 characters."""
    operators = _operators(selector)
    if not operators or not all(operators.values()):
        raise InvalidEventSelectors(
            f"Field {selector['Field']} needs an operator ({', '.join(OPERATORS)}) "
            "with at least one value."
        )
    for value in (value for values in operators.values() for value in values):
        if not 1 <= len(value) <= MAX_VALUE:
            raise InvalidEventSelectors(
                f"A value of field {selector['Field']} must have 1 to {MAX_VALUE} characters."
            )


def _check_category(by_field: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    values = by_field.get("eventCategory", {}).get("Equals", [])
    if len(values) != 1 or values[0] not in _FIELDS:
        raise InvalidEventSelectors(
            "Field eventCategory is required, and must equal one of "
            f"{', '.join(_FIELDS)} on a trail."
        )
    return values[0]


def _check_fields(category: str, fields: Mapping[str, object]) -> None:
    required, optional = _FIELDS[category]
    for field in fields:
        if field not in required | optional:
            raise InvalidEventSelectors(
                f"Field {field} is not valid for eventCategory {category} on a trail. "
                f"Valid fields: {', '.join(sorted(required | optional))}."
            )
    for field in sorted(required - fields.keys()):
        raise InvalidEventSelectors(f"Field {field} is required for eventCategory {category}.")


def _check_operators(category: str, field: str, operators: Mapping[str, Sequence[str]]) -> None:
    allowed = _ONLY_OPERATORS.get(field, tuple(OPERATORS))
    if (category, field) == ("NetworkActivity", "eventSource"):
        allowed = ("Equals",)
    for operator, values in operators.items():
        if operator not in allowed:
            raise InvalidEventSelectors(
                f"Operator {operator} is not valid for field {field}. "
                f"Valid operators: {', '.join(allowed)}."
            )
        if field in _ONE_VALUE and len(values) > 1:
            raise InvalidEventSelectors(f"Field {field} takes one value, got {len(values)}.")
        for value in values:
            _check_one_of(f"field {field}", value, _ONLY_VALUES.get(field, (value,)))


def _check_resources(by_field: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """The type is well-formed; exact ARNs are ARNs of that type (prefixes need StartsWith)."""
    for kind in by_field.get("resources.type", {}).get("Equals", []):
        if not _RESOURCE_TYPE.fullmatch(kind):
            raise InvalidEventSelectors(f"Value {kind} for field resources.type is invalid.")
        arns = by_field.get("resources.ARN", {})
        for arn in (*arns.get("Equals", []), *arns.get("NotEquals", [])):
            if not _EXACT_ARNS.get(kind, _ANY_ARN).fullmatch(arn):
                raise InvalidEventSelectors(
                    f"Value {arn} for field resources.ARN is invalid: Equals and NotEquals need "
                    f"the whole ARN of an {kind}; use StartsWith for a part of it."
                )
